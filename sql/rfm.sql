-- Customers in segments by recency, frequency and revenue
--
-- Each customer gets three scores from 1 (lowest fifth) to 5 (highest fifth): how recent the last purchase is, how many
-- invoices there were, and how much revenue, returns taken off. Customers with the same figure get the same score.
-- champions: all three at least 4. loyal: others with recency and frequency at least 3. new: recency at least 4, frequency
-- at most 2. promising: recency 3, frequency at most 2. at risk: recency at most 2, frequency at least 3. lost: all others.
-- Guests, and customers who bought nothing, are left out. mean_days counts the days from a customer's last purchase to the
-- last purchase of anyone.
-- @param since date  only orders dated on this day or later
-- @param until date  only orders dated before this day
-- @param country text  only orders from this country
WITH customers AS (
  SELECT customer_id, MAX(CASE WHEN quantity > 0 THEN order_date END) AS last_order,
    COUNT(DISTINCT CASE WHEN quantity > 0 THEN invoice_no END) AS invoices, SUM(quantity * unit_price) AS revenue
  FROM orders
  WHERE (CAST(:since AS timestamp) IS NULL OR order_date >= CAST(:since AS timestamp))
    AND (CAST(:until AS timestamp) IS NULL OR order_date < CAST(:until AS timestamp))
    AND (CAST(:country AS varchar) IS NULL OR country = CAST(:country AS varchar))
    AND customer_id IS NOT NULL
  GROUP BY customer_id
),
placed AS (
  SELECT invoices, revenue, last_order, MAX(last_order) OVER () AS last_of_all, COUNT(*) OVER () AS total,
    5 * (RANK() OVER (ORDER BY last_order) - 1) AS recency_place,
    5 * (RANK() OVER (ORDER BY invoices) - 1) AS frequency_place,
    5 * (RANK() OVER (ORDER BY revenue) - 1) AS revenue_place
  FROM customers
  WHERE invoices > 0
),
scored AS (
  SELECT invoices, revenue, CAST(EXTRACT(DAY FROM (last_of_all - last_order)) AS bigint) AS days,
    CASE WHEN recency_place >= 4 * total THEN 5 WHEN recency_place >= 3 * total THEN 4 WHEN recency_place >= 2 * total THEN 3
      WHEN recency_place >= total THEN 2 ELSE 1 END AS recency,
    CASE WHEN frequency_place >= 4 * total THEN 5 WHEN frequency_place >= 3 * total THEN 4
      WHEN frequency_place >= 2 * total THEN 3 WHEN frequency_place >= total THEN 2 ELSE 1 END AS frequency,
    CASE WHEN revenue_place >= 4 * total THEN 5 WHEN revenue_place >= 3 * total THEN 4 WHEN revenue_place >= 2 * total THEN 3
      WHEN revenue_place >= total THEN 2 ELSE 1 END AS worth
  FROM placed
),
labelled AS (
  SELECT invoices, revenue, days, CASE
      WHEN recency >= 4 AND frequency >= 4 AND worth >= 4 THEN 1
      WHEN recency >= 3 AND frequency >= 3 THEN 2
      WHEN recency >= 4 THEN 3
      WHEN recency = 3 THEN 4
      WHEN frequency >= 3 THEN 5
      ELSE 6
    END AS segment_number
  FROM scored
),
segments AS (
  SELECT segment_number, COUNT(*) AS customers, CAST(SUM(invoices) AS bigint) AS invoices, SUM(revenue) AS revenue,
    CAST(SUM(days) AS bigint) AS days
  FROM labelled
  GROUP BY segment_number
)
SELECT CASE segment_number
    WHEN 1 THEN 'champions'
    WHEN 2 THEN 'loyal'
    WHEN 3 THEN 'new'
    WHEN 4 THEN 'promising'
    WHEN 5 THEN 'at risk'
    ELSE 'lost'
  END AS segment, customers,
  CAST(CAST(CAST(customers AS decimal(38, 12)) / NULLIF(SUM(customers) OVER (), 0) AS decimal(38, 8)) AS decimal(18, 4)) AS customer_share,
  revenue,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(SUM(revenue) OVER (), 0) AS decimal(38, 8)) AS decimal(18, 4)) AS revenue_share,
  CAST(CAST(CAST(revenue AS decimal(38, 12)) / NULLIF(customers, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS mean_revenue,
  CAST(CAST(CAST(invoices AS decimal(38, 12)) / NULLIF(customers, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS mean_invoices,
  CAST(CAST(CAST(days AS decimal(38, 12)) / NULLIF(customers, 0) AS decimal(38, 8)) AS decimal(18, 4)) AS mean_days
FROM segments
ORDER BY segment_number
