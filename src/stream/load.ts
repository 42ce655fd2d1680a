/** Streams a source: reads on from its bookmark, puts orders and position together, and brings the views up to date. */
import { reasonOf } from '../errors.js';
import { untilAborted } from '../sources/interruption.js';
import type { OrderSource, Rejected, SourcePosition } from '../sources/order-source.js';
import type { Pace } from '../sources/pacing.js';
import type { View } from '../stage.js';
import type { Bookmarks } from './bookmarks.js';
import type { OrderStream } from './stream.js';

export interface Load {
  readonly source: OrderSource;
  readonly stream: OrderStream;
  readonly bookmarks: Bookmarks;
  /** Views to bring up to date after each batch. If one fails, the others are still brought up to date. */
  readonly views: readonly Pick<View, 'name' | 'update'>[];
  /** Read the source from its start, whatever its bookmark says. */
  readonly isRestart: boolean;
  /** Orders to stream. */
  readonly count: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly onProgress: (streamed: number) => void;
  /** Hears, once, that so many lines in a row were no orders; throws to stop there. They are kept, and the bookmark is after them. */
  readonly onManyRejected?: (count: number, last: Rejected) => Promise<void>;
}

export interface Loaded {
  readonly streamed: number;
  readonly rejected: number;
  readonly position: SourcePosition | null;
  /** True if the source has no more. */
  readonly isExhausted: boolean;
  /** Views that could not be brought up to date, and why, unless that was said. */
  readonly behind: readonly { readonly name: string; readonly reason: string | undefined }[];
}

/** Fewer orders are read sooner than a thread has started. */
const SMALL = 20_000;
/** So many lines in a row that are no orders are hardly of the right file. */
const REJECTED_IN_A_ROW = 10_000;

export async function load({
  source,
  stream,
  bookmarks,
  views,
  isRestart,
  count,
  pace,
  signal,
  onProgress,
  onManyRejected,
}: Load): Promise<Loaded> {
  const sourceId = source.id ?? `pipe:${crypto.randomUUID()}`;
  const behind = new Map<string, string | undefined>();
  let restart = isRestart || source.id === undefined;
  let streamed = 0;
  let rejected = 0;
  let position: SourcePosition | null = null;
  let isExhausted = false;
  let rejectedInARow = 0;
  let isAsked = onManyRejected === undefined;

  /** Reads on from the bookmark until there is no more to do, or another process has read on meanwhile. */
  async function readOn(): Promise<'done' | 'moved'> {
    let from = restart ? undefined : await bookmarks.positionOf(sourceId);
    position = from ?? null;
    // Until the first put after a restart, the stored codes are those of the previous pass over the source.
    const codesOf = (invoiceNo: string) => (restart ? undefined : bookmarks.codesOf(sourceId, invoiceNo));
    const { batchSize, isAhead } = pace;
    const isSmall = count <= SMALL;
    const read = { from, codesOf, limit: count - streamed, batchSize, isAhead: isAhead && !isSmall };
    for await (const { orders, ...batch } of pace.due(untilAborted(source.read(read), signal), signal)) {
      const progress = { sourceId, source: source.name, from, isRestart: restart, ...batch };
      const before = streamed;
      if (!(await stream.put(orders, progress, (accepted) => onProgress(before + accepted)))) return 'moved';
      restart = false;
      from = batch.position;
      position = from;
      streamed += orders.count;
      rejected += batch.rejected.length;
      onProgress(streamed);
      rejectedInARow = orders.count > 0 ? 0 : rejectedInARow + batch.rejected.length;
      await updateViews(views, behind, signal);
      if (signal.aborted) return 'done';
      const last = batch.rejected.at(-1);
      if (isAsked || !last || rejectedInARow < REJECTED_IN_A_ROW) continue;
      isAsked = true;
      await onManyRejected?.(rejectedInARow, last);
    }
    isExhausted = !signal.aborted && streamed < count;
    return 'done';
  }

  try {
    while ((await readOn()) === 'moved');
  } finally {
    // A pipe can't be read again, however it ended.
    if (source.id === undefined) await bookmarks.forget(sourceId);
  }
  const failed = [...behind].map(([name, reason]) => ({ name, reason }));
  return { streamed, rejected, position, isExhausted, behind: failed };
}

async function updateViews(
  views: Load['views'],
  behind: Map<string, string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  for (const view of views) {
    try {
      const { isBehind } = await view.update(signal);
      if (isBehind) behind.set(view.name, undefined);
      else behind.delete(view.name);
    } catch (error) {
      behind.set(view.name, reasonOf(error));
    }
  }
}
