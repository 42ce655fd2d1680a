/** Files that once took a time that grew with the square of their lines: minutes for these. */
import { expect, test } from 'vitest';
import { readContent } from '../../fixtures/reading.js';
import { temporaryDirectory } from '../../run-cli.js';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
const directory = temporaryDirectory();

test('quotes that nobody closes', async () => {
  const { rejected } = await readContent(directory, HEADER + `"x\n${'""""\n'.repeat(13_107)}`.repeat(20));
  expect(rejected).toHaveLength(20 * 13_108);
  expect(rejected[0]?.reason).toBe('unclosed quote');
});

test('two invoices, line by line', async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `${i % 2},P${i >> 2},x,1,12/1/2010 8:26,1.50,7,UK\n`);
  const { orders } = await readContent(directory, HEADER + lines.join(''));
  expect(orders.slice(0, 4).map(({ orderId }) => orderId)).toEqual(['0-P0', '1-P0', '0-P0-2', '1-P0-2']);
  expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(100_000);
});

test('empty lines are no orders, and count', async () => {
  const { orders, rejected, position } = await readContent(
    directory,
    `${HEADER}${'\n'.repeat(500_000)}${'\r\n'.repeat(10)}1,A,x,1,12/1/2010 8:26,1.50,7,UK\nno order\n`,
  );
  expect([orders.length, rejected.map(({ line }) => line), position?.['line']]).toEqual([1, [500_013], 500_013]);
});

test('a batch ends with rejected lines too', async () => {
  const { batches } = await readContent(directory, HEADER + 'no order\n'.repeat(25_000));
  expect(batches.map(({ rejected }) => rejected.length)).toEqual([10_000, 10_000, 5000]);
});
