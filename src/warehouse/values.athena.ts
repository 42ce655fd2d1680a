/** What Athena's columns are to the warehouse, and the values that it gives as text. */
import type { ColumnInfo } from '@aws-sdk/client-athena';
import { plainDecimal } from '../orders/money.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

/** https://docs.aws.amazon.com/athena/latest/ug/data-types.html; the API says `integer`, where DDL says `int`. */
const TYPES: Readonly<Record<string, AnswerColumn['type']>> = {
  varchar: 'text',
  char: 'text',
  string: 'text',
  tinyint: 'integer',
  smallint: 'integer',
  int: 'integer',
  integer: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  double: 'number',
  float: 'number',
  real: 'number',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
};

/** A cell as Athena gives it; null is SQL's NULL. */
export type AthenaCell = string | null;

export function columnOf({ Name = '', Type = '' }: ColumnInfo): AnswerColumn {
  return { name: Name, type: TYPES[Type.toLowerCase()] ?? 'other' };
}

const VALUES: Readonly<Record<AnswerColumn['type'], (text: string) => AnswerValue>> = {
  text: (text) => text,
  integer: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  decimal: plainDecimal,
  // Also NaN and Infinity, which Athena spells as JavaScript does.
  number: Number,
  boolean: (text) => text === 'true',
  date: (text) => text,
  // `2010-12-01 08:26:00.000`
  timestamp: (text) =>
    text
      .replace(' ', 'T')
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, ''),
  // Athena writes lists and rows in a way of its own: `[a, b]`, `{x=1}`.
  other: (text) => text,
};

/** Makes rows of cells to rows of the answer. */
export function rowMaker(columns: readonly AnswerColumn[]): (cells: readonly AthenaCell[]) => AnswerValue[] {
  const makers = columns.map(({ type }) => VALUES[type]);
  return (cells) =>
    makers.map((make, i) => {
      const cell = cells[i] ?? null;
      return cell === null ? null : make(cell);
    });
}
