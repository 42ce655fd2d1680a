-- What an invoice is worth: mean, median, 90th percentile
--
-- The value of an invoice is the sum of quantity times price over what was bought, postage and the like included. Returns
-- have invoices of their own and are left out, as are invoices worth nothing (corrections of stock). Guests count. The
-- median of an even number of invoices lies halfway between the two in the middle. p90 is the lowest value that at least 90
-- of 100 invoices do not exceed.
-- @param by total|month|country = total  one row for all, or one for each month or country
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH invoices AS (
  SELECT invoice_no, MIN(order_date) AS order_date, MIN(country) AS country, SUM(quantity * unit_price) AS invoice_value
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND quantity > 0
  GROUP BY invoice_no
  HAVING SUM(quantity * unit_price) > 0
),
labelled AS (
  SELECT CASE CAST(:by AS varchar)
      WHEN 'month' THEN SUBSTR(CAST(CAST(order_date AS date) AS varchar), 1, 7)
      WHEN 'country' THEN country
      ELSE 'all'
    END AS part, invoice_no, invoice_value
  FROM invoices
),
placed AS (
  SELECT part, invoice_value, ROW_NUMBER() OVER (PARTITION BY part ORDER BY invoice_value, invoice_no) AS place,
    COUNT(*) OVER (PARTITION BY part) AS part_size
  FROM labelled
)
SELECT part, COUNT(*) AS invoices, SUM(invoice_value) AS revenue,
  CAST(CAST(CAST(SUM(invoice_value) AS decimal(38, 12)) / NULLIF(COUNT(*), 0) AS decimal(38, 8)) AS decimal(18, 4)) AS mean,
  CAST(0.5 * (MIN(CASE WHEN 2 * place BETWEEN part_size AND part_size + 2 THEN invoice_value END)
    + MAX(CASE WHEN 2 * place BETWEEN part_size AND part_size + 2 THEN invoice_value END)) AS decimal(18, 4)) AS median,
  CAST(MIN(CASE WHEN 10 * place >= 9 * part_size THEN invoice_value END) AS decimal(18, 4)) AS p90,
  CAST(MAX(invoice_value) AS decimal(18, 4)) AS largest
FROM placed
GROUP BY part
ORDER BY part
