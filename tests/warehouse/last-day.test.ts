/** A period that is not given leaves no order out. */
import { expect, test } from 'vitest';
import { GUEST } from '../../src/orders/order-block.js';
import { findQueries, readQuery, valuesFor } from '../../src/warehouse/query-files.js';
import type { Warehouse } from '../../src/warehouse/warehouse.js';
import type { Line } from '../fixtures/orders.js';
import { openedWarehouse } from './opened-warehouse.js';

const queries = [...findQueries(undefined).values()].map(readQuery);

/** Two products that share two invoices, one of them at two prices; a return, and a guest. */
const linesOf = (date: string): Line[] =>
  [
    { invoiceNo: '1', stockCode: '11111', quantity: 3 },
    { invoiceNo: '1', stockCode: '22222', quantity: 2 },
    { invoiceNo: '2', stockCode: '11111', customer: 1, unitPrice: '3' },
    { invoiceNo: '2', stockCode: '22222', customer: 1 },
    { invoiceNo: '3', stockCode: '11111', customer: GUEST },
    { invoiceNo: 'C4', stockCode: '11111', quantity: -1 },
  ].map((line) => ({ ...line, date }));

async function answer(warehouse: Warehouse, query: (typeof queries)[number]): Promise<string[]> {
  const few = query.parameters.some(({ name }) => name === 'at_least') ? [['at_least', '1'] as const] : [];
  const question = { sql: query.sql, values: valuesFor(query, few) };
  const { rows } = await warehouse.ask(question, { signal: new AbortController().signal });
  const all = [];
  for await (const some of rows) all.push(...some);
  return all.map((row) => JSON.stringify(row).replaceAll(/\b(\d{4})-(?=\d\d)/g, 'year-'));
}

test('orders of the last day that there is count as those of any other', async () => {
  // The same day of the week, and of the year.
  const { warehouse } = await openedWarehouse(linesOf('9999-12-31 23:59:59'));
  const { warehouse: other } = await openedWarehouse(linesOf('2010-12-31 23:59:59'));
  for (const query of queries) {
    const { name } = query;
    const expected = await answer(other, query);
    expect({ name, count: expected.length }).not.toEqual({ name, count: 0 });
    expect({ name, rows: await answer(warehouse, query) }).toEqual({ name, rows: expected });
  }
});
