-- Revenue, orders and customers of each country
--
-- Counts every order, of customers and guests. Revenue is quantity times price, returns taken off; it holds postage and
-- other codes that are no products. customers leaves guests out. share is the part of the revenue of all countries.
-- @param limit count  how many countries; all where it is not given
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
WITH countries AS (
  SELECT country, COUNT(*) AS orders, COUNT(DISTINCT invoice_no) AS invoices, COUNT(DISTINCT customer_id) AS customers,
    CAST(SUM(quantity) AS bigint) AS units, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
  GROUP BY country
),
ranked AS (
  SELECT country, orders, invoices, customers, units, revenue, SUM(revenue) OVER () AS total,
    ROW_NUMBER() OVER (ORDER BY revenue DESC, country) AS place
  FROM countries
)
SELECT country, orders, invoices, customers, units, revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(total, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share
FROM ranked
WHERE place <= COALESCE(CAST(:limit AS integer), 2147483647)
ORDER BY place
