-- New and returning customers of each month
--
-- A customer is new in the month of the first purchase of all, whatever since and until say, and returning in later ones. A
-- month counts for a customer who bought something in it; returns alone do not count. Guests are left out. Revenue has
-- returns taken off. That of customers who bought nothing yet, only returned, counts as that of returning ones. new_share
-- is the part of the month's customers who are new.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
WITH firsts AS (
  SELECT customer_id, DATE_TRUNC('month', MIN(order_date)) AS first_month
  FROM orders
  WHERE customer_id IS NOT NULL AND quantity > 0
  GROUP BY customer_id
),
active AS (
  SELECT customer_id, DATE_TRUNC('month', order_date) AS month_start, COUNT(CASE WHEN quantity > 0 THEN 1 END) AS purchases,
    SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND customer_id IS NOT NULL
  GROUP BY customer_id, DATE_TRUNC('month', order_date)
),
months AS (
  SELECT month_start, COUNT(CASE WHEN purchases > 0 THEN 1 END) AS customers,
    COUNT(CASE WHEN purchases > 0 AND month_start = first_month THEN 1 END) AS new_customers,
    SUM(revenue) AS revenue,
    SUM(CASE WHEN month_start = first_month THEN revenue ELSE 0 * revenue END) AS new_revenue
  FROM active
  LEFT JOIN firsts ON firsts.customer_id = active.customer_id
  GROUP BY month_start
)
SELECT SUBSTR(CAST(CAST(month_start AS date) AS varchar), 1, 7) AS month,
  customers, new_customers, customers - new_customers AS returning_customers,
  CAST(CAST(CAST(new_customers AS decimal(38, 12)) / NULLIF(customers, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS new_share,
  revenue, new_revenue, revenue - new_revenue AS returning_revenue
FROM months
ORDER BY month
