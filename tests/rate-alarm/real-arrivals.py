"""real-arrivals.py FILE BASE: the orders of the real file as if they arrived at 3600 times their speed, the first at BASE."""

import csv
import datetime
import gzip
import json
import sys

path, base = sys.argv[1], int(sys.argv[2])
arrivals = {}
first = None
with gzip.open(path, "rt", encoding="latin-1") as file:
    for line in csv.DictReader(file):
        minute = datetime.datetime.strptime(line["InvoiceDate"], "%m/%d/%Y %H:%M")
        first = first or minute
        ms = base + int((minute - first).total_seconds() * 1000) // 3600
        arrivals.setdefault(ms, []).append(line["InvoiceNo"])
json.dump(list(arrivals.items()), sys.stdout)
