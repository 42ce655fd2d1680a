-- Orders that look wrong, by what is wrong with them
--
-- orders says how many orders have the finding, share which part of all orders that is, example an order id that has it. An
-- order may have several findings. A repeated line is like an earlier line of its invoice in everything but the order id. A
-- code that is no product is one whose first five characters are not digits. Orders that arrived again are counted by
-- further arrivals of the same order id; the table of orders has only the last one.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
WITH lines AS (
  -- Lines that are alike in everything else are one row here.
  SELECT stock_code, description, quantity, unit_price, customer_id, COUNT(*) AS times, MIN(order_id) AS first_id,
    MAX(order_id) AS last_id
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
  GROUP BY invoice_no, stock_code, description, quantity, order_date, unit_price, customer_id, country
),
found AS (
  SELECT times, first_id, last_id,
    CASE WHEN description IS NULL OR description = '' THEN times END AS no_description,
    CASE WHEN unit_price = 0 THEN times END AS zero_price,
    CASE WHEN unit_price < 0 THEN times END AS negative_price,
    CASE WHEN quantity = 0 THEN times END AS zero_quantity,
    CASE WHEN quantity < 0 THEN times END AS negative_quantity,
    CASE WHEN times > 1 THEN times - 1 END AS repeated,
    CASE WHEN TRANSLATE(SUBSTR(stock_code, 1, 5), '0123456789', '0000000000') = '00000' THEN NULL ELSE times END AS no_product,
    CASE WHEN customer_id IS NULL THEN times END AS no_customer
  FROM lines
),
counted AS (
  SELECT SUM(times) AS total,
    SUM(no_description) AS no_description, MIN(CASE WHEN no_description > 0 THEN first_id END) AS no_description_id,
    SUM(zero_price) AS zero_price, MIN(CASE WHEN zero_price > 0 THEN first_id END) AS zero_price_id,
    SUM(negative_price) AS negative_price, MIN(CASE WHEN negative_price > 0 THEN first_id END) AS negative_price_id,
    SUM(zero_quantity) AS zero_quantity, MIN(CASE WHEN zero_quantity > 0 THEN first_id END) AS zero_quantity_id,
    SUM(negative_quantity) AS negative_quantity,
    MIN(CASE WHEN negative_quantity > 0 THEN first_id END) AS negative_quantity_id,
    SUM(repeated) AS repeated, MIN(CASE WHEN repeated > 0 THEN last_id END) AS repeated_id,
    SUM(no_product) AS no_product, MIN(CASE WHEN no_product > 0 THEN first_id END) AS no_product_id,
    SUM(no_customer) AS no_customer, MIN(CASE WHEN no_customer > 0 THEN first_id END) AS no_customer_id
  FROM found
),
arrivals AS (
  SELECT order_id, COUNT(*) AS times
  FROM order_arrivals
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
  GROUP BY order_id
  HAVING COUNT(*) > 1
),
again AS (
  SELECT SUM(times - 1) AS further, MIN(order_id) AS further_id
  FROM arrivals
),
numbers AS (
  SELECT 1 AS place UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6
  UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
),
findings AS (
  SELECT place, total,
    CAST(COALESCE(CASE place WHEN 1 THEN no_description WHEN 2 THEN zero_price WHEN 3 THEN negative_price WHEN 4 THEN zero_quantity
      WHEN 5 THEN negative_quantity WHEN 6 THEN repeated WHEN 7 THEN no_product WHEN 8 THEN no_customer ELSE further
    END, 0) AS bigint) AS orders,
    CASE place WHEN 1 THEN no_description_id WHEN 2 THEN zero_price_id WHEN 3 THEN negative_price_id WHEN 4 THEN zero_quantity_id
      WHEN 5 THEN negative_quantity_id WHEN 6 THEN repeated_id WHEN 7 THEN no_product_id WHEN 8 THEN no_customer_id
      ELSE further_id
    END AS example
  FROM counted
  CROSS JOIN again
  CROSS JOIN numbers
)
SELECT CASE place
    WHEN 1 THEN 'no description'
    WHEN 2 THEN 'price 0'
    WHEN 3 THEN 'price below 0'
    WHEN 4 THEN 'quantity 0'
    WHEN 5 THEN 'quantity below 0: a return'
    WHEN 6 THEN 'repeated line of an invoice'
    WHEN 7 THEN 'code that is no product'
    WHEN 8 THEN 'no customer: a guest'
    ELSE 'arrived again'
  END AS finding, orders,
  CAST(CAST(CAST(orders AS decimal(38, 12)) / NULLIF(total, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS share,
  example
FROM findings
ORDER BY place
