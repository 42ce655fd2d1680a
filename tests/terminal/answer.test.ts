import { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Order } from '../../src/orders/order.js';
import { orderColumns, orderLines } from '../../src/orders/rows.js';
import { answer, type Column, csvLine, type Format, line, printable } from '../../src/terminal/answer.js';
import { openTerminal } from '../../src/terminal/terminal.js';

interface Sale {
  readonly product: string;
  readonly sold: number | null;
}

const columns: readonly Column<Sale>[] = [
  { name: 'product', title: 'Product', value: ({ product }) => product },
  {
    name: 'sold',
    isNumber: true,
    value: ({ sold }) => sold,
    show: ({ sold }) => (sold === null ? '–' : `${sold} pcs`),
  },
];
const sales: readonly Sale[] = [
  { product: 'RED MUG', sold: 12_000 },
  { product: 'PLATE 6", "BLUE"', sold: null },
];

interface Shown {
  readonly format?: Format;
  readonly isInteractive?: boolean;
  readonly environment?: Record<string, string>;
  readonly json?: unknown;
}

/** What an answer writes to stdout. */
async function shown<Row>(of: readonly Column<Row>[], rows: readonly Row[], more: Shown = {}): Promise<string> {
  const { format, isInteractive = false, environment = {}, json } = more;
  let text = '';
  const stdout = Object.assign(
    new Writable({
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    }),
    { isTTY: isInteractive },
  );
  const stderr = new Writable({
    write() {
      throw new Error('an answer is no conversation');
    },
  });
  const terminal = openTerminal({ stdin: Readable.from([]), stdout, stderr }, { environment, isQuiet: false });
  await (json === undefined ? answer(terminal, format, of, rows) : answer(terminal, format, of, rows, json));
  return text;
}

describe('an answer', () => {
  test('is a table for a person: aligned, numbers to the right, as people read them', async () => {
    const text = await shown(columns, sales, { isInteractive: true, environment: { NO_COLOR: '1' } });
    expect(text.split('\n')).toEqual([
      'Product                sold',
      'RED MUG           12000 pcs',
      'PLATE 6", "BLUE"          –',
      '',
    ]);
  });

  test('has a bold head where colours are wanted', async () => {
    const bold = '\u001b[1mProduct\u001b[22m';
    expect(await shown(columns, sales, { isInteractive: true })).toContain(bold);
    expect(await shown(columns, sales, { format: 'table', environment: { FORCE_COLOR: '1' } })).toContain(bold);
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) {
      const text = await shown(columns, sales, { isInteractive: true, environment });
      expect(stripVTControlCharacters(text)).toBe(text);
    }
    expect(await shown(columns, sales, { format: 'table' })).not.toContain('\u001b');
  });

  test('is plain rows in a pipe: no head, no decoration, plain numbers', async () => {
    expect(await shown(columns, sales)).toBe('RED MUG\t12000\nPLATE 6", "BLUE"\t\n');
  });

  test('is JSON: the rows, or what stands for them', async () => {
    const text = await shown(columns, sales, { format: 'json' });
    expect(text).toBe('[{"product":"RED MUG","sold":12000},{"product":"PLATE 6\\", \\"BLUE\\"","sold":null}]\n');
    expect(await shown(columns, sales, { format: 'json', json: { total: 1 } })).toBe('{"total":1}\n');
    expect(await shown(columns, [], { format: 'json' })).toBe('[]\n');
  });

  test('is a JSON value a line', async () => {
    expect(await shown(columns, sales, { format: 'ndjson' })).toBe(
      '{"product":"RED MUG","sold":12000}\n{"product":"PLATE 6\\", \\"BLUE\\"","sold":null}\n',
    );
  });

  test('is CSV with a head', async () => {
    expect(await shown(columns, sales, { format: 'csv' })).toBe(
      'product,sold\nRED MUG,12000\n"PLATE 6"", ""BLUE""",\n',
    );
  });

  test('of no rows is nothing but the head of the CSV', async () => {
    expect(await shown(columns, [], { isInteractive: true })).toBe('');
    expect(await shown(columns, [])).toBe('');
    expect(await shown(columns, [], { format: 'ndjson' })).toBe('');
    expect(await shown(columns, [], { format: 'csv' })).toBe('product,sold\n');
  });
});

