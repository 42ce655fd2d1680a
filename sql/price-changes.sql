-- Products sold at more than one price
--
-- Counts what was bought, by customers and guests; returns and orders at price 0 or below are left out. Prices differ by
-- date, and also by quantity and customer: the first and the last price are those of the earliest and the latest order (of
-- several at the same time, the lowest). spread is the highest price by the lowest. Codes that are no products (POST, M,
-- BANK CHARGES …) are left out: those whose first five characters are not digits. A product's description is the one that
-- most of its orders have; of equally frequent ones, the first by alphabet.
-- @param by prices|spread = prices  rank by the number of prices, or by the spread
-- @param limit count = 10  how many products
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
-- @param all boolean = false  keep codes that are no products
WITH lines AS (
  SELECT stock_code, description, unit_price, order_date
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND quantity > 0 AND unit_price > 0
    AND (CAST(:all AS boolean) OR TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000')
),
prices AS (
  SELECT stock_code, unit_price, COUNT(*) AS orders, MIN(order_date) AS first_date, MAX(order_date) AS last_date
  FROM lines
  GROUP BY stock_code, unit_price
),
placed AS (
  SELECT stock_code, unit_price, orders,
    ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY first_date, unit_price) AS place,
    ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY last_date DESC, unit_price) AS place_back
  FROM prices
),
products AS (
  SELECT stock_code, CAST(SUM(orders) AS bigint) AS orders, COUNT(*) AS prices, MIN(unit_price) AS lowest_price,
    MAX(unit_price) AS highest_price, MIN(CASE WHEN place = 1 THEN unit_price END) AS first_price,
    MIN(CASE WHEN place_back = 1 THEN unit_price END) AS last_price
  FROM placed
  GROUP BY stock_code
  HAVING COUNT(*) > 1
),
spreads AS (
  SELECT stock_code, orders, prices, lowest_price, highest_price, first_price, last_price,
    CAST(CAST(CAST(highest_price AS decimal(38, 12)) / NULLIF(lowest_price, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS spread
  FROM products
),
ranked AS (
  SELECT stock_code, orders, prices, lowest_price, highest_price, first_price, last_price, spread,
    ROW_NUMBER() OVER (
      ORDER BY CASE WHEN CAST(:by AS varchar) = 'spread' THEN spread ELSE CAST(prices AS decimal(18, 4)) END DESC, stock_code
    ) AS place
  FROM spreads
),
descriptions AS (
  SELECT stock_code, description, ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY COUNT(*) DESC, description) AS place
  FROM lines
  WHERE description <> ''
  GROUP BY stock_code, description
)
SELECT ranked.stock_code, descriptions.description, orders, prices, lowest_price, highest_price, spread, first_price, last_price
FROM ranked
LEFT JOIN descriptions ON descriptions.stock_code = ranked.stock_code AND descriptions.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
