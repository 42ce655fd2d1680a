"""Order ids of OnlineRetail.csv.gz by another program: one a line, in file order. Prints how many, and their SHA-256."""
import collections
import csv
import gzip
import hashlib
import sys

seen = collections.Counter()
digest = hashlib.sha256()
count = 0
with gzip.open(sys.argv[1], "rt", encoding="latin-1", newline="") as file:
    for row in csv.DictReader(file):
        name = row["InvoiceNo"] + "-" + row["StockCode"]
        seen[name] += 1
        digest.update((name if seen[name] == 1 else f"{name}-{seen[name]}").encode() + b"\n")
        count += 1
print(count, digest.hexdigest())
