-- Products that are bought on the same invoice
--
-- Counts invoices on which both products were bought, however many units and lines; returns are left out, guests count.
-- support is the part of all invoices that hold both. confidence is the part of the invoices with the product that hold the
-- other one too, confidence_back the same the other way round. lift says how many times more often they meet than if chance
-- put them together. Each pair has one row, the product with the lower stock code first. Codes that are no products (POST,
-- M, BANK CHARGES …) are left out: those whose first five characters are not digits. A product's description is the one
-- that most of its orders have; of equally frequent ones, the first by alphabet.
-- @param by lift|invoices = lift  what to rank by
-- @param at_least count = 100  only pairs that share this many invoices
-- @param product text  only pairs with this stock code
-- @param limit count = 10  how many pairs
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
-- @param all boolean = false  keep codes that are no products
WITH lines AS (
  SELECT invoice_no, stock_code, description
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND quantity > 0
    AND (CAST(:all AS boolean) OR TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000')
),
baskets AS (
  SELECT DISTINCT invoice_no, stock_code
  FROM lines
),
total AS (
  SELECT COUNT(DISTINCT invoice_no) AS invoices
  FROM baskets
),
products AS (
  SELECT stock_code, COUNT(*) AS invoices, ROW_NUMBER() OVER (ORDER BY stock_code) AS product_number
  FROM baskets
  GROUP BY stock_code
  -- A product on fewer invoices has no such pair: this makes the join below small.
  HAVING COUNT(*) >= CAST(:at_least AS bigint)
),
invoices AS (
  SELECT invoice_no, ROW_NUMBER() OVER (ORDER BY invoice_no) AS invoice_number
  FROM baskets
  GROUP BY invoice_no
  HAVING CAST(:product AS varchar) IS NULL OR COUNT(CASE WHEN stock_code = CAST(:product AS varchar) THEN 1 END) > 0
),
-- By numbers, and a pair as one number: engines join and group those several times as fast as text, or as two.
frequent AS (
  SELECT invoice_number, product_number
  FROM baskets
  INNER JOIN products ON products.stock_code = baskets.stock_code
  INNER JOIN invoices ON invoices.invoice_no = baskets.invoice_no
),
pairs AS (
  SELECT 1000000 * one.product_number + other.product_number AS pair_number, COUNT(*) AS invoices
  FROM frequent AS one
  INNER JOIN frequent AS other ON other.invoice_number = one.invoice_number AND other.product_number > one.product_number
  GROUP BY 1000000 * one.product_number + other.product_number
  HAVING COUNT(*) >= CAST(:at_least AS bigint)
),
measured AS (
  SELECT one.stock_code, other.stock_code AS other_code, pairs.invoices,
    CAST(CAST(CAST(pairs.invoices AS decimal(38, 12)) / NULLIF(total.invoices, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS support,
    CAST(CAST(CAST(pairs.invoices AS decimal(38, 12)) / NULLIF(one.invoices, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS confidence,
    CAST(CAST(CAST(pairs.invoices AS decimal(38, 12)) / NULLIF(other.invoices, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS confidence_back,
    CAST(CAST(CAST(pairs.invoices * total.invoices AS decimal(38, 12)) / NULLIF((one.invoices * other.invoices), 0) AS decimal(38, 8)) AS decimal(18, 4)) AS lift
  FROM pairs
  INNER JOIN products AS one ON 1000000 * one.product_number = pairs.pair_number - MOD(pairs.pair_number, 1000000)
  INNER JOIN products AS other ON other.product_number = MOD(pairs.pair_number, 1000000)
  CROSS JOIN total
  WHERE CAST(:product AS varchar) IS NULL OR CAST(:product AS varchar) IN (one.stock_code, other.stock_code)
),
ranked AS (
  SELECT stock_code, other_code, invoices, support, confidence, confidence_back, lift,
    ROW_NUMBER() OVER (
      ORDER BY CASE WHEN CAST(:by AS varchar) = 'invoices' THEN CAST(invoices AS decimal(18, 4)) ELSE lift END DESC,
        stock_code, other_code
    ) AS place
  FROM measured
),
descriptions AS (
  SELECT stock_code, description, ROW_NUMBER() OVER (PARTITION BY stock_code ORDER BY COUNT(*) DESC, description) AS place
  FROM lines
  WHERE description <> ''
  GROUP BY stock_code, description
)
SELECT ranked.stock_code, one.description, ranked.other_code, other.description AS other_description,
  invoices, support, confidence, confidence_back, lift
FROM ranked
LEFT JOIN descriptions AS one ON one.stock_code = ranked.stock_code AND one.place = 1
LEFT JOIN descriptions AS other ON other.stock_code = ranked.other_code AND other.place = 1
WHERE ranked.place <= CAST(:limit AS integer)
ORDER BY ranked.place
