/** The tables of the warehouse in Redshift: views over the lake, which Redshift reads by way of Glue. */

/** Name of the external schema. */
const LAKE = 'lake';

/**
 * Statements that make the views, each by itself, in this order. They may be run again at any time. `glueDatabase` is the
 * database of the stack in Glue; the default role of the namespace reads it.
 *
 * The views bind to nothing, as views over external tables must: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html.
 * Their SQL is that of Athena's views in `stack.yaml`, over the table that has no partitions.
 */
export function setupStatements(glueDatabase: string): readonly string[] {
  if (!/^\w+$/.test(glueDatabase)) throw new TypeError(`${JSON.stringify(glueDatabase)} is no name of a Glue database`);
  return [
    `CREATE EXTERNAL SCHEMA IF NOT EXISTS ${LAKE} FROM DATA CATALOG DATABASE '${glueDatabase}' IAM_ROLE default`,
    `CREATE OR REPLACE VIEW public.order_arrivals AS
SELECT
  order_id, invoice_no, stock_code, description, quantity,
  CAST(replace(order_date, 'T', ' ') AS timestamp) AS order_date,
  CAST(unit_price AS decimal(18, 6)) AS unit_price,
  customer_id, country,
  CAST(replace(arrived_at, 'T', ' ') AS timestamp) AS arrived_at,
  sequence
FROM ${LAKE}.orders_by_folder
WITH NO SCHEMA BINDING`,
    `CREATE OR REPLACE VIEW public.orders AS
SELECT
  order_id, invoice_no, stock_code, description, quantity, order_date, unit_price, customer_id, country,
  arrived_at, sequence
FROM (
  SELECT *, row_number() OVER (
    PARTITION BY order_id, invoice_no, stock_code ORDER BY sequence DESC NULLS LAST, arrived_at DESC NULLS LAST
  ) AS version
  FROM public.order_arrivals
) AS versions
WHERE version = 1
WITH NO SCHEMA BINDING`,
    // Whoever may ask is a matter of IAM: each caller is a user of the database, made when that caller asks first.
    `GRANT USAGE ON SCHEMA ${LAKE} TO PUBLIC`,
    'GRANT SELECT ON public.order_arrivals TO PUBLIC',
    'GRANT SELECT ON public.orders TO PUBLIC',
  ];
}
