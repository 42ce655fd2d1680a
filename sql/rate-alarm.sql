-- The rate alarm on Flink: surges of orders, by arrival time
--
-- Reads `arrivals`: a row for each order with the time at which it `arrived` and its `invoice`. A row without an invoice is a
-- heartbeat, which moves the watermark. Writes `alarms`. flink/main.py defines both, and fills in the settings:
--
--   ${threshold}  more than so many in a window are a surge
--   ${window}     a window is closed at both ends: from so long before an arrival to the arrival; ${windowMs} in milliseconds
--   ${counted}    COUNT(*) of orders, or COUNT(DISTINCT invoice)
--
-- A window counts all that arrived at its end, in whatever order it was read. `late_arrivals` were read after the watermark had
-- passed them: they are not counted, and told one by one.

-- What the window held that ends with an arrival.
CREATE TEMPORARY VIEW arrival_windows AS
SELECT arrived, ${counted} OVER held AS counted, COUNT(*) OVER held AS orders
FROM arrivals
WHERE invoice IS NOT NULL
WINDOW held AS (ORDER BY arrived RANGE BETWEEN INTERVAL ${window} DAY TO SECOND(3) PRECEDING AND CURRENT ROW);

-- Orders are numbered from the first: `through` is the number of the last one in the window, `before` that of the last one
-- before the window. So an episode has `through` of its last window less `before` of its first window orders.
CREATE TEMPORARY VIEW numbered_windows AS
SELECT arrived, counted, numbered AS through, numbered - orders AS `before`,
  EXTRACT(EPOCH FROM arrived) * 1000 + EXTRACT(MILLISECOND FROM arrived) AS ms
FROM (
  SELECT arrived, counted, orders,
    COUNT(*) OVER (ORDER BY arrived RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS numbered
  FROM arrival_windows
);

CREATE TEMPORARY VIEW surging_windows AS
SELECT * FROM numbered_windows WHERE counted > ${threshold};

INSERT INTO alarms
-- The first arrival whose window holds too many, after one whose window does not, or after longer than a window without any. It
-- is known as soon as it is counted.
SELECT 'crossing' AS kind, counted AS `count`, ms AS atMs, `before`, through,
  CAST(NULL AS BIGINT) AS firstMs, CAST(NULL AS BIGINT) AS lastMs, CAST(NULL AS BIGINT) AS arrivals
FROM numbered_windows MATCH_RECOGNIZE (
  ORDER BY arrived
  MEASURES F.counted AS counted, F.ms AS ms, F.`before` AS `before`, F.through AS through
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST F
  PATTERN (L F)
  DEFINE F AS F.counted > ${threshold} AND (L.counted <= ${threshold} OR F.ms - L.ms > ${windowMs})
)
UNION ALL
-- Each second in which such a window ends. The greatest count and the first time of it are one number, to be taken apart.
SELECT 'second', most / 1000, second_ms + 999 - MOD(most, 1000), `before`, through, first_ms, last_ms, arrivals
FROM (
  SELECT EXTRACT(EPOCH FROM window_start) * 1000 AS second_ms, MAX(counted * 1000 + 999 - MOD(ms, 1000)) AS most,
    MIN(`before`) AS `before`, MAX(through) AS through, MIN(ms) AS first_ms, MAX(ms) AS last_ms, COUNT(*) AS arrivals
  FROM TABLE(TUMBLE(TABLE surging_windows, DESCRIPTOR(arrived), INTERVAL '1' SECOND))
  GROUP BY window_start, window_end
)
UNION ALL
SELECT 'late', CAST(1 AS BIGINT), EXTRACT(EPOCH FROM arrived) * 1000 + EXTRACT(MILLISECOND FROM arrived),
  CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
FROM late_arrivals;
