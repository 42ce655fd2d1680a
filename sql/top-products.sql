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
WITH described AS (
  SELECT stock_code, description, COUNT(*) AS orders, SUM(quantity) AS units, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
  GROUP BY stock_code, description
),
-- MIN, so that the rule is asked of each code once: of a key, an engine asks it of each order, where it takes most of the time.
products AS (
  SELECT stock_code, CAST(SUM(orders) AS bigint) AS orders, CAST(SUM(units) AS bigint) AS units, SUM(revenue) AS revenue
  FROM described
  GROUP BY stock_code
  HAVING CAST(:all AS boolean) OR TRANSLATE(SUBSTR(MIN(stock_code), 1, 5), '0123456789', '0000000000') = '00000'
),
ranked AS (
  SELECT stock_code, orders, units, revenue, SUM(revenue) OVER () AS total,
    ROW_NUMBER() OVER (
      ORDER BY CASE WHEN CAST(:by AS varchar) = 'units' THEN CAST(units AS decimal(38, 6)) ELSE revenue END DESC, stock_code
    ) AS place
  FROM products
),
descriptions AS (
  SELECT stock_code, description, ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY orders DESC, description) AS place
  FROM described
  WHERE description <> ''
)
SELECT ranked.stock_code, descriptions.description, orders, units, revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(total, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share
FROM ranked
LEFT JOIN descriptions ON descriptions.stock_code = ranked.stock_code AND descriptions.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
