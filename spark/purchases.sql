-- What each customer bought: one row for each invoice and product, from the table `orders`.
--
-- DuckDB and Spark both run this text. Left out are guests, and codes that are no products (POST, M, BANK CHARGES …): those
-- whose first five characters are not digits. A return takes off the latest purchases of the same customer and product before
-- it, as a stack gives back what was laid on it last. A purchase that was given back whole is no purchase. A return without an
-- earlier purchase takes off nothing.
WITH lines AS (
  SELECT customer_id, stock_code, invoice_no, order_date, quantity
  FROM orders
  WHERE customer_id IS NOT NULL AND REGEXP_EXTRACT(stock_code, '^[0-9]{5}', 0) <> ''
),
purchases AS (
  SELECT customer_id, stock_code, invoice_no, MIN(order_date) AS order_date, SUM(quantity) AS quantity
  FROM lines
  WHERE quantity > 0
  GROUP BY customer_id, stock_code, invoice_no
),
returns AS (
  SELECT customer_id, stock_code, invoice_no, order_date, quantity FROM lines WHERE quantity < 0
),
returned AS (
  SELECT DISTINCT customer_id, stock_code FROM returns
),
moves AS (
  SELECT customer_id, stock_code, invoice_no, order_date, quantity
  FROM purchases
  SEMI JOIN returned USING (customer_id, stock_code)
  UNION ALL
  SELECT customer_id, stock_code, invoice_no, order_date, quantity FROM returns
),
balances AS (
  SELECT *, SUM(quantity) OVER (
    PARTITION BY customer_id, stock_code ORDER BY order_date, quantity DESC, invoice_no ROWS UNBOUNDED PRECEDING
  ) AS balance
  FROM moves
),
-- A part of a purchase is kept if the balance never again falls to what it was before.
later AS (
  SELECT *, MIN(balance) OVER (
    PARTITION BY customer_id, stock_code ORDER BY order_date, quantity DESC, invoice_no
    ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
  ) AS least
  FROM balances
)
SELECT customer_id, stock_code, invoice_no, order_date
FROM purchases
ANTI JOIN returned USING (customer_id, stock_code)
UNION ALL
SELECT customer_id, stock_code, invoice_no, order_date
FROM later
WHERE quantity > 0 AND least > balance - quantity
