/** An order as a record of the stream: the JSON of an `Order`, or the JSON that the Kinesis Agent makes of a CSV line. */
import type { BlockBuilder } from '../orders/block-builder.js';
import { FIELDS, type Order, occurrenceOf, orderId } from '../orders/order.js';
import { GUEST, type OrderBlock, startOf } from '../orders/order-block.js';
import {
  formatLine,
  isoDate,
  type LineFields,
  parseLine,
  quoted,
  splitLine,
  whyNotAnOrder,
} from '../orders/order-line.js';
import { createRecordScanner } from './record-scanner.js';

/** Why a record is not an order. */
export interface NotAnOrder {
  readonly reason: string;
}

/**
 * Encodes the orders of a block, each in base64 as a request carries it. The record is the JSON of `orderOf`, made without the
 * object: encoding is most of what it costs to send a year of orders.
 */
export function encoderOf(block: OrderBlock): (i: number) => string {
  const lines = Buffer.from(block.lines.buffer, block.lines.byteOffset, block.lines.length);
  let scratch = Buffer.allocUnsafeSlow(4096);
  let date = '';
  let orderDate = '';
  return (i) => {
    const line = lines.toString('utf8', startOf(block.ends, i), (block.ends[i] as number) - 1);
    const [invoiceNo, stockCode, description, quantity, sourceDate, unitPrice, , country] = parseLine(line);
    if (sourceDate !== date) {
      date = sourceDate;
      orderDate = isoDate(sourceDate) as string;
    }
    const customer = block.customers[i] as number;
    const id = orderId(invoiceNo, stockCode, block.occurrences[i] as number);
    const json =
      `{"orderId":${JSON.stringify(id)},"invoiceNo":${JSON.stringify(invoiceNo)},"stockCode":${JSON.stringify(stockCode)},` +
      `"description":${JSON.stringify(description)},"quantity":${JSON.stringify(Number(quantity))},"orderDate":"${orderDate}",` +
      `"unitPrice":"${unitPrice}","customerId":${customer === GUEST ? 'null' : customer},"country":${JSON.stringify(country)}}`;
    if (json.length * 3 > scratch.length) scratch = Buffer.allocUnsafeSlow(json.length * 3);
    return scratch.toString('base64', 0, scratch.write(json, 'utf8'));
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The order in a record, or the reason why there is none. */
export function decodeOrder(data: Uint8Array): Order | NotAnOrder {
  let record: unknown;
  try {
    record = JSON.parse(utf8.decode(data));
  } catch {
    return { reason: 'neither JSON nor an aggregated record' };
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return { reason: 'JSON, but no object' };
  return orderFrom(record as Record<string, unknown>);
}

export function isOrder(decoded: Order | NotAnOrder): decoded is Order {
  return !('reason' in decoded);
}

/** Names of the fields in the order of `FIELDS`: those of an `Order`, and those of the Kinesis Agent. */
const NAMES = ['invoiceNo', 'stockCode', 'description', 'quantity', 'orderDate', 'unitPrice', 'customerId', 'country'];
const AGENT_NAMES = FIELDS.map((name) => (name === 'CustomerID' ? 'Customer' : name));

function orderFrom(record: Record<string, unknown>): Order | NotAnOrder {
  const isAgents = 'InvoiceNo' in record;
  const names = isAgents ? AGENT_NAMES : NAMES;
  // Null for a customer is a guest. Any other null is a field that the agent's line didn't have.
  const values = names.map((name) => (record[name] === null && name === 'customerId' ? '' : textOf(record[name])));
  const missing = names.filter((_, i) => values[i] === undefined);
  if (missing.length > 0) return { reason: `no ${missing.join(', ')}` };
  const fields = isAgents ? mended(values as string[]) : (values as string[]);
  if (typeof fields === 'string') return { reason: fields };
  const reason = whyNotAnOrder(fields);
  if (reason) return { reason };
  const [invoiceNo, stockCode, description, quantity, date, unitPrice, customer, country] = fields as LineFields;
  const id = textOf(record['orderId']) ?? orderId(invoiceNo, stockCode, 1);
  if (occurrenceOf(id, invoiceNo, stockCode) === undefined) {
    return { reason: `orderId ${quoted(id)} is not that of ${quoted(stockCode)} in invoice ${quoted(invoiceNo)}` };
  }
  return {
    orderId: id,
    invoiceNo,
    stockCode,
    description,
    quantity: Number(quantity),
    orderDate: isoDate(date) as string,
    unitPrice,
    customerId: customer === '' ? null : Number(customer),
    country,
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/**
 * The Kinesis Agent's CSVTOJSON splits a line at every comma, leaves the quotes in, and drops all parts after the eighth
 * (https://docs.aws.amazon.com/streams/latest/dev/writing-with-agents.html). Joined again, the parts are the beginning of the
 * line: one comma in a description costs the country alone.
 */
function mended(values: readonly string[]): string[] | string {
  const fields = splitLine(values.join(',').replace(/[\r\n]+$/, ''));
  if (typeof fields === 'string') return `cut by the Kinesis Agent: ${fields}`;
  if (fields.length === FIELDS.length) return fields;
  if (fields.length === FIELDS.length - 1) return [...fields, ''];
  return `cut by the Kinesis Agent: ${fields.length} fields of ${FIELDS.length} are left`;
}

/** Adds an order to a block. */
export function addOrder(builder: BlockBuilder, order: Order): void {
  const { orderId: id, invoiceNo, stockCode, description, quantity, orderDate, unitPrice, customerId, country } = order;
  const customer = customerId === null ? '' : String(customerId);
  builder.add(
    formatLine([invoiceNo, stockCode, description, String(quantity), orderDate, unitPrice, customer, country]),
    customerId ?? GUEST,
    occurrenceOf(id, invoiceNo, stockCode) ?? 1,
  );
}

/** Room for the lines of some hundred records. */
const LINES_BYTES = 1 << 16;

/** Adds the orders of records to a block. Each call adds one record, and returns false if it is no order. */
export function recordsInto(builder: BlockBuilder): (record: Uint8Array) => boolean {
  const scanner = createRecordScanner();
  let lines = Buffer.allocUnsafeSlow(LINES_BYTES);
  let at = 0;
  return (record) => {
    if (at + record.length > lines.length) {
      builder.flush();
      at = 0;
      if (record.length > lines.length) lines = Buffer.allocUnsafeSlow(record.length);
    }
    const end = scanner.scan(record, lines, at);
    if (end >= 0) {
      builder.addBytes(lines, at, end, scanner.customer, scanner.occurrence);
      at = end;
      return true;
    }
    const order = decodeOrder(record);
    if (!isOrder(order)) return false;
    addOrder(builder, order);
    return true;
  };
}
