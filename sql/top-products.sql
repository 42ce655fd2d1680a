-- Products by revenue or units, returns taken off
--
-- Counts every order, of customers and guests. A return has a negative quantity, so it lowers units and revenue. Codes that
-- are no products (POST, M, BANK CHARGES …) are left out: those whose first five characters are not digits. share is the
-- part of the revenue of all products counted. A product's description is the one that most of its orders have; of equally
-- frequent ones, the first by alphabet.
-- @param by revenue|units = revenue  what to rank by
-- @param limit count = 10  how many products
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
-- @param all boolean = false  keep codes that are no products
WITH lines AS (
  SELECT stock_code, description, quantity, quantity * unit_price AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND (CAST(:all AS boolean) OR TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000')
),
products AS (
  SELECT stock_code, COUNT(*) AS orders, CAST(SUM(quantity) AS bigint) AS units, SUM(revenue) AS revenue
  FROM lines
  GROUP BY stock_code
),
ranked AS (
  SELECT stock_code, orders, units, revenue, SUM(revenue) OVER () AS total,
    ROW_NUMBER() OVER (
      ORDER BY CASE WHEN CAST(:by AS varchar) = 'units' THEN CAST(units AS decimal(38, 6)) ELSE revenue END DESC, stock_code
    ) AS place
  FROM products
),
descriptions AS (
  SELECT stock_code, description, ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY COUNT(*) DESC, description) AS place
  FROM lines
  WHERE description <> ''
  GROUP BY stock_code, description
)
SELECT ranked.stock_code, descriptions.description, orders, units, revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(total, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share
FROM ranked
LEFT JOIN descriptions ON descriptions.stock_code = ranked.stock_code AND descriptions.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
