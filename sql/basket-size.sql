-- How many different products an invoice holds
--
-- Counts invoices by the number of different stock codes bought on them. Returns are left out. Guests count. Codes that are
-- no products (POST, M, BANK CHARGES …) are left out: those whose first five characters are not digits. units and revenue
-- are those of the products counted. mean_value is the revenue of an invoice, share the part of all invoices.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
-- @param all boolean = false  keep codes that are no products
WITH invoices AS (
  SELECT invoice_no, COUNT(DISTINCT stock_code) AS products, CAST(SUM(quantity) AS bigint) AS units,
    SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND quantity > 0
    AND (CAST(:all AS boolean) OR TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000')
  GROUP BY invoice_no
),
labelled AS (
  SELECT CASE
      WHEN products = 1 THEN '1'
      WHEN products <= 5 THEN '2 to 5'
      WHEN products <= 10 THEN '6 to 10'
      WHEN products <= 20 THEN '11 to 20'
      WHEN products <= 50 THEN '21 to 50'
      WHEN products <= 100 THEN '51 to 100'
      ELSE 'over 100'
    END AS size, products, units, revenue
  FROM invoices
),
sizes AS (
  SELECT size, MIN(products) AS fewest, COUNT(*) AS invoices, CAST(SUM(units) AS bigint) AS units, SUM(revenue) AS revenue
  FROM labelled
  GROUP BY size
)
SELECT size AS products, invoices,
  CAST(CAST(CAST(invoices AS decimal(38, 12)) / NULLIF(SUM(invoices) OVER (), 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share,
  units, revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(invoices, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS mean_value
FROM sizes
ORDER BY fewest
