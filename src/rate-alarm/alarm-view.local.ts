/** The alarm as a view of the embedded stream: one transaction writes how far it is, its episodes, and what has to be told. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ordersOf } from '../orders/rows.js';
import type { ArrivedBlock, NumberedBlock } from '../stream/numbered-stream.js';
import type { AlarmParts } from './alarm-parts.local.js';
import { createRate, type RateState } from './rate.js';

const BLOCKS_A_COMMIT = 4096;

/** Brings the view up to the end of the stream. */
export async function takeInOrders(parts: AlarmParts, signal?: AbortSignal): Promise<void> {
  const { store, stream, stored, checkpoint } = parts;
  stream.refresh();
  store.refresh();
  if (!checkpoint.isOfStream()) {
    await store.write(() => {
      stored.clear();
      checkpoint.restart();
    });
  }
  let blocks: ArrivedBlock[] = [];
  for (const block of stream.arrivals(checkpoint.read().next)) {
    blocks.push(block);
    if (blocks.length < BLOCKS_A_COMMIT) continue;
    await commit(parts, blocks);
    blocks = [];
    await nextTurn();
    if (signal?.aborted) break;
  }
  await commit(parts, blocks);
}

/** The invoices of orders from one number to before another. */
export function invoicesAmong(stream: AlarmParts['stream'], from: number, end: number): string[] {
  return Array.from(ordersOf(stream.at(from, end - from)), ({ invoiceNo }) => invoiceNo);
}

/** Notes from where on these settings hold. */
function beginWith({ stored, config }: AlarmParts, next: number, rate: RateState): void {
  const { threshold, windowMs, quietMs, counted } = config;
  const settings = { threshold, windowMs, quietMs, counted };
  const before = stored.beginning();
  if (JSON.stringify(before?.settings) !== JSON.stringify(settings)) stored.keepBeginning({ settings, next, rate });
}

/** Takes in blocks that follow the checkpoint. What another process has taken in already is passed over. */
async function commit(parts: AlarmParts, blocks: readonly ArrivedBlock[]): Promise<void> {
  const { store, stream, stored, checkpoint, config } = parts;
  const last = blocks.at(-1);
  if (!last) return;
  await store.write(() => {
    const kept = stored.state();
    const rate = createRate(config, kept.rate);
    const untold = [...kept.untold];
    let { next, identity } = checkpoint.read();
    if (identity !== stream.identity()) return;
    beginWith(parts, next, kept.rate);
    for (const { first, count, arrivalMs } of blocks) {
      const [from, end] = [next, first + count];
      if (from < first || from >= end) continue;
      for (const change of rate.arrive(arrivalMs, end - from, () => invoicesAmong(stream, from, end))) {
        stored.keepEpisode(change.episode);
        untold.push(change);
      }
      next = end;
    }
    if (next !== last.first + last.count) return;
    const { episode } = rate.state();
    if (episode) stored.keepEpisode(episode);
    stored.keepState({ ...kept, rate: rate.state(), untold });
    checkpoint.moveTo(stream.blockOf(next - 1) as NumberedBlock);
  });
}
