import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlakazamError } from '../../src/errors.js';
import { isoDate } from '../../src/orders/order-line.js';
import { openFileSource } from '../../src/sources/order-source.file.js';
import type { OrderSource } from '../../src/sources/order-source.js';
import {
  anyBadLine,
  anyOrderLine,
  briefly,
  FIRST_LINE,
  FIRST_ORDER,
  fileIn,
  HEADER,
  inPieces,
  lineWith,
  readAll,
  readContent,
} from '../fixtures/reading.js';
import { temporaryDirectory } from '../run-cli.js';
import { testOrderSource } from './order-source.contract.js';

const directory = temporaryDirectory();

const read = (content: string | Uint8Array) => readContent(directory, content);
const open = (content: string | Uint8Array, extension?: string) =>
  openFileSource(fileIn(directory, content, extension));

/** What opening or reading fails with; it must be an error for people. */
async function failureOf(opening: Promise<OrderSource>): Promise<AlakazamError> {
  let error: unknown;
  try {
    ({ error } = await readAll(await opening));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(AlakazamError);
  return error as AlakazamError;
}

const rejectedLines = (all: { rejected: readonly { line: number; reason: string }[] }) =>
  all.rejected.map(({ line, reason }) => `${line}: ${reason}`);

const contractFile = fileIn(
  directory,
  // Four lines an invoice, of two stock codes: some come again in their invoice.
  [HEADER, ...Array.from({ length: 120 }, (_, i) => lineWith(`${Math.floor(i / 4)}`, 'AB'[i % 2]))].join('\n'),
);
testOrderSource(() => openFileSource(contractFile));

describe('the header', () => {
  test('of the real file: its first order is the JSON others rely on', async () => {
    const { orders } = await read(`${HEADER}\n${FIRST_LINE}\n`);
    expect(orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
  });

  test('may have its fields in any order, and others between them', async () => {
    const values = new Map(HEADER.split(',').map((name, i) => [name, FIRST_LINE.split(',')[i] as string]));
    values.set('Channel', 'web, mail').set('Note', '"?"');
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...values.keys()], { minLength: 10 }), async (names) => {
        const line = names.map((name) => `"${values.get(name)?.replaceAll('"', '""')}"`).join(',');
        const { orders, rejected } = await read(`${names.join(',')}\n${line}\n`);
        expect(rejected).toEqual([]);
        expect(JSON.stringify(orders[0])).toBe(FIRST_ORDER);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country',
    'invoiceno,stockcode,description,quantity,invoicedate,unitprice,customer,country',
    'invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country',
    '"InvoiceNo","StockCode","Description","Quantity","InvoiceDate","UnitPrice","CustomerID","Country"\r',
  ])('may be %s', async (header) => {
    const { orders } = await read(`${header}\n${FIRST_LINE}\n`);
    expect(orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
  });

  test('names what is missing', async () => {
    const header = HEADER.replace('Quantity', 'Amount').replace(',CustomerID', '');
    const { message, code, hint } = await failureOf(open(`${header}\n${FIRST_LINE}\n`));
    expect(message).toContain('has no Quantity, CustomerID in its header');
    expect(message).toContain('InvoiceNo,StockCode,Description,Amount');
    expect(code).toBe('failed');
    expect(hint).toContain(HEADER);
  });

  test('is missed where an order stands in its place', async () => {
    expect((await failureOf(open(`${FIRST_LINE}\n`))).message).toContain('has no header; its first line is "536365,');
  });

  test('is missed in an empty file', async () => {
    expect((await failureOf(open(''))).message).toContain('is empty; it should begin with a header: InvoiceNo,');
    expect((await failureOf(open('\ufeff'))).message).toContain('is empty');
    expect((await failureOf(open('\n'))).message).toContain('has no header');
  });

  test.each([HEADER, `${HEADER}\n`, `\ufeff${HEADER}\r\n`, `${HEADER}\n\n\r\n`])(
    'alone is no order: %j',
    async (of) => {
      const { orders, rejected } = await read(of);
      expect([orders, rejected]).toEqual([[], []]);
    },
  );

  test('says which source it is: what grew is the same, another first line is another', async () => {
    const path = fileIn(directory, `${HEADER}\n${FIRST_LINE}\n`);
    const { id } = await openFileSource(path);
    writeFileSync(path, `${HEADER}\n${FIRST_LINE}\n${lineWith('536366')}\n`);
    expect((await openFileSource(path)).id).toBe(id);
    writeFileSync(path, `${HEADER}\n${lineWith('536366')}\n`);
    expect((await openFileSource(path)).id).not.toBe(id);
  });

  test('reaches the source by a link under the same id', async () => {
    const path = fileIn(directory, `${HEADER}\n${FIRST_LINE}\n`);
    symlinkSync(path, `${path}.link`);
    expect((await openFileSource(`${path}.link`)).id).toBe((await openFileSource(path)).id);
  });
});

describe('line ends', () => {
  const lines = [HEADER, FIRST_LINE, FIRST_LINE.replace('536365', '536366'), lineWith('536367', 'POST')];
  const ids = ['536365-85123A', '536366-85123A', '536367-POST'];

  test.each([
    ['LF', `${lines.join('\n')}\n`],
    ['CRLF', `${lines.join('\r\n')}\r\n`],
    ['LF, none at the end', lines.join('\n')],
    ['CRLF, none at the end', lines.join('\r\n')],
    ['both', `${lines.join('\r\n')}\n\n`],
    ['a byte order mark', `\ufeff${lines.join('\n')}\n`],
    ['empty lines between', `${lines.join('\n\r\n\n')}\n`],
  ])('%s', async (_, content) => {
    const { orders, rejected } = await read(content);
    expect(rejected).toEqual([]);
    expect(orders.map(({ orderId }) => orderId)).toEqual(ids);
    expect(orders.every(({ country }) => !country.endsWith('\r'))).toBe(true);
  });
});

describe('encodings', () => {
  test('latin-1 and UTF-8 give the same description', async () => {
    const line = lineWith('1', 'A', { description: 'POUND £ SIGN, É'.replace(',', '') });
    const content = `${HEADER}\n${line}\n`;
    const utf8 = await read(Buffer.from(content, 'utf8'));
    const latin1 = await read(Buffer.from(content, 'latin1'));
    expect(utf8.orders[0]?.description).toBe('POUND £ SIGN É');
    expect(latin1.orders).toEqual(utf8.orders);
  });

  test('are told apart line by line', async () => {
    const line = (code: string) => `${lineWith('1', code, { description: '£' })}\n`;
    const content = Buffer.concat([
      Buffer.from(`${HEADER}\n${line('A')}`, 'utf8'),
      Buffer.from(line('B'), 'latin1'),
      Buffer.from(line('C'), 'utf8'),
    ]);
    expect((await read(content)).orders.map(({ description }) => description)).toEqual(['£', '£', '£']);
  });

  test.each([
    ['little-endian', false],
    ['big-endian', true],
  ])('UTF-16 %s is refused with what to do, with and without its mark', async (_, isBig) => {
    const utf16 = (text: string) => {
      const bytes = Buffer.from(text, 'utf16le');
      return isBig ? bytes.swap16() : bytes;
    };
    for (const mark of ['', '\ufeff']) {
      const { message, hint } = await failureOf(open(utf16(`${mark}${HEADER}\n${FIRST_LINE}\n`)));
      expect(message).toContain('is in UTF-16; orders are read in UTF-8 or latin-1');
      expect(hint).toContain('iconv -f UTF-16 -t UTF-8');
    }
  });
});

describe('what is no file of orders', () => {
  test('a missing file', async () => {
    const path = join(directory, 'nowhere.csv');
    expect((await failureOf(openFileSource(path))).message).toBe(`can't read ${path}: there is no such file`);
    const below = join(fileIn(directory, HEADER), 'orders.csv');
    expect((await failureOf(openFileSource(below))).message).toContain('a part of its path is not a directory');
  });

  test('a directory', async () => {
    const path = join(directory, 'folder');
    mkdirSync(path);
    expect((await failureOf(openFileSource(path))).message).toBe(`${path} is a directory; --source takes a file`);
  });

  test('a file that may not be read', async () => {
    const path = fileIn(directory, HEADER);
    chmodSync(path, 0);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const { code, message } = await failureOf(openFileSource(path)).finally(() => isRoot && process.seteuid?.(0));
    expect([code, message]).toEqual(['access', `can't read ${path}: no permission to read it`]);
  });

  test('binary noise, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (noise) => {
        const { message } = await failureOf(open(Uint8Array.of(0x89, 0x07, ...noise)));
        expect(message).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 60 },
    );
  });

  test('a workbook', async () => {
    expect((await failureOf(open('PK\x03\x04…'))).message).toContain('is a workbook or a zip archive, not CSV');
  });

  test('NUL bytes', async () => {
    expect((await failureOf(open('InvoiceNo,\0\0\n'))).message).toContain('is binary, not text');
    const bad = [lineWith('1\0'), lineWith('1', 'A', { description: 'MU\0G' })];
    const all = await read(`${HEADER}\n${bad.join('\n')}\n${FIRST_LINE}\n`);
    expect(rejectedLines(all)).toEqual(['2: InvoiceNo holds a NUL byte', '3: Description holds a NUL byte']);
    expect(all.orders.length).toBe(1);
  });

  test('noise after the header is rejected line by line, and what comes after it is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        // An odd quote may reach into the next lines: no quotes here.
        const noise = bytes.map((byte) => (byte === 34 ? 33 : byte));
        const all = await read(Buffer.concat([Buffer.from(`${HEADER}\n`), noise, Buffer.from(`\n${FIRST_LINE}\n`)]));
        expect(all.orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
        const text = Buffer.from(noise).toString('latin1').split('\n');
        expect(all.rejected.length).toBe(text.filter((line) => line !== '' && line !== '\r').length);
      }),
      { numRuns: 60 },
    );
  });

  test('no standard input', async () => {
    expect((await failureOf(openFileSource('-'))).code).toBe('usage');
  });
});

