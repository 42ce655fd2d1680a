"""recommending.py OnlineRetail.csv.gz prints, as JSON, what customers bought and kept, and how good simple recommendations are.

It reads the file by itself and shares nothing with the program but the rules that their comments state. The figures are
recall@10 by two protocols: `cut` (the first invoice of the 30 days from 2011-11-09 on) and `last` (the last invoice of each).
"""

import collections
import csv
import datetime
import gzip
import json
import re
import sys

import numpy

Line = collections.namedtuple("Line", "customer invoice code when quantity")
CUT = datetime.datetime(2011, 11, 9)
DAYS = datetime.timedelta(days=30)
SIMILAR, SHRINKAGE, LIST = 200, 50, 10


def read(path):
    with gzip.open(path, "rt", encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"]:
                month, day, year, hour, minute = map(int, re.split("[/ :]", row["InvoiceDate"]))
                when = datetime.datetime(year, month, day, hour, minute)
                yield Line(int(row["CustomerID"]), row["InvoiceNo"], row["StockCode"], when, int(row["Quantity"]))


def is_product(line):
    return re.match("[0-9]{5}", line.code) is not None


def kept(lines):
    """(customer, invoice, code) of each purchase, piece by piece: a return takes pieces off the top of the pile."""
    moments = {}
    for line in lines:
        if line.quantity > 0:
            key = (line.customer, line.invoice, line.code)
            moments[key] = min(moments.get(key, line.when), line.when)
    moves = [(moments.get((line.customer, line.invoice, line.code), line.when) if line.quantity > 0 else line.when, line)
             for line in lines if is_product(line) and line.quantity != 0]
    piles = collections.defaultdict(list)
    # What was bought at a moment comes before what was given back then.
    for _, line in sorted(moves, key=lambda move: (move[0], move[1].quantity < 0, move[1].invoice)):
        pile = piles[line.customer, line.code]
        if line.quantity > 0:
            pile.append([line.invoice, line.quantity])
            continue
        back = -line.quantity
        while back and pile:
            taken = min(back, pile[-1][1])
            back -= taken
            pile[-1][1] -= taken
            if pile[-1][1] == 0:
                pile.pop()
    return {(customer, invoice, code) for (customer, code), pile in piles.items() for invoice, _ in pile}


def by_invoice(lines):
    """{customer: [[invoice, products] …]}, oldest first, of all that was bought, codes that are no products included."""
    begun, codes = {}, collections.defaultdict(set)
    for line in lines:
        if line.quantity > 0:
            key = (line.customer, line.invoice)
            begun[key] = min(begun.get(key, line.when), line.when)
            if is_product(line):
                codes[key].add(line.code)
    found = collections.defaultdict(list)
    for _, invoice, customer in sorted((when, invoice, customer) for (customer, invoice), when in begun.items()):
        found[customer].append([invoice, codes[customer, invoice]])
    return found


def best(scores, taken=()):
    """Indexes of the ten highest; of equal ones the lower first, and none that nothing speaks for."""
    scores = scores.copy()
    scores[list(taken)] = -numpy.inf
    least = numpy.partition(scores, -LIST)[-LIST]
    able = numpy.flatnonzero((scores >= least) & (scores > -numpy.inf))
    return set(able[numpy.argsort(-scores[able], kind="stable")[:LIST]].tolist())


def measure(known, held):
    """`known` has (customer, invoice, code), `held` the codes of each customer that are to be foretold."""
    codes = sorted({code for _, _, code in known})
    place = {code: i for i, code in enumerate(codes)}
    row = {customer: i for i, customer in enumerate(sorted({customer for customer, _, _ in known}))}
    counts = numpy.zeros((len(row), len(codes)))
    for customer, _, code in known:
        counts[row[customer], place[code]] += 1
    popular = counts.sum(axis=0)
    has = (counts > 0).astype(float)
    both = has.T @ has
    lengths = numpy.sqrt(has.sum(axis=0))
    similar = both / (numpy.outer(lengths, lengths) + SHRINKAGE)
    numpy.fill_diagonal(similar, 0)
    for line in similar:
        line[numpy.argsort(-line, kind="stable")[SIMILAR:]] = 0
    cosine = has @ similar.T

    recalls = collections.defaultdict(list)
    for customer, products in held.items():
        own = counts[row[customer]]
        owned = set(numpy.flatnonzero(own).tolist())
        wanted = {place.get(code, code) for code in products}
        fresh = wanted - owned
        lists = {
            "popularity": popular,
            "frequency": numpy.where(own > 0, own + popular / (popular.max() + 1), -numpy.inf),
            "cosine": cosine[row[customer]],
        }
        for name, scores in lists.items():
            recalls[name, "all"].append(len(best(scores) & wanted) / min(LIST, len(wanted)))
            if fresh:
                recalls[name, "new"].append(len(best(scores, owned) & fresh) / min(LIST, len(fresh)))
    figures = {name: {of: float(numpy.mean(recalls[name, of])) for of in ("all", "new")} for name, _ in recalls}
    return {"customers": len(held), "new": len(recalls["popularity", "new"]), **figures}


lines = list(read(sys.argv[1]))
before = kept([line for line in lines if line.when < CUT])
known_customers = {customer for customer, _, _ in before}
later = by_invoice([line for line in lines if CUT <= line.when < CUT + DAYS and is_product(line)])
first = {customer: of[0][1] for customer, of in later.items() if customer in known_customers}

invoices = by_invoice(lines)
last = {customer: of[-1] for customer, of in invoices.items() if of[-1][1] and any(codes for _, codes in of[:-1])}
others = {(customer, invoice, code) for customer, of in invoices.items() for invoice, codes in of for code in codes
          if customer not in last or last[customer][0] != invoice}

owned = collections.defaultdict(set)
for customer, _, code in kept(lines):
    owned[customer].add(code)
json.dump({
    "owned": {customer: sorted(owned[customer]) for customer in invoices},
    "products": len({code for codes in owned.values() for code in codes}),
    "cut": measure(before, first),
    "last": measure(others, {customer: codes for customer, (_, codes) in last.items()}),
}, sys.stdout)
