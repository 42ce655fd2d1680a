"""What the course's LogGenerator.py does with a whole file: reads rows and writes them again, to a log."""
import csv
import sys

with open(sys.argv[1], encoding="latin-1", newline="") as source, open(sys.argv[2], "w", encoding="latin-1", newline="") as log:
    reader = csv.reader(source)
    writer = csv.writer(log)
    next(reader)
    for row in reader:
        writer.writerow(row)
