/** Takes a batch of the alarm stream's records into the episodes. A record that is none goes to those that somebody looks at. */
import { readAlarmRecord } from './alarm-record.js';
import type { CrossingSpan } from './crossing-span.js';
import { gathered, type Recording, recordSpan } from './record-crossings.js';

export interface AlarmStreamRecord {
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
}

export interface RefusedRecord extends AlarmStreamRecord {
  readonly reason: string;
}

export interface Taking extends Recording {
  refuse(record: RefusedRecord): Promise<void>;
}

export interface Taken {
  readonly refused: number;
  /** Orders that were read too late to be counted. */
  readonly late: number;
  /** The first record that has to come again, with all that follow. */
  readonly failed: AlarmStreamRecord | undefined;
  readonly failure: string | undefined;
}

export async function takeRecords(records: readonly AlarmStreamRecord[], taking: Taking): Promise<Taken> {
  const spans: CrossingSpan[] = [];
  /** Number of the record of each span. */
  const numbers: number[] = [];
  const failures: { readonly number: number; readonly reason: string }[] = [];
  const failedAt = (number: number) => (error: unknown) => {
    failures.push({ number, reason: (error as Error).name });
  };
  let [refused, late] = [0, 0];
  for (const [number, record] of records.entries()) {
    const read = readAlarmRecord(record.data);
    if ('span' in read) {
      spans.push(read.span);
      numbers.push(number);
    } else if ('late' in read) late += read.late;
    else await taking.refuse({ ...record, reason: read.reason }).then(() => refused++, failedAt(number));
  }
  for (const { span, first } of gathered(spans, taking.quietMs)) {
    await recordSpan(span, taking).catch(failedAt(numbers[first] as number));
  }
  const [failure] = failures.sort((a, b) => a.number - b.number);
  return { refused, late, failed: failure && records[failure.number], failure: failure?.reason };
}
