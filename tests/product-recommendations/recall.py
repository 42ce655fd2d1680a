"""recall.py OnlineRetail.csv.gz CUT RECOMMENDATIONS prints how much of what customers bought next stands in their lists of ten.

What they bought is read from the file itself, without SQL: known is what is dated before CUT, to be foretold is each known
customer's first invoice in the 30 days from then on. RECOMMENDATIONS is a directory of .jsonl files. As JSON:
{"all": [recall, customers], "new": [recall, customers], "faults": […]}, where a fault is a list that no customer should get.
"""

import collections
import csv
import datetime
import gzip
import json
import pathlib
import re
import sys

DAYS = 30

Line = collections.namedtuple("Line", "invoice code quantity when")


def read(path):
    """By customer, the lines of products."""
    lines = collections.defaultdict(list)
    with gzip.open(path, "rt", encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"] or not re.match("[0-9]{5}", row["StockCode"]):
                continue
            when = datetime.datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M")
            lines[int(row["CustomerID"])].append(Line(row["InvoiceNo"], row["StockCode"], int(row["Quantity"]), when))
    return lines


def kept(lines):
    """Products that the customer bought and did not give back: a return takes off what was bought last before it."""
    bought = collections.defaultdict(list)
    for line in sorted(lines, key=lambda line: (line.when, -line.quantity, line.invoice)):
        held = bought[line.code]
        if line.quantity > 0:
            held.append(line.quantity)
        given = -line.quantity
        while given > 0 and held:
            taken = min(given, held[-1])
            given -= taken
            held[-1] -= taken
            if held[-1] == 0:
                held.pop()
    return {code for code, held in bought.items() if held}


def next_invoice(lines, cut):
    invoices = collections.defaultdict(list)
    for line in lines:
        if line.quantity > 0 and cut <= line.when < cut + datetime.timedelta(DAYS):
            invoices[line.invoice].append(line)
    first = min(invoices.values(), key=lambda of: (min(line.when for line in of), of[0].invoice), default=[])
    return {line.code for line in first}


def recall(found, held):
    return len(held.intersection(found[:10])) / min(10, len(held))


orders, cut, directory = read(sys.argv[1]), datetime.datetime.fromisoformat(sys.argv[2]), pathlib.Path(sys.argv[3])
lists = {}
for path in directory.glob("*.jsonl"):
    for line in path.read_text("utf-8").splitlines():
        found = json.loads(line)
        assert str(found["customerId"] % 64) == path.stem, f"{found['customerId']} is in {path.name}"
        lists[found["customerId"]] = {
            name: [product["stockCode"] for product in found[name]] for name in ("all", "new", "again")
        }

recalls, faults = {"all": [], "new": []}, []
for customer, lines in orders.items():
    own = kept([line for line in lines if line.when < cut])
    if not own:
        continue
    if customer not in lists:
        faults.append(f"customer {customer} has no lists")
        continue
    of = lists[customer]
    if own.intersection(of["new"]) or not own.issuperset(of["again"]):
        faults.append(f"customer {customer} has a product in the wrong list")
    if len(of["new"]) < 50 or len(of["again"]) != min(50, len(own)) or any(len(set(each)) != len(each) for each in of.values()):
        faults.append(f"customer {customer} has a list that is too short, or a product twice")
    held = next_invoice(lines, cut)
    if held:
        recalls["all"].append(recall(of["all"], held))
    if held - own:
        recalls["new"].append(recall(of["new"], held - own))

print(json.dumps({**{name: [sum(of) / len(of), len(of)] for name, of in recalls.items()}, "faults": faults}))
