-- Customers who come back, by the month of their first order
--
-- A cohort is the customers whose first purchase of all fell in that month, whatever since and until say about orders. Each
-- row says how many of them bought something so many months later. Returns and guests are left out. retention is the part
-- of the cohort, revenue what these customers bought in that month, returns not taken off.
-- @param since date  only cohorts of this day or later
-- @param until date  only cohorts before this day
WITH firsts AS (
  SELECT customer_id, MIN(order_date) AS first_order
  FROM orders
  WHERE customer_id IS NOT NULL AND quantity > 0
  GROUP BY customer_id
),
members AS (
  SELECT customer_id, DATE_TRUNC('month', first_order) AS cohort_start
  FROM firsts
  WHERE (CAST(:since AS timestamp) IS NULL OR first_order >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR first_order < CAST(:until AS timestamp))
),
sizes AS (
  SELECT cohort_start, COUNT(*) AS cohort_customers
  FROM members
  GROUP BY cohort_start
),
active AS (
  SELECT customer_id, DATE_TRUNC('month', order_date) AS month_start, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE customer_id IS NOT NULL AND quantity > 0
  GROUP BY customer_id, DATE_TRUNC('month', order_date)
),
counted AS (
  SELECT cohort_start, month_start, COUNT(*) AS customers, SUM(revenue) AS revenue
  FROM members
  INNER JOIN active ON active.customer_id = members.customer_id
  GROUP BY cohort_start, month_start
)
SELECT SUBSTR(CAST(CAST(counted.cohort_start AS date) AS varchar), 1, 7) AS cohort,
  CAST(12 * (EXTRACT(YEAR FROM month_start) - EXTRACT(YEAR FROM counted.cohort_start))
    + EXTRACT(MONTH FROM month_start) - EXTRACT(MONTH FROM counted.cohort_start) AS integer) AS months_later,
  cohort_customers, customers,
  CAST(CAST(CAST(customers AS decimal(38, 12)) / NULLIF(cohort_customers, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS retention,
  revenue
FROM counted
INNER JOIN sizes ON sizes.cohort_start = counted.cohort_start
ORDER BY cohort, months_later