/** Orders whose descriptions don't compress: enough for a cut to fall among them. */
function manyOrders(count: number): string {
  const lines = Array.from({ length: count }, (_, i) =>
    lineWith(String(i), 'A', { description: createHash('sha512').update(String(i)).digest('base64') }),
  );
  return `${HEADER}\n${lines.join('\n')}\n`;
}

describe('compressed files', () => {
  test('are read whatever their name', async () => {
    const content = gzipSync(`${HEADER}\n${FIRST_LINE}\n`);
    for (const extension of ['gz', 'csv']) {
      const { orders } = await readAll(await open(content, extension));
      expect(orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
    }
    const piped = await readAll(await openFileSource('-', { stdin: inPieces(content, [1]) }));
    expect(piped.orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
  });

  test('in several parts are one file', async () => {
    const content = Buffer.concat([gzipSync(`${HEADER}\n${FIRST_LINE}\n`), gzipSync(`${lineWith('2')}\n`)]);
    const { orders } = await readAll(await open(content, 'gz'));
    expect(orders.map(({ orderId }) => orderId)).toEqual(['536365-85123A', '2-85123A']);
  });

  test('may be padded with zeros, as on a tape', async () => {
    const whole = gzipSync(`${HEADER}\n${FIRST_LINE}\n`);
    const padded = Buffer.concat([whole, Buffer.alloc(100_000)]);
    for (const opening of [open(padded, 'gz'), openFileSource('-', { stdin: inPieces(padded, [7, 1000]) })]) {
      const { orders, error } = await readAll(await opening);
      expect(error).toBeUndefined();
      expect(orders.map((order) => JSON.stringify(order))).toEqual([FIRST_ORDER]);
    }
  });

  test('followed by anything else are damaged', async () => {
    const content = Buffer.concat([gzipSync(`${HEADER}\n${FIRST_LINE}\n`), Buffer.from('no gzip')]);
    expect((await failureOf(open(content, 'gz'))).message).toContain('the compressed file is damaged');
  });

  test.each([
    ['of which a part is read', 20_000, 0.6],
    ['that is small', 200, 0.7],
  ])('cut off: a file %s gives the orders before the cut, then an error', async (_, count, share) => {
    const content = manyOrders(count);
    const whole = gzipSync(content);
    const path = fileIn(directory, whole.subarray(0, Math.floor(whole.length * share)), 'csv.gz');
    const { orders, error } = await readAll(await openFileSource(path));
    expect(error).toBeInstanceOf(AlakazamError);
    expect((error as AlakazamError).message).toBe(
      `can't read ${path}: the compressed file ends in the middle; what came before that was taken`,
    );
    // What doesn't compress is cut at about the same share. The decompressor may hold a last piece back.
    expect(orders.length).toBeGreaterThan(count * (share - 0.25));
    expect(orders.length).toBeLessThan(count * (share + 0.1));
    expect(orders.map(({ invoiceNo }) => invoiceNo)).toEqual(orders.map((_, i) => String(i)));
  });

  test('damaged: the orders before the damage, then an error', async () => {
    const content = gzipSync(manyOrders(20_000));
    content.fill(0xff, Math.floor(content.length * 0.7), Math.floor(content.length * 0.7) + 64);
    const { orders, error } = await readAll(await open(content, 'gz'));
    expect((error as AlakazamError).message).toContain('the compressed file is damaged');
    expect(orders.length).toBeGreaterThan(8000);
  });

  test('cut off before the header is whole', async () => {
    const content = gzipSync(manyOrders(100));
    expect((await failureOf(open(content.subarray(0, 12), 'gz'))).message).toContain('ends in the middle');
  });
});

describe('lines that are no orders', () => {
  test('are kept with their number, their text and the reason', async () => {
    const all = await read(
      [
        HEADER,
        FIRST_LINE,
        'not an order',
        lineWith('2', 'A', { quantity: '1.5' }),
        '',
        lineWith('3', 'A', { date: '13/1/2010 8:26' }),
        lineWith('4'),
      ].join('\n'),
    );
    expect(all.rejected).toEqual([
      { line: 3, reason: '1 fields instead of 8', text: 'not an order' },
      {
        line: 4,
        reason: 'Quantity "1.5" is not a whole number',
        text: '2,A,MUG,1.5,12/1/2010 8:26,2.55,17850,EIRE',
      },
      {
        line: 6,
        reason: 'InvoiceDate "13/1/2010 8:26" is not a date such as 12/1/2010 8:26',
        text: '3,A,MUG,1,13/1/2010 8:26,2.55,17850,EIRE',
      },
    ]);
    expect(all.orders.map(({ orderId }) => orderId)).toEqual(['536365-85123A', '4-85123A']);
  });

  test('a field of 64 KiB is one, a longer one is not', async () => {
    const longest = '€'.repeat(65_536);
    const all = await read(
      `${HEADER}\n${lineWith('1', 'A', { description: `${longest}€` })}\n${lineWith('2', 'A', { description: longest })}\n${lineWith('3', 'A', { description: `"${'""'.repeat(65_537)}"` })}\n${FIRST_LINE}\n`,
    );
    expect(rejectedLines(all)).toEqual([
      '2: Description of 65537 characters (at most 65536)',
      '4: Description of 65537 characters (at most 65536)',
    ]);
    expect(all.orders.map(({ description }) => description.length)).toEqual([65_536, 34]);
    expect(all.rejected.every(({ text }) => text.length === 1024)).toBe(true);
  });

  test.each([
    ['a file', (content: string) => open(content)],
    ['standard input', (content: string) => openFileSource('-', { stdin: inPieces(content, [70_000]) })],
  ])('a line of several MB in %s: at the start, in the middle, at the end', async (_, opened) => {
    const long = (letter: string) => letter.repeat(4_000_000);
    const content = `${HEADER}\n${long('x')}\n${FIRST_LINE}\n${long('"')}\r\n${lineWith('2')}\n${long(',')}`;
    const all = await readAll(await opened(content));
    expect(all.error).toBeUndefined();
    expect(rejectedLines(all)).toEqual([
      '2: a line of 4000000 bytes (at most 1048576)',
      '4: a line of 4000001 bytes (at most 1048576)',
      '6: a line of 4000000 bytes (at most 1048576)',
    ]);
    expect(all.rejected[2]?.text).toBe(`${','.repeat(1023)}…`);
    expect(all.orders.map(({ invoiceNo }) => invoiceNo)).toEqual(['536365', '2']);
  });

  test('a header of several MB', async () => {
    const { message } = await failureOf(open('x'.repeat(3_000_000)));
    expect(message).toContain('has no header');
    expect(message.length).toBeLessThan(300);
  });
});

describe('an open quote', () => {
  const open = '1,A,"MUG,1,12/1/2010 8:26,2.55,17850,EIRE';
  const good = (invoiceNo: string) => lineWith(invoiceNo);
  const quotedLine = lineWith('9', 'A', { description: '"MUG, LARGE"' });

  test.each([
    ['in the middle', [good('2'), open, good('3'), good('4')], ['3: unclosed quote'], ['2', '3', '4']],
    ['in the first line', [open, good('3')], ['2: unclosed quote'], ['3']],
    ['in the last line', [good('2'), open], ['3: unclosed quote'], ['2']],
    ['before a line with quotes', [open, quotedLine, good('4')], ['2: unclosed quote'], ['9', '4']],
    ['some lines before a line with quotes', [open, good('3'), quotedLine], ['2: unclosed quote'], ['3', '9']],
    [
      'before a line whose field is empty in quotes',
      [open, lineWith('3', 'A', { description: '""' }), good('4')],
      ['2: unclosed quote'],
      ['3', '4'],
    ],
    [
      'before a line with all fields in quotes',
      [open, '"3","A","MUG","1","12/1/2010 8:26","2.55","17850","EIRE"', good('4')],
      ['2: unclosed quote'],
      ['3', '4'],
    ],
    ['twice', [open, good('2'), open, good('3')], ['2: unclosed quote', '4: unclosed quote'], ['2', '3']],
  ])('%s costs its line alone', async (_, lines, rejected, invoices) => {
    for (const end of ['\n', '\r\n']) {
      const all = await read([HEADER, ...lines].join(end));
      expect(rejectedLines(all)).toEqual(rejected);
      expect(all.orders.map(({ invoiceNo }) => invoiceNo)).toEqual(invoices);
    }
  });

  test('costs its line alone where another bad line seems to close it', async () => {
    // The quote after 6 inches closes what line 2 opened: together they are CSV, of three lines and 9 fields.
    const inches = '4,A,PLATE 6",1,12/1/2010 8:26,2.55,17850,EIRE,';
    const all = await read([HEADER, open, good('3'), inches, good('5')].join('\n'));
    expect(all.orders.map(({ invoiceNo }) => invoiceNo)).toEqual(['3', '5']);
    expect(all.rejected.map(({ line }) => line)).toEqual([2, 4]);
  });

  test('costs its line alone where another bad line closes it and all between them would be a description', async () => {
    const inches = '4,A,PLATE 6",1,12/1/2010 8:26,2.55,17850,EIRE';
    const all = await read([HEADER, open, good('2'), good('3'), inches, good('5')].join('\n'));
    expect(all.orders.map(({ invoiceNo }) => invoiceNo)).toEqual(['2', '3', '5']);
    expect(rejectedLines(all)).toEqual(['2: unclosed quote', '5: a quote inside an unquoted field']);
  });

  test('costs its line alone before 100,000 lines', async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => lineWith(String(i)));
    const all = await read([HEADER, open, ...lines].join('\n'));
    expect(rejectedLines(all)).toEqual(['2: unclosed quote']);
    expect(all.orders.length).toBe(100_000);
  });

  test('is closed in a later line where a description has line feeds', async () => {
    const all = await read(
      [
        HEADER,
        '1,A,"TWO',
        'LINES",1,12/1/2010 8:26,2.55,17850,EIRE',
        '1,B,"A ""QUOTED""\r',
        '',
        '""LINE"", TOO",1,12/1/2010 8:26,2.55,17850,"EI\nRE"',
        'bad',
        good('2'),
      ].join('\n'),
    );
    expect(all.orders.map(({ description, country }) => [description, country])).toEqual([
      ['TWO\nLINES', 'EIRE'],
      ['A "QUOTED"\r\n\n"LINE", TOO', 'EI\nRE'],
      ['MUG', 'EIRE'],
    ]);
    expect(rejectedLines(all)).toEqual(['8: 1 fields instead of 8']);
  });

  test('of a record that reaches past 64 KiB costs its first line alone', async () => {
    const filler = Array.from({ length: 3000 }, (_, i) => lineWith(`7${i}`));
    const all = await read([HEADER, '1,A,"TWO', ...filler, 'LINES",1,12/1/2010 8:26,2.55,17850,EIRE', ''].join('\n'));
    expect(all.orders.length).toBe(3000);
    expect(all.rejected.map(({ line }) => line)).toEqual([2, 3003]);
  });
});

