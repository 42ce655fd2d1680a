-- Customers by revenue, invoices or units
--
-- Guests are left out: nobody knows which of their orders belong together. Returns are taken off units and revenue. orders
-- counts order lines, returns among them. invoices counts invoices with something bought, so it leaves out those of
-- returns. share is the part of the revenue of all customers. country is where most of their orders went.
-- @param by revenue|invoices|units = revenue  what to rank by
-- @param limit count = 10  how many customers
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH lines AS (
  SELECT customer_id, country, invoice_no, quantity, quantity * unit_price AS revenue, order_date
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND customer_id IS NOT NULL
),
customers AS (
  SELECT customer_id, COUNT(*) AS orders, COUNT(DISTINCT CASE WHEN quantity > 0 THEN invoice_no END) AS invoices,
    CAST(SUM(quantity) AS bigint) AS units, SUM(revenue) AS revenue,
    CAST(MIN(order_date) AS date) AS first_order, CAST(MAX(order_date) AS date) AS last_order
  FROM lines
  GROUP BY customer_id
),
ranked AS (
  SELECT customer_id, orders, invoices, units, revenue, first_order, last_order, SUM(revenue) OVER () AS total,
    ROW_NUMBER() OVER (
      ORDER BY CASE CAST(:by AS varchar)
        WHEN 'invoices' THEN CAST(invoices AS decimal(38, 6))
        WHEN 'units' THEN CAST(units AS decimal(38, 6))
        ELSE revenue
      END DESC, customer_id
    ) AS place
  FROM customers
),
countries AS (
  SELECT customer_id, country, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, country) AS place
  FROM lines
  GROUP BY customer_id, country
)
SELECT ranked.customer_id, countries.country, orders, invoices, units, revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(total, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share,
  first_order, last_order
FROM ranked
LEFT JOIN countries ON countries.customer_id = ranked.customer_id AND countries.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
