-- Orders and revenue of each hour of the week
--
-- The hour is that of the order date, in the shop's own time. Weekdays go from Monday to Sunday; hours without an order
-- have no row. Counts every order, of customers and guests; returns are taken off revenue, and left out of orders and
-- invoices.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH hours AS (
  SELECT DATE_TRUNC('hour', order_date) AS hour_start, invoice_no, COUNT(CASE WHEN quantity > 0 THEN 1 END) AS orders,
    SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
  GROUP BY DATE_TRUNC('hour', order_date), invoice_no
),
numbered AS (
  -- Engines number Sunday 0 or 7.
  SELECT MOD(CAST(EXTRACT(DOW FROM hour_start) AS integer) + 6, 7) AS day_number,
    CAST(EXTRACT(HOUR FROM hour_start) AS integer) AS hour_of_day, invoice_no, orders, revenue
  FROM hours
),
counted AS (
  SELECT day_number, hour_of_day, CAST(SUM(orders) AS bigint) AS orders,
    COUNT(DISTINCT CASE WHEN orders > 0 THEN invoice_no END) AS invoices, SUM(revenue) AS revenue
  FROM numbered
  GROUP BY day_number, hour_of_day
)
SELECT CASE day_number
    WHEN 0 THEN 'Monday'
    WHEN 1 THEN 'Tuesday'
    WHEN 2 THEN 'Wednesday'
    WHEN 3 THEN 'Thursday'
    WHEN 4 THEN 'Friday'
    WHEN 5 THEN 'Saturday'
    ELSE 'Sunday'
  END AS weekday, hour_of_day AS hour, orders, invoices, revenue
FROM counted
ORDER BY day_number, hour_of_day
