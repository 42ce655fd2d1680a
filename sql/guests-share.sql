-- How much guests order, beside known customers
--
-- A guest order has no customer. Counts every order; returns are taken off revenue, and count as orders and invoices.
-- Orders at price 0 (corrections of stock, which name no customer either) are left out.
-- @param by month|country|total = month  one row for each month or country, or one for all
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH invoices AS (
  SELECT DATE_TRUNC('month', order_date) AS month_start, country, invoice_no, CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END AS guest,
    COUNT(*) AS orders, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND unit_price <> 0
  GROUP BY DATE_TRUNC('month', order_date), country, invoice_no, CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END
),
labelled AS (
  SELECT CASE CAST(:by AS varchar)
      WHEN 'month' THEN SUBSTR(CAST(CAST(month_start AS date) AS varchar), 1, 7)
      WHEN 'country' THEN country
      ELSE 'all'
    END AS part, invoice_no, guest, orders, revenue
  FROM invoices
),
parts AS (
  SELECT part, CAST(SUM(orders) AS bigint) AS orders, CAST(SUM(guest * orders) AS bigint) AS guest_orders,
    COUNT(DISTINCT invoice_no) AS invoices, COUNT(DISTINCT CASE WHEN guest = 1 THEN invoice_no END) AS guest_invoices,
    SUM(revenue) AS revenue, SUM(guest * revenue) AS guest_revenue
  FROM labelled
  GROUP BY part
)
SELECT part, orders, guest_orders,
  CAST(CAST(CAST(guest_orders AS decimal(38, 12)) / NULLIF(orders, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS order_share,
  invoices, guest_invoices,
  CAST(CAST(CAST(guest_invoices AS decimal(38, 12)) / NULLIF(invoices, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS invoice_share,
  revenue, guest_revenue,
  CAST(CAST(CAST(guest_revenue AS decimal(38, 12)) / NULLIF(revenue, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS revenue_share
FROM parts
ORDER BY part
