/**
 * The records of the alarm stream, as sql/rate-alarm.sql writes them: a `crossing` as soon as a window holds too many after one
 * that does not, and a `second` for each second in which such windows end.
 */
import type { CrossingSpan } from './crossing-span.js';

/** The span that a record tells of, or the reason why it is no such record. */
export function readAlarmRecord(data: Uint8Array): CrossingSpan | string {
  let record: unknown;
  try {
    record = JSON.parse(Buffer.from(data).toString());
  } catch {
    return 'no JSON';
  }
  if (typeof record !== 'object' || record === null) return 'JSON, but no object';
  const { kind, ...fields } = record as Readonly<Record<string, unknown>>;
  const names = NAMES[String(kind)];
  if (!names) return `its kind is ${JSON.stringify(kind)}; valid: ${Object.keys(NAMES).join(', ')}`;
  const invalid = Object.values(names).find((name) => !Number.isSafeInteger(fields[name]) || Number(fields[name]) < 0);
  if (invalid !== undefined) return `${invalid} is ${JSON.stringify(fields[invalid])}; valid: a whole number`;
  const numberOf = (name: keyof CrossingSpan) => fields[names[name]] as number;
  return {
    firstMs: numberOf('firstMs'),
    lastMs: numberOf('lastMs'),
    peak: numberOf('peak'),
    peakMs: numberOf('peakMs'),
    before: numberOf('before'),
    through: numberOf('through'),
  };
}

const COMMON = { peak: 'count', peakMs: 'atMs', before: 'before', through: 'through' } as const;

/** Names of the fields, by kind of record. */
const NAMES: Readonly<Record<string, Readonly<Record<keyof CrossingSpan, string>>>> = {
  crossing: { ...COMMON, firstMs: 'atMs', lastMs: 'atMs' },
  second: { ...COMMON, firstMs: 'firstMs', lastMs: 'lastMs' },
};
