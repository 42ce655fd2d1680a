import { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Order } from '../../src/orders/order.js';
import { orderColumns, orderTable } from '../../src/orders/rows.js';
import { answer, type Column, csvLine, type Format, openAnswer } from '../../src/terminal/answer.js';
import { openTerminal } from '../../src/terminal/terminal.js';
import { printable } from '../../src/terminal/text.js';

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
  readonly isDefused?: boolean;
  readonly environment?: Record<string, string>;
  readonly json?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: of whatever rows
  readonly table?: readonly Column<any>[];
}

/** What an answer writes to stdout, and in how many pieces; the rows come in these blocks. */
async function written<Row>(of: readonly Column<Row>[], blocks: readonly (readonly Row[])[], more: Shown = {}) {
  const { format, isInteractive = false, isDefused = false, environment = {}, json, table } = more;
  const pieces: string[] = [];
  const stdout = Object.assign(
    new Writable({
      write(chunk, _, done) {
        pieces.push(String(chunk));
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
  const terminal = openTerminal({ stdin: Readable.from([]), stdout, stderr }, { environment, isDefused });
  const options = { ...(json === undefined ? {} : { json }), ...(table ? { table } : {}) };
  if (blocks.length === 1) await answer(terminal, format, of, blocks[0] as Row[], options);
  else {
    const open = openAnswer(terminal, format, of, options);
    for (const block of blocks) await open.write(block);
    await open.end();
  }
  return pieces;
}

/** The whole of an answer. */
async function shown<Row>(of: readonly Column<Row>[], rows: readonly Row[], more: Shown = {}): Promise<string> {
  return (await written(of, [rows], more)).join('');
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

describe('an answer whose rows come one after the other', () => {
  const blocks = [[{ product: 'RED MUG', sold: 1 }], [], [{ product: 'A PLATE MUCH LONGER', sold: 12 }, ...sales]];

  test.each(['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1'])(
    'defuses %j in CSV, in no other format',
    async (text) => {
      const rows = [{ product: text, sold: -5 }];
      const [row] = parse(await shown(columns, rows, { format: 'csv', isDefused: true }), { from: 2 }) as string[][];
      expect(row).toEqual([`'${text}`, '-5']);
      const [plain] = parse(await shown(columns, rows, { format: 'csv' }), { from: 2 }) as string[][];
      expect(plain).toEqual([text, '-5']);
      expect(JSON.parse(await shown(columns, rows, { format: 'json', isDefused: true }))).toEqual(rows);
    },
  );

  test('on a terminal, a name of a column in CSV is no control either', async () => {
    const named = [{ name: 'a\u001b[31m\nb', value: () => 1 }];
    expect(await shown(named, [{}], { format: 'csv', isInteractive: true })).toBe('a [31m b\n1\n');
  });

  test.each(['json', 'ndjson', 'csv', undefined] as const)('is the same as at once: %s', async (format) => {
    const more = format ? { format } : {};
    const pieces = await written(columns, blocks, more);
    expect(pieces.join('')).toBe(await shown(columns, blocks.flat(), more));
    // One piece a block; the end of JSON is one too.
    expect(pieces).toHaveLength(format === 'json' ? 3 : 2);
  });

  test('of no rows has the head of a CSV, and is JSON', async () => {
    for (const none of [[], [[], []]]) {
      expect((await written(columns, none, { format: 'csv' })).join('')).toBe('product,sold\n');
      expect((await written(columns, none, { format: 'json' })).join('')).toBe('[]\n');
      expect((await written(columns, none, { isInteractive: true })).join('')).toBe('');
    }
  });

  test('is a table as wide as its columns say, or else as its first rows', async () => {
    const environment = { NO_COLOR: '1' };
    const fixed = columns.map((column) => ({ ...column, width: 12 }));
    expect((await written(fixed, blocks, { isInteractive: true, environment })).join('').split('\n')).toEqual([
      'Product               sold',
      'RED MUG              1 pcs',
      'A PLATE MUC…        12 pcs',
      'RED MUG          12000 pcs',
      'PLATE 6", "…             –',
      '',
    ]);
    // A number that is wider than its column is not cut: the text beside it has less room.
    expect((await written(columns, blocks, { isInteractive: true, environment })).join('').split('\n')).toEqual([
      'Product   sold',
      'RED MUG  1 pcs',
      'A PLAT…  12 pcs',
      'RED MUG  12000 pcs',
      'PLATE …      –',
      '',
    ]);
  });
});

describe('a table on a narrow terminal', () => {
  interface Sold {
    readonly code: string;
    readonly name: string;
    readonly day: string;
    readonly units: string;
  }
  const wide: readonly Column<Sold>[] = [
    { name: 'stock_code', value: ({ code }) => code },
    { name: 'description', value: ({ name }) => name },
    { name: 'first_day', isWhole: true, value: ({ day }) => day },
    { name: 'units_sold', isNumber: true, value: ({ units }) => units },
  ];
  const mug: Sold = { code: '85123A', name: 'RED MUG WITH A LID', day: '2010-12-01 08:26', units: '1,234,567' };
  const plate: Sold = { code: 'POST', name: 'PLATE', day: '2010-12-02 08:26', units: '2' };
  const at = async (columns: number, blocks: readonly (readonly Sold[])[] = [[mug, plate]]) =>
    (await written(wide, blocks, { isInteractive: true, environment: { NO_COLOR: '1', COLUMNS: String(columns) } }))
      .join('')
      .split('\n');

  test('has its titles on two lines before a text is cut', async () => {
    expect(await at(60)).toEqual([
      'stock_code  description         first_day         units_sold',
      '85123A      RED MUG WITH A LID  2010-12-01 08:26   1,234,567',
      'POST        PLATE               2010-12-02 08:26           2',
      '',
    ]);
    expect(await at(55)).toEqual([
      'stock                                             units',
      'code    description         first_day              sold',
      '85123A  RED MUG WITH A LID  2010-12-01 08:26  1,234,567',
      'POST    PLATE               2010-12-02 08:26          2',
      '',
    ]);
  });

  test('cuts texts, and no number, date or code', async () => {
    expect((await at(45)).slice(2)).toEqual([
      '85123A  RED MUG…  2010-12-01 08:26  1,234,567',
      'POST    PLATE     2010-12-02 08:26          2',
      '',
    ]);
  });

  test('is a line a value where that does not do', async () => {
    expect(await at(44)).toEqual([
      'stock_code   85123A',
      'description  RED MUG WITH A LID',
      'first_day    2010-12-01 08:26',
      'units_sold   1,234,567',
      '',
      'stock_code   POST',
      'description  PLATE',
      'first_day    2010-12-02 08:26',
      'units_sold   2',
      '',
    ]);
    expect((await at(24))[1]).toBe('description  RED MUG WI…');
    expect((await at(24))[2]).toBe('first_day    2010-12-01 08:26');
    // The first rows decide for all.
    expect(await at(44, [[mug], [plate]])).toEqual(await at(44));
  });

  test('of orders as they come shows the largest ones of the real file whole', async () => {
    const order: Order = {
      orderId: 'C536381-gift_0001_20',
      invoiceNo: 'C536381',
      stockCode: 'gift_0001_20',
      description: 'PAPER CRAFT , LITTLE BIRDIE',
      quantity: -80_995,
      orderDate: '2011-12-09T09:15:00',
      unitPrice: '38970.00',
      customerId: 16446,
      country: 'United Kingdom',
    };
    const environment = { COLUMNS: '80', NO_COLOR: '1' };
    const text = await shown(orderColumns, [order], { isInteractive: true, environment, table: orderTable(80) });
    expect(text.split('\n')[1]).toBe(
      '2011-12-09 09:15   16446  C536381-gift_0001_20  -80,995  £38,970.00  PAPER CRAF…',
    );
  });

  test('takes more rows at once than a function takes arguments', async () => {
    expect(await at(60, [Array.from({ length: 200_000 }, () => plate)])).toHaveLength(200_002);
  });

  test('takes the room for a wider number or code of a later row from the text of that row', async () => {
    const later = { ...mug, code: 'BANK-CHARGES', units: '-1,234,567,890' };
    expect((await at(56, [[plate], [later, plate]])).slice(-3)).toEqual([
      'BANK-CHARGES  RED MUG…  2010-12-01 08:26  -1,234,567,890',
      'POST        PLATE        2010-12-02 08:26           2',
      '',
    ]);
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
      '\u202e',
      '\u2066',
      '\u200f',
      '\u061c',
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
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
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
        expect(text.replaceAll(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
      { numRuns: 200 },
    );
  });

  test('are escaped in JSON, so that a line is a row', () => {
    return fc.assert(
      fc.asyncProperty(hostile, async (product) => {
        const text = await shown(columns, [{ product, sold: 1 }], { format: 'ndjson' });
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
    expect(printable('GUM\u202eDER\u202c')).toBe('GUM DER ');
  });

  test('reach no line of orders as they come, which stay as wide as the terminal', () => {
    const of = { orderDate: '2010-12-01T08:26:00', customerId: 17850, quantity: 6, unitPrice: '2.55', invoiceNo: '1' };
    const widths = fc.integer({ min: 80, max: 200 });
    return fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, widths, async (description, country, id, width) => {
        const order: Order = { ...of, orderId: `1${id}`, stockCode: id, description, country };
        const environment = { COLUMNS: String(width), NO_COLOR: '1' };
        const both = await shown(orderColumns, [order], { isInteractive: true, environment, table: orderTable(width) });
        const text = both.slice(both.indexOf('\n') + 1);
        expect(text.endsWith('\n')).toBe(true);
        expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
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
