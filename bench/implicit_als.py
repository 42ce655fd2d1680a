"""implicit_als.py PAIRS.csv THREADS TIMES prints how many milliseconds each fit of `implicit` takes: rank 64, 10 iterations."""

import csv
import os
import sys
import time

path, threads, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy
import scipy.sparse
from implicit.als import AlternatingLeastSquares

with open(path, newline="") as file:
    rows = [(int(row), int(column), float(value)) for row, column, value in csv.reader(file)]
row, column, value = zip(*rows)
pairs = scipy.sparse.csr_matrix((numpy.array(value, dtype=numpy.float32), (row, column)))
for _ in range(times):
    model = AlternatingLeastSquares(
        factors=64, regularization=10, alpha=1, iterations=10, num_threads=threads, use_gpu=False, random_state=1
    )
    start = time.perf_counter()
    model.fit(pairs, show_progress=False)
    print((time.perf_counter() - start) * 1000, flush=True)
