/** CSV of orders for the lake of a stack, as this program writes it and DuckDB reads it. */
import { orderOf } from '../orders/order-block.js';
import type { ArrivedOrders } from '../stream/kinesis/arrived-orders.js';
import { arrivedAt, DELIVERED_COLUMNS } from './delivered-orders.js';

const COLUMNS_AND_MONTH = { month: 'VARCHAR', ...DELIVERED_COLUMNS };

/** Lines of the orders that are wanted: the month, then the columns of the table. Every text is in quotes, and nothing is null. */
export function csvOf(
  { orders, arrivalsMs, sequences }: ArrivedOrders,
  isWanted: (month: string, arrivalMs: number) => boolean,
): string {
  let lines = '';
  for (let i = 0; i < orders.count; i++) {
    const order = orderOf(orders, i);
    const [month, arrivalMs] = [order.orderDate.slice(0, 7), arrivalsMs[i] as number];
    if (!isWanted(month, arrivalMs)) continue;
    const { orderId, invoiceNo, stockCode, description, quantity, orderDate, unitPrice, customerId, country } = order;
    const cells = [
      ...[month, orderId, invoiceNo, stockCode, description].map(quoted),
      quantity,
      ...[orderDate, unitPrice].map(quoted),
      customerId ?? '',
      ...[country, arrivedAt(arrivalMs), sequences[i] as string].map(quoted),
    ];
    lines += `${cells.join(',')}\n`;
  }
  return lines;
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** SQL of DuckDB that reads such a file, or one of other columns. `path` is SQL text. */
export function readCsv(path: string, columns: Readonly<Record<string, string>> = COLUMNS_AND_MONTH): string {
  const struct = Object.entries(columns).map(([name, type]) => `'${name}': '${type}'`);
  const texts = Object.keys(columns).filter((name) => columns[name] === 'VARCHAR');
  return `read_csv(${path}, columns = {${struct.join(', ')}}, auto_detect = false, header = false, delim = ',', quote = '"',
    escape = '"', new_line = '\\n', strict_mode = true, force_not_null = [${texts.map((name) => `'${name}'`).join(', ')}])`;
}
