import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readResultFile, UnknownForm } from '../../src/warehouse/result-file.athena.js';

/** As Athena writes: every value in quotes, NULL as nothing. */
const fileOf = (rows: readonly (readonly (string | null)[])[]) =>
  rows
    .map((row) => row.map((cell) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`)).join(','))
    .map((line) => `${line}\n`)
    .join('');

async function read(text: string, columns: number, chunkBytes = 1 << 16): Promise<(string | null)[][]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const rows: (string | null)[][] = [];
  for await (const some of readResultFile(chunks(), columns)) rows.push(...some);
  return rows;
}

test('the file that an issue of PyAthena shows has all four kinds of nothing', async () => {
  // https://github.com/pyathena-dev/PyAthena/issues/118
  const file = '"_col0","_col1"\n"","a"\n"N/A","a"\n"NULL","a"\n,"a"\n';
  expect(await read(file, 2)).toEqual([
    ['', 'a'],
    ['N/A', 'a'],
    ['NULL', 'a'],
    [null, 'a'],
  ]);
});

test('a row of one NULL is an empty line, and the last row may lack its end', async () => {
  expect(await read('"x"\n\n"1"\n\n', 1)).toEqual([[null], ['1'], [null]]);
  expect(await read('"x","y"\n"1",', 2)).toEqual([['1', null]]);
  expect(await read('"x"\n', 1)).toEqual([]);
});

test('any rows come back, however the file is cut', async () => {
  const cell = fc.option(fc.oneof(fc.string({ unit: fc.constantFrom(...`",\n\r;é😀 a`) }), fc.string()));
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }));
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 20 }), async (rows, chunkBytes) => {
      const columns = rows[0]?.length as number;
      const header = Array.from({ length: columns }, (_, i) => `column "${i}"`);
      expect(await read(fileOf([header, ...rows]), columns, chunkBytes)).toEqual(rows);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['a value without quotes', 'x\n1\n', 1],
  ['too many values', '"x"\n"1","2"\n', 1],
  ['too few values', '"x","y"\n"1"\n', 2],
  ['a text after a quote', '"x"\n"1"2\n', 1],
  ['no end of its last value', '"x"\n"1\n', 1],
])('a file of another form is refused: %s', async (_, text, columns) => {
  await expect(read(text, columns)).rejects.toThrow(UnknownForm);
});
