/**
 * Reads a log that is split into shards, as Kinesis and the streams of DynamoDB are: all shards at once, each in its order,
 * a shard after those it was split or merged from, and on after an iterator has expired.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Shard {
  readonly id: string;
  /** Those it was split or merged from; they may be gone. */
  readonly parents: readonly string[];
  /** Takes no more records. */
  readonly isClosed: boolean;
}

/** In one shard: at its first record, behind its last, from a time on, or behind a sequence number. */
export type ShardPosition = 'first' | 'next' | { readonly sinceMs: number } | { readonly after: string };

export interface ShardPage<R> {
  readonly records: readonly R[];
  /** Undefined at the end of a closed shard. */
  readonly next: string | undefined;
  /** Nothing more is there for now. */
  readonly isCaughtUp: boolean;
}

export interface ShardedLog<R> {
  shards(): Promise<readonly Shard[]>;
  /** May begin earlier than `position` says, where it is a time. */
  iterator(shardId: string, position: ShardPosition): Promise<string>;
  page(iterator: string): Promise<ShardPage<R>>;
  sequenceOf(record: R): string;
  arrivalOf(record: R): number;
  isExpired(error: unknown): boolean;
  /** Likely to go well if it is tried again later. */
  isTransient(error: unknown): boolean;
  /** Asked too often: nothing is wrong with it. */
  isThrottling(error: unknown): boolean;
  /** The shard, or all of the log, is gone. */
  isMissing(error: unknown): boolean;
  /** How often an idle shard is asked. */
  readonly pollMs: number;
}

export interface ShardRead {
  /** For all shards, or for each the one it has in the map; those that come later are read from their first record. */
  readonly from: 'first' | 'next' | { readonly sinceMs: number } | ReadonlyMap<string, ShardPosition>;
  /** The shards as they were just found, where they were. */
  readonly shards?: readonly Shard[];
  /** With a signal, reading goes on until it says stop; without one, it ends where nothing more is there. */
  readonly signal?: AbortSignal | undefined;
}

/** Records of one shard, in its order. */
export interface ShardRecords<R> {
  readonly shardId: string;
  readonly records: readonly R[];
}

interface Reader {
  readonly shard: Shard;
  position: ShardPosition;
  iterator: string | undefined;
  waitMs: number;
  isCaughtUp: boolean;
  /** When it last answered. */
  answeredMs: number | undefined;
  /** In a row. */
  failures: number;
}

type Step<R> = { readonly reader: Reader; readonly records: readonly R[]; readonly isEnd: boolean };

export async function* readShards<R>(log: ShardedLog<R>, read: ShardRead): AsyncGenerator<ShardRecords<R>> {
  yield* await openShards(log, read);
}