/** Text that tries to move the cursor, colour what follows, ring or break the row. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b[2J',
      '\u001b]0;title\u0007',
      '\u009b31m',
      '\r',
      '\n',
      '\r\n',
      '\t',
      '\b',
      '\0',
      '\u007f',
      '\u0085',
    ),
    fc.constantFrom('a', '"', ',', '£', ' ', '😀', '宽'),
  ),
});

describe('control characters', () => {
  test('reach no table and break no row of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 5 }), async (products) => {
        const rows = products.map((product) => ({ product, sold: 1 }));
        const text = await shown(columns, rows, { isInteractive: true, environment: { NO_COLOR: '1' } });
        expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
        expect(text.split('\n').length).toBe(rows.length + 2);
        expect(text.match(/1 pcs$/gm)?.length).toBe(rows.length);
      }),
      { numRuns: 200 },
    );
  });

  test('reach no plain row and break none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 5 }), async (products) => {
        const text = await shown(
          columns,
          products.map((product) => ({ product, sold: 1 })),
        );
        const rows = text.split('\n');
        expect(rows.pop()).toBe('');
        expect(rows.map((row) => row.split('\t').length)).toEqual(products.map(() => 2));
        expect(text.replaceAll(/[\t\n]/g, '')).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 200 },
    );
  });

  test('are escaped in JSON, so that a line is a row', () => {
    fc.assert(
      fc.property(hostile, (product) => {
        const text = line('ndjson', columns, { product, sold: 1 });
        expect(JSON.parse(text)).toEqual({ product, sold: 1 });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
        expect(text.slice(0, -1)).not.toMatch(/[\u0000-\u001f]/);
      }),
      { numRuns: 500 },
    );
  });

  test('leave the rest of a text as it is', () => {
    expect(printable('RED  MUG £2 😀')).toBe('RED  MUG £2 😀');
    expect(printable('a\u001b[31mb\r\n\tc')).toBe('a [31mb c');
  });

  test('reach no line of orders as they come, which stay as wide as the terminal', () => {
    const of = { orderDate: '2010-12-01T08:26:00', customerId: 17850, quantity: 6, unitPrice: '2.55', invoiceNo: '1' };
    fc.assert(
      fc.property(hostile, hostile, hostile, fc.integer({ min: 80, max: 200 }), (description, country, id, width) => {
        const order: Order = { ...of, orderId: `1${id}`, stockCode: id, description, country };
        const text = orderLines(width).line(order);
        expect(text.endsWith('\n')).toBe(true);
        expect(text.slice(0, -1)).not.toMatch(/\p{Cc}/u);
        const columnsTaken = [...text.slice(0, -1)].reduce((sum, of) => sum + ('😀宽'.includes(of) ? 2 : 1), 0);
        expect(columnsTaken).toBeLessThanOrEqual(width);
      }),
      { numRuns: 500 },
    );
  });
});

describe('CSV', () => {
  test('is read back by csv-parse as it was', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 2, maxLength: 5 }), (values) => {
        expect(parse(csvLine(values), { record_delimiter: '\n' })).toEqual([values]);
      }),
      { numRuns: 1000 },
    );
  });

  test('of an order has the fields of its JSON, in their order', async () => {
    const order: Order = {
      orderId: '536365-85123A',
      invoiceNo: '536365',
      stockCode: '85123A',
      description: 'MUG, "RED" ',
      quantity: -6,
      orderDate: '2010-12-01T08:26:00',
      unitPrice: '2.50',
      customerId: null,
      country: 'EIRE',
    };
    const text = await shown(orderColumns, [order], { format: 'csv' });
    expect(text).toBe(
      `${Object.keys(order).join(',')}\n536365-85123A,536365,85123A,"MUG, ""RED"" ",-6,2010-12-01T08:26:00,2.50,,EIRE\n`,
    );
  });
});
