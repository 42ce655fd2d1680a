"""
The rate alarm reckoned from its definition. Takes {"arrivals": [[ms, [invoice, …]], …], "threshold", "windowMs", "quietMs", "counted"}
on standard input, arrivals in any order; writes {"crossings": [[ms, count], …], "episodes": […]}.
"""

import bisect
import json
import sys

asked = json.load(sys.stdin)
threshold, window, quiet = asked["threshold"], asked["windowMs"], asked["quietMs"]
orders = sorted((ms, invoice) for ms, invoices in asked["arrivals"] for invoice in invoices)
times = [ms for ms, _ in orders]

crossings = []
episodes = []
count = 0
previous = float("-inf")
for ms in sorted(set(times)):
    first, last = bisect.bisect_left(times, ms - window), bisect.bisect_right(times, ms)
    before = count if ms - previous <= window else 0
    previous = ms
    count = last - first if asked["counted"] == "orders" else len({invoice for _, invoice in orders[first:last]})
    if count <= threshold:
        continue
    if before <= threshold:
        crossings.append([ms, count])
    if not episodes or ms - episodes[-1]["lastMs"] >= quiet:
        episodes.append({"beganMs": ms, "lastMs": ms, "peak": 0, "peakMs": 0, "orders": 0})
    episode = episodes[-1]
    episode["lastMs"] = ms
    if count > episode["peak"]:
        episode.update(peak=count, peakMs=ms)

for episode in episodes:
    began = bisect.bisect_left(times, episode["beganMs"] - window)
    episode["orders"] = bisect.bisect_right(times, episode["lastMs"]) - began

json.dump({"crossings": crossings, "episodes": episodes}, sys.stdout)
