-- Products that come back, and their share of what was sold
--
-- A return is an order with a negative quantity, of a customer or a guest. Orders at price 0 are left out on both sides:
-- negative ones are stock that was written off, not goods that came back. Codes that are no products (POST, M, BANK CHARGES
-- …) are left out: those whose first five characters are not digits. share is units returned by units sold. It can exceed
-- 1, since goods come back that were sold before the data begins. A product's description is the one that most of its
-- orders have; of equally frequent ones, the first by alphabet.
-- @param by value|units|share = value  what to rank by
-- @param at_least count = 100  only products of which this many units were sold
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
    AND unit_price > 0
    AND (CAST(:all AS boolean) OR TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000')
),
products AS (
  SELECT stock_code,
    CAST(SUM(CASE WHEN quantity > 0 THEN quantity ELSE 0 END) AS bigint) AS units_sold,
    CAST(SUM(CASE WHEN quantity < 0 THEN -quantity ELSE 0 END) AS bigint) AS units_returned,
    COUNT(CASE WHEN quantity < 0 THEN 1 END) AS orders_returned,
    SUM(CASE WHEN quantity < 0 THEN -revenue ELSE 0 * revenue END) AS value_returned
  FROM lines
  GROUP BY stock_code
),
shares AS (
  SELECT stock_code, units_sold, units_returned, orders_returned, value_returned,
    CAST(CAST(CAST(units_returned AS decimal(38, 12)) / NULLIF(units_sold, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share
  FROM products
  WHERE units_returned > 0 AND units_sold >= CAST(:at_least AS bigint)
),
ranked AS (
  SELECT stock_code, units_sold, units_returned, orders_returned, value_returned, share,
    ROW_NUMBER() OVER (
      ORDER BY CASE CAST(:by AS varchar)
        WHEN 'units' THEN CAST(units_returned AS decimal(38, 6))
        WHEN 'share' THEN CAST(COALESCE(share, 0) AS decimal(38, 6))
        ELSE value_returned
      END DESC, stock_code
    ) AS place
  FROM shares
),
descriptions AS (
  SELECT stock_code, description, ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY COUNT(*) DESC, description) AS place
  FROM lines
  WHERE description <> ''
  GROUP BY stock_code, description
)
SELECT ranked.stock_code, descriptions.description, units_sold, units_returned, share, orders_returned, value_returned
FROM ranked
LEFT JOIN descriptions ON descriptions.stock_code = ranked.stock_code AND descriptions.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
