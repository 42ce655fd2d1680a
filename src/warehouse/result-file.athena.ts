/** The CSV file that Athena writes of every answer. */
import type { AthenaCell } from './values.athena.js';

const ROWS_AT_ONCE = 1000;

/** A file that is not written as `readResultFile` says. */
export class UnknownForm extends Error {}

/**
 * Rows of the file after its header, some at a time. Athena writes every value in quotes, also an empty one, and NULL as nothing
 * at all: `"","a",` is an empty text, a text and NULL. Throws an `UnknownForm` for a value without quotes, since NULL could not be
 * told from an empty text then.
 */
export async function* readResultFile(
  chunks: AsyncIterable<Uint8Array>,
  columns: number,
): AsyncGenerator<AthenaCell[][]> {
  const decoder = new TextDecoder();
  let text = '';
  let isHeader = true;
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    yield* take();
  }
  text += decoder.decode();
  if (text !== '' && !text.endsWith('\n')) text += '\n';
  yield* take();
  if (text !== '') throw new UnknownForm('the file ends within a row');

  function* take(): Generator<AthenaCell[][]> {
    let rows: AthenaCell[][] = [];
    let at = 0;
    for (let row = readRow(text, at, columns); row; row = readRow(text, at, columns)) {
      at = row.end;
      if (!isHeader) rows.push(row.cells);
      isHeader = false;
      if (rows.length === ROWS_AT_ONCE) {
        yield rows;
        rows = [];
      }
    }
    text = text.slice(at);
    if (rows.length > 0) yield rows;
  }
}

/** The row from a place on, and where the next begins; undefined if its end is not there yet. */
function readRow(text: string, start: number, columns: number): { cells: AthenaCell[]; end: number } | undefined {
  const cells: AthenaCell[] = [];
  for (let at = start; at < text.length; at++) {
    let cell: AthenaCell = null;
    if (text.charAt(at) === '"') {
      const end = endOfQuoted(text, at + 1);
      if (end === undefined) return undefined;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    cells.push(cell);
    const separator = text.charAt(at);
    if (separator === '') return undefined;
    if (separator === ',' && cells.length < columns) continue;
    if (separator === '\n' && cells.length === columns) return { cells, end: at + 1 };
    throw new UnknownForm(`${JSON.stringify(separator)} in row ${JSON.stringify(text.slice(start, at + 20))}`);
  }
  return undefined;
}

/** Place of the quote that ends a value. The last character might be the first half of a doubled quote. */
function endOfQuoted(text: string, from: number): number | undefined {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0 || at === text.length - 1) return undefined;
    if (text.charAt(at + 1) !== '"') return at;
  }
}
