"""Implicit-feedback ALS of the textbook (Hu, Koren, Volinsky 2008): each row of factors is solved whole, by Cholesky, in Float64.

Reads JSON from its input: shape, pairs [row, column, confidence], rank, regularization, iterations, the product factors to begin
with, and factors to judge. Prints JSON: the loss after each iteration, and the loss of the judged factors.
"""

import json
import sys

import numpy

task = json.load(sys.stdin)
confidence = numpy.ones(task["shape"])
wanted = numpy.zeros(task["shape"])
for row, column, value in task["pairs"]:
    confidence[row, column] = value
    wanted[row, column] = 1
penalty = task["regularization"]


def solve(other, weights, preferences):
    """The best rows, given the other side."""
    rows = []
    for c, p in zip(weights, preferences):
        matrix = other.T @ (c[:, None] * other) + penalty * numpy.eye(other.shape[1])
        lower = numpy.linalg.cholesky(matrix)
        rows.append(numpy.linalg.solve(lower.T, numpy.linalg.solve(lower, other.T @ (c * p))))
    return numpy.array(rows)


def loss(users, items):
    errors = wanted - users @ items.T
    return float((confidence * errors**2).sum() + penalty * ((users**2).sum() + (items**2).sum()))


products = numpy.array(task["start"])
losses = []
for _ in range(task["iterations"]):
    customers = solve(products, confidence, wanted)
    products = solve(customers, confidence.T, wanted.T)
    losses.append(loss(customers, products))
judged = [numpy.array(task["judged"][side]) for side in ("customers", "products")]
json.dump({"losses": losses, "judged": loss(*judged)}, sys.stdout)