/** The same; what comes after this has resolved is 'next', whenever the reading itself begins. */
export async function openShards<R>(
  log: ShardedLog<R>,
  { from, signal, shards }: ShardRead,
): Promise<AsyncGenerator<ShardRecords<R>>> {
  /** Every shard that was ever found: each is read once. */
  const known = new Set<string>();
  const unfinished = new Set<string>();
  let waiting: Reader[] = [];
  const steps = new Map<Reader, Promise<Step<R>>>();
  /** Those that some known shard was split or merged from, and those that ended and are not among them yet. */
  const parents = new Set<string>();
  const childless = new Set<string>();
  const startMs = Date.now();

  function find(shards: readonly Shard[], positionOf: (shardId: string) => ShardPosition): void {
    for (const shard of shards) {
      if (known.has(shard.id)) continue;
      known.add(shard.id);
      for (const parent of shard.parents) {
        parents.add(parent);
        childless.delete(parent);
      }
      const position = positionOf(shard.id);
      if (position === 'next' && shard.isClosed) {
        ended(shard.id);
        continue;
      }
      unfinished.add(shard.id);
      waiting.push({
        shard,
        position,
        iterator: undefined,
        waitMs: 0,
        isCaughtUp: false,
        answeredMs: undefined,
        failures: 0,
      });
    }
  }

  function ended(shardId: string): void {
    if (!parents.has(shardId)) childless.add(shardId);
  }

  function startReady(): void {
    const isReady = ({ shard }: Reader) => !shard.parents.some((parent) => unfinished.has(parent));
    const ready = waiting.filter(isReady);
    waiting = waiting.filter((reader) => !isReady(reader));
    for (const reader of ready) start(reader);
  }

  function start(reader: Reader): void {
    const next = step(log, reader, signal, startMs);
    // Nobody waits for it any more if reading ends meanwhile.
    next.catch(() => undefined);
    steps.set(reader, next);
  }

  const isMap = from instanceof Map;
  find(shards ?? (await log.shards()), isMap ? (id) => from.get(id) ?? 'first' : () => from as ShardPosition);
  if (from === 'next') {
    const begin = async (reader: Reader) => {
      reader.iterator = await log.iterator(reader.shard.id, 'next');
    };
    await Promise.all(waiting.map(begin));
  }
  return follow();

  /** A shard may be listed as closed before its children are listed at all. */
  async function findChildren(): Promise<void> {
    try {
      find(await log.shards(), () => (isMap || from === 'next' ? 'first' : (from as ShardPosition)));
    } catch (error) {
      // Asked again soon.
      if (!signal || !log.isTransient(error)) throw error;
    }
    startReady();
  }

  async function* follow(): AsyncGenerator<ShardRecords<R>> {
    startReady();
    let again: Promise<undefined> | undefined;
    while (steps.size > 0 || (signal && childless.size > 0)) {
      if (signal && childless.size > 0)
        again ??= delay(LIST_AGAIN_POLLS * log.pollMs, undefined, { signal }).catch(() => undefined);
      const done = await unlessAborted(Promise.race([...steps.values(), ...(again ? [again] : [])]), signal);
      if (signal?.aborted) return;
      if (!done) {
        again = undefined;
        await findChildren();
        continue;
      }
      const { reader, records, isEnd } = done;
      steps.delete(reader);
      if (records.length > 0) yield { shardId: reader.shard.id, records };
      if (isEnd) {
        unfinished.delete(reader.shard.id);
        ended(reader.shard.id);
        await findChildren();
      } else if (signal || reader.shard.isClosed || !reader.isCaughtUp) start(reader);
      if (signal?.aborted) return;
    }
  }
}

/** Reads the next records of a shard, after a while if it was idle. */
async function step<R>(
  log: ShardedLog<R>,
  reader: Reader,
  signal: AbortSignal | undefined,
  startMs: number,
): Promise<Step<R>> {
  const { shard, waitMs } = reader;
  if (waitMs > 0) await delay(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  if (signal?.aborted) return { reader, records: [], isEnd: false };
  try {
    reader.iterator ??= await log.iterator(shard.id, reader.position);
    const { records, next, isCaughtUp } = await log.page(reader.iterator);
    const { position } = reader;
    const sinceMs = typeof position === 'object' && 'sinceMs' in position ? position.sinceMs : undefined;
    const wanted = sinceMs === undefined ? records : records.filter((record) => log.arrivalOf(record) >= sinceMs);
    const last = wanted.at(-1);
    if (last) reader.position = { after: log.sequenceOf(last) };
    reader.iterator = next;
    reader.isCaughtUp = isCaughtUp;
    reader.waitMs = isCaughtUp ? log.pollMs : 0;
    reader.answeredMs = Date.now();
    reader.failures = 0;
    return { reader, records: wanted, isEnd: next === undefined };
  } catch (error) {
    if (log.isExpired(error) && reader.iterator !== undefined) {
      reader.iterator = undefined;
      reader.waitMs = 0;
      // Behind its last record as it was, of which there was none so far.
      if (reader.position === 'next')
        reader.position = { sinceMs: Math.max(startMs, (reader.answeredMs ?? 0) - MARGIN_MS) };
      return { reader, records: [], isEnd: false };
    }
    // Once it has answered it is likely to answer again; before, whoever waits wants to know why it doesn't.
    const sinceMs = log.isThrottling(error) ? startMs : 0;
    if (log.isTransient(error) && Date.now() - (reader.answeredMs ?? sinceMs) < GIVE_UP_MS) {
      reader.waitMs = Math.random() * Math.min(GIVE_UP_MS / 10, log.pollMs * 2 ** reader.failures++);
      return { reader, records: [], isEnd: false };
    }
    // Trimmed away whole; if the log is gone too, looking for its shards says so.
    if (log.isMissing(error)) return { reader, records: [], isEnd: true };
    throw error;
  }
}

const GIVE_UP_MS = 60_000;
/** How long children that aren't listed are waited for, in times that an idle shard is asked. */
const LIST_AGAIN_POLLS = 10;
/** For clocks that don't agree, and records that show late. */
const MARGIN_MS = 60_000;

/** What a promise gives, or undefined as soon as `signal` says stop. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!signal) return promise;
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
