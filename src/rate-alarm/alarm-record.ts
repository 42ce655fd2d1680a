/**
 * The records of the alarm stream, as sql/rate-alarm.sql writes them: a `crossing` as soon as a window holds too many after one
 * that does not, a `second` for each second in which such windows end, and a `late` for each order that was read too late to be
 * counted.
 */
import type { CrossingSpan } from './crossing-span.js';

export type AlarmRecord =
  | { readonly span: CrossingSpan }
  /** Orders. */
  | { readonly late: number }
  /** Why it is no such record. */
  | { readonly reason: string };

export function readAlarmRecord(data: Uint8Array): AlarmRecord {
  let record: unknown;
  try {
    record = JSON.parse(Buffer.from(data).toString());
  } catch {
    return { reason: 'no JSON' };
  }
  if (typeof record !== 'object' || record === null) return { reason: 'JSON, but no object' };
  const { kind, ...fields } = record as Readonly<Record<string, unknown>>;
  const names = NAMES[String(kind)];
  if (!names) return { reason: `its kind is ${JSON.stringify(kind)}; valid: ${Object.keys(NAMES).join(', ')}` };
  const invalid = Object.values(names).find((name) => !Number.isSafeInteger(fields[name]) || Number(fields[name]) < 0);
  if (invalid !== undefined) {
    return { reason: `${invalid} is ${JSON.stringify(fields[invalid])}; valid: a whole number` };
  }
  const numberOf = (name: keyof CrossingSpan) => fields[names[name] as string] as number;
  if (kind === 'late') return { late: numberOf('peak') };
  return {
    span: {
      firstMs: numberOf('firstMs'),
      lastMs: numberOf('lastMs'),
      peak: numberOf('peak'),
      peakMs: numberOf('peakMs'),
      before: numberOf('before'),
      through: numberOf('through'),
    },
  };
}

const COMMON = { peak: 'count', peakMs: 'atMs', before: 'before', through: 'through' } as const;

/** Names of the fields, by kind of record. */
const NAMES: Readonly<Record<string, Readonly<Partial<Record<keyof CrossingSpan, string>>>>> = {
  crossing: { ...COMMON, firstMs: 'atMs', lastMs: 'atMs' },
  second: { ...COMMON, firstMs: 'firstMs', lastMs: 'lastMs' },
  late: { peak: 'count', peakMs: 'atMs' },
};