const anyFile = fc
  .tuple(
    fc.array(
      fc.oneof({ weight: 8, arbitrary: anyOrderLine }, { weight: 1, arbitrary: anyBadLine }, fc.constant('\n')),
      {
        maxLength: 30,
      },
    ),
    fc.constantFrom('', '\ufeff'),
    fc.boolean(),
  )
  .map(([lines, mark, isShort]) => {
    const content = `${mark}${HEADER}\n${lines.join('')}`;
    return isShort ? content.replace(/\r?\n$/, '') : content;
  });

/** The orders of a file by csv-parse: a line a record; what it refuses or isn't an order is `undefined`. */
function byCsvParse(lines: readonly string[]) {
  return lines
    .filter((line) => line.replace(/\r?\n$/, '') !== '')
    .map((line) => {
      try {
        const [fields, ...others] = parse(line.replace(/\r?\n$/, '\n'), { record_delimiter: '\n' }) as string[][];
        return others.length > 0 || fields?.length !== 8 ? undefined : fields;
      } catch {
        return undefined;
      }
    });
}

describe('the whole of any file', () => {
  test('is what csv-parse makes of it', async () => {
    const anyLines = fc.array(
      fc.oneof(
        { weight: 8, arbitrary: anyOrderLine.map((line) => ({ line, isOrder: true })) },
        { weight: 1, arbitrary: anyBadLine.map((line) => ({ line, isOrder: false })) },
        { weight: 1, arbitrary: fc.constantFrom('\n', '\r\n').map((line) => ({ line, isOrder: false })) },
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(anyLines, async (lines) => {
        const { orders, rejected } = await read(`${HEADER}\n${lines.map(({ line }) => line).join('')}`);
        const expected = byCsvParse(lines.filter(({ isOrder }) => isOrder).map(({ line }) => line));
        expect(
          orders.map((of) => [of.invoiceNo, of.stockCode, of.description, of.quantity, of.unitPrice, of.customerId]),
        ).toEqual(
          expected.map((fields) => {
            const [invoiceNo, stockCode, description, quantity, , price, customer] = fields as string[];
            return [
              invoiceNo,
              stockCode,
              description,
              Number(quantity),
              price,
              customer === '' ? null : Number(customer),
            ];
          }),
        );
        expect(orders.map(({ orderDate }) => orderDate)).toEqual(expected.map((of) => isoDate(of?.[4] as string)));
        let line = 2;
        const numbers: number[] = [];
        for (const of of lines) {
          if (!of.isOrder && of.line.trim() !== '') numbers.push(line);
          line += of.line.split('\n').length - 1;
        }
        expect(rejected.map((of) => of.line)).toEqual(numbers);
      }),
      { numRuns: 300 },
    );
  });

  test('does not depend on where its pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), async (content, sizes) => {
        const whole = await read(content);
        const piped = await readAll(await openFileSource('-', { stdin: inPieces(content, sizes) }));
        expect(piped.error).toBeUndefined();
        expect(piped.orders).toEqual(whole.orders);
        expect(piped.rejected).toEqual(whole.rejected);
        expect(piped.position).toEqual(whole.position);
      }),
      { numRuns: 300 },
    );
  });

  test('does not depend on where reading it was left and gone on with', async () => {
    const anyCuts = fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(anyFile, anyCuts, async (content, cuts) => {
        const whole = await read(content);
        const path = fileIn(directory, content);
        const orders: string[] = [];
        const rejected: string[] = [];
        let from: Awaited<ReturnType<typeof readAll>>['position'];
        const codes = new Map<string, string[]>();
        for (let i = 0; ; i++) {
          const [limit, size] = cuts[i % cuts.length] as [number, number];
          const part = await readAll(await openFileSource(path), { from, limit, batchSize: () => size }, codes);
          expect(part.error).toBeUndefined();
          expect(part.batches.every((batch) => batch.orders.count <= size)).toBe(true);
          expect(part.orders.length).toBeLessThanOrEqual(limit);
          orders.push(...part.orders.map(briefly));
          rejected.push(...rejectedLines(part));
          from = part.position;
          if (part.orders.length < limit) break;
        }
        expect(orders).toEqual(whole.orders.map(briefly));
        expect(rejected).toEqual(rejectedLines(whole));
        expect(new Set(whole.orders.map(({ orderId }) => orderId)).size).toBe(orders.length);
      }),
      { numRuns: 200 },
    );
  });

  test('is found from any position, in a compressed file too', async () => {
    const lines = Array.from({ length: 4000 }, (_, i) => lineWith(String(i % 700), `P${i % 3}`));
    const path = fileIn(directory, gzipSync([HEADER, ...lines].join('\n')), 'gz');
    const whole = await readAll(await openFileSource(path));
    const codes = new Map<string, string[]>();
    const first = await readAll(await openFileSource(path), { limit: 1234 }, codes);
    const rest = await readAll(await openFileSource(path), { from: first.position }, codes);
    expect([...first.orders, ...rest.orders]).toEqual(whole.orders);
    expect(new Set(whole.orders.map(({ orderId }) => orderId)).size).toBe(4000);
  });

  test('is missed where the file was cut since', async () => {
    const path = fileIn(directory, `${HEADER}\n${FIRST_LINE}\n${lineWith('2')}\n`);
    const { position } = await readAll(await openFileSource(path));
    writeFileSync(path, `${HEADER}\n${FIRST_LINE}\n`);
    const { error } = await readAll(await openFileSource(path), { from: position });
    expect((error as AlakazamError).message).toMatch(/was read up to byte \d+ before: it was cut since$/);
    expect((error as AlakazamError).hint).toContain('--from start');
  });

  test('goes on with what was added since', async () => {
    const path = fileIn(directory, `${HEADER}\n${FIRST_LINE}\n`);
    const first = await readAll(await openFileSource(path));
    writeFileSync(path, `${HEADER}\n${FIRST_LINE}\n${FIRST_LINE}\nbad\n`);
    const then = await readAll(await openFileSource(path), { from: first.position }, first.codes);
    expect(then.orders.map(({ orderId }) => orderId)).toEqual(['536365-85123A-2']);
    expect(then.rejected.map(({ line }) => line)).toEqual([4]);
  });
});

