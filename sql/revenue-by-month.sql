-- Revenue, orders and customers of each month
--
-- Counts every order, of customers and guests. Revenue is quantity times price, returns taken off; it holds postage and
-- other codes that are no products. orders counts order lines, and returns among them; invoices counts their invoice
-- numbers. customers leaves guests out. growth compares the revenue with that of the month before that has orders.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH months AS (
  SELECT DATE_TRUNC('month', order_date) AS month_start, COUNT(*) AS orders, COUNT(DISTINCT invoice_no) AS invoices,
    COUNT(DISTINCT customer_id) AS customers, CAST(SUM(quantity) AS bigint) AS units, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
  GROUP BY DATE_TRUNC('month', order_date)
),
compared AS (
  SELECT month_start, orders, invoices, customers, units, revenue, LAG(revenue) OVER (ORDER BY month_start) AS revenue_before
  FROM months
)
SELECT SUBSTR(CAST(CAST(month_start AS date) AS varchar), 1, 7) AS month, orders, invoices, customers, units, revenue,
  CAST(CAST(CAST(revenue - revenue_before AS decimal(38, 12)) / NULLIF(revenue_before, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS growth
FROM compared
ORDER BY month
