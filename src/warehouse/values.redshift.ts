/** What Redshift's columns are to the warehouse, and its values. */
import type { ColumnMetadata, Field } from '@aws-sdk/client-redshift-data';
import { AlakazamError } from '../errors.js';
import { plainDecimal } from '../orders/money.js';
import { distinct } from './distinct.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

/** Redshift has the type names of PostgreSQL: https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html */
const TYPES: Readonly<Record<string, AnswerColumn['type']>> = {
  varchar: 'text',
  bpchar: 'text',
  char: 'text',
  text: 'text',
  name: 'text',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'decimal',
  float4: 'number',
  float8: 'number',
  bool: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
};

export function redshiftColumns(columns: readonly ColumnMetadata[]): AnswerColumn[] {
  return distinct(
    columns.map(({ label, name, typeName = '' }) => ({
      name: label || name || '',
      type: TYPES[typeName.toLowerCase()] ?? 'other',
    })),
  );
}

/** Makes rows of fields to rows of the answer. */
export function redshiftRows(columns: readonly AnswerColumn[]): (fields: readonly Field[]) => AnswerValue[] {
  return (fields) => columns.map((column, i) => fieldValue(column, fields[i] ?? { isNull: true }));
}

function fieldValue({ name, type }: AnswerColumn, field: Field): AnswerValue {
  const given = field.stringValue ?? field.longValue ?? field.doubleValue ?? field.booleanValue;
  if (given === undefined) return field.blobValue ? Buffer.from(field.blobValue).toString('hex') : null;
  const text = String(given);
  switch (type) {
    case 'integer':
      return wholeNumber(name, given, text);
    case 'decimal':
      return plainDecimal(text);
    case 'number':
      return Number(text);
    case 'boolean':
      return text === 'true' || text === 't';
    case 'timestamp':
      return text
        .replace(' ', 'T')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
    default:
      return text;
  }
}

/** The API gives a whole number as a number of JSON, of which JavaScript keeps no more than 15 digits for sure. */
function wholeNumber(name: string, given: unknown, text: string): AnswerValue {
  if (Number.isSafeInteger(Number(text))) return Number(text);
  if (typeof given !== 'number') return text;
  throw new AlakazamError('failed', `column ${name} has a number of more digits than come through exactly`, {
    hint: `ask for it as a text: CAST(${name} AS varchar)`,
  });
}