describe('a loop', () => {
  const content = `${HEADER}\n${['1', '2', '1'].map((invoice) => lineWith(invoice)).join('\n')}\n"Q, 1",A,X,1,12/1/2010 8:26,1,,EIRE\n`;
  const loop = (path: string) => openFileSource(path, { loop: true });

  test('has invoice numbers of its own in each pass', async () => {
    const { orders, batches } = await readAll(await loop(fileIn(directory, content)), {
      limit: 10,
      batchSize: () => 3,
    });
    expect(orders.map(({ orderId }) => orderId)).toEqual([
      '1-85123A',
      '2-85123A',
      '1-85123A-2',
      'Q, 1-A',
      '1.2-85123A',
      '2.2-85123A',
      '1.2-85123A-2',
      'Q, 1.2-A',
      '1.3-85123A',
      '2.3-85123A',
    ]);
    expect(batches.map(({ isNewPass }) => isNewPass === true)).toEqual([false, false, true, false, true]);
  });

  test('goes on wherever it was left, between passes too', async () => {
    const path = fileIn(directory, content);
    const whole = await readAll(await loop(path), { limit: 14 });
    for (let size = 1; size <= 6; size++) {
      const ids: string[] = [];
      const codes = new Map<string, string[]>();
      let from: typeof whole.position;
      while (ids.length < 14) {
        const part = await readAll(await loop(path), { from, limit: Math.min(size, 14 - ids.length) }, codes);
        from = part.position;
        if (part.orders.length === 0) break;
        ids.push(...part.orders.map(({ orderId }) => orderId));
      }
      expect(ids, `by ${size}`).toEqual(whole.orders.map(({ orderId }) => orderId));
    }
  });

  test('tells of a new pass where one begins, not where reading goes on in one', async () => {
    const path = fileIn(directory, content);
    const first = await readAll(await loop(path), { limit: 5, batchSize: () => 1 });
    expect(first.batches.map(({ isNewPass }) => isNewPass === true)).toEqual([false, false, false, false, true]);
    const then = await readAll(await loop(path), { from: first.position, limit: 4, batchSize: () => 1 });
    expect(then.batches.map(({ isNewPass }) => isNewPass === true)).toEqual([false, false, false, true]);
  });

  test('ends where there is not one order in the file', async () => {
    const { orders, rejected, error } = await readAll(await loop(fileIn(directory, `${HEADER}\nbad\n`)));
    expect([orders, rejected.length, error]).toEqual([[], 1, undefined]);
  });

  test('needs a file', async () => {
    const stdin = inPieces(content, [10]);
    expect((await failureOf(openFileSource('-', { loop: true, stdin }))).message).toBe(
      '--loop needs a file to read again; standard input can be read once',
    );
  });
});

describe('standard input', () => {
  test('hands on what has come while nothing more comes', async () => {
    let goOn = () => {};
    async function* slowly() {
      yield Buffer.from(`${HEADER}\n${FIRST_LINE}\n${lineWith('2')}\n3,A`);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield Buffer.from(',MUG,1,12/1/2010 8:26,2.55,17850,EIRE\n');
    }
    const source = await openFileSource('-', { stdin: slowly() });
    const counts: number[] = [];
    for await (const { orders } of source.read({ batchSize: () => 100 })) {
      counts.push(orders.count);
      // The rest comes only when the first lines are here.
      goOn();
    }
    expect(counts).toEqual([2, 1]);
    expect(source.id).toBeUndefined();
  });
});
