/** An order: one line of an invoice, as every stage of the pipeline sees it. */

export interface Order {
  /** `InvoiceNo-StockCode`, with `-2`, `-3` … for a product that comes again in the same invoice. */
  readonly orderId: string;
  readonly invoiceNo: string;
  readonly stockCode: string;
  /** As in the source, spaces included. */
  readonly description: string;
  /** Negative for a return. */
  readonly quantity: number;
  /** Local time of the shop, `2010-12-01T08:26:00`. */
  readonly orderDate: string;
  /** Pounds sterling, a decimal string exactly as in the source. */
  readonly unitPrice: string;
  /** Null for a guest. */
  readonly customerId: number | null;
  readonly country: string;
}

/** The fields of an order line as the source writes them, in the order of the UCI Online Retail layout. */
export const FIELDS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;

/** The id of the `occurrence`-th line (from 1) of a product in an invoice. */
export function orderId(invoiceNo: string, stockCode: string, occurrence: number): string {
  return occurrence === 1 ? `${invoiceNo}-${stockCode}` : `${invoiceNo}-${stockCode}-${occurrence}`;
}
