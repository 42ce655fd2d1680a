/** Waits until `process-orders` has processed every record that is in the stream now. */

import { setTimeout as delay } from 'node:timers/promises';
import { readShards, type ShardPosition } from '../../engines/aws/shards.js';
import { AlakazamError } from '../../errors.js';
import type { Through } from '../../stage.js';
import { userRecords } from '../../stream/kinesis/aggregated-record.js';
import type { ArrivalLog } from '../../stream/kinesis/arrived-orders.js';
import { sequenceAt } from '../../stream/kinesis/sequence.js';
import { counted } from '../../terminal/numbers.js';
import type { HistoryIndex } from './index-table.aws.js';

const POLL_MS = 200;
/** Lambda retries a batch again and again. When no checkpoint has moved for this long, something is wrong. */
const STALLED_MS = 60_000;
const NOWHERE: Through = { arrivalMs: 0 };

export async function waitForHistory(
  log: ArrivalLog,
  index: HistoryIndex,
  clock: () => number,
  signal: AbortSignal | undefined,
): Promise<Through> {
  const { awaited, count, arrivalMs } = await unprocessed(log, index, signal);
  let state = '';
  let movedMs = clock();
  while (!signal?.aborted) {
    const checkpoints = await index.checkpoints(log.stream, [...awaited.keys()]);
    for (const [shardId, { sequence }] of checkpoints) {
      if (sequence >= (awaited.get(shardId) as string)) awaited.delete(shardId);
    }
    if (awaited.size === 0) return { arrivalMs };
    const found = JSON.stringify([...checkpoints]);
    if (found !== state) movedMs = clock();
    state = found;
    if (clock() - movedMs > STALLED_MS) {
      throw new AlakazamError(
        'failed',
        `process-orders has not moved for a minute, up to ${counted(count, 'order')} behind`,
        {
          hint: 'alakazam status shows why',
        },
      );
    }
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
  return NOWHERE;
}

interface Unprocessed {
  /** For each shard with records after its checkpoint, the sequence of its last record. */
  readonly awaited: Map<string, string>;
  /** Number of user records after the checkpoints. */
  readonly count: number;
  /** When the last record of the stream arrived. */
  readonly arrivalMs: number;
}

async function unprocessed(
  log: ArrivalLog,
  index: HistoryIndex,
  signal: AbortSignal | undefined,
): Promise<Unprocessed> {
  const shards = await log.shards();
  const positions = new Map<string, ShardPosition>();
  const awaited = new Map<string, string>();
  let count = 0;
  let arrivalMs = 0;
  const checkpoints = await index.checkpoints(
    log.stream,
    shards.map(({ id }) => id),
  );
  for (const [shardId, checkpoint] of checkpoints) {
    // A checkpoint of an older function has no arrival time. The shard is then read from its start to find one.
    positions.set(shardId, checkpoint.arrivalMs > 0 ? { after: checkpoint.sequenceNumber } : 'first');
    arrivalMs = Math.max(arrivalMs, checkpoint.arrivalMs);
  }
  for await (const { shardId, records } of readShards(log, { from: positions, shards })) {
    for (const { Data } of records) count += userRecords(Data ?? new Uint8Array()).length;
    const last = records.at(-1) as (typeof records)[number];
    awaited.set(shardId, sequenceAt(log.sequenceOf(last), 0));
    arrivalMs = Math.max(arrivalMs, log.arrivalOf(last));
    if (signal?.aborted) break;
  }
  return { awaited, count, arrivalMs };
}
