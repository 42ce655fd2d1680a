/**
 * Reads a log that is split into shards, as Kinesis and the streams of DynamoDB are: all shards at once and each in its
 * order, a shard after the shards it was split or merged from. An iterator that expired is replaced.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Shard {
  readonly id: string;
  /** The shards from which this shard was split or merged; they may be gone. */
  readonly parents: readonly string[];
  /** True if the shard takes no more records. */
  readonly isClosed: boolean;
}

/** Where to begin in a shard: at its first record, after its last, at an arrival time, or after a sequence number. */
export type ShardPosition = 'first' | 'next' | { readonly sinceMs: number } | { readonly after: string };

export interface ShardPage<R> {
  readonly records: readonly R[];
  /** The next iterator; undefined at the end of a closed shard. */
  readonly next: string | undefined;
  /** True if the shard has no more records for now. */
  readonly isCaughtUp: boolean;
}

export interface ShardedLog<R> {
  shards(): Promise<readonly Shard[]>;
  /** Where `position` is a time, the iterator may begin earlier. */
  iterator(shardId: string, position: ShardPosition): Promise<string>;
  page(iterator: string): Promise<ShardPage<R>>;
  sequenceOf(record: R): string;
  arrivalOf(record: R): number;
  isExpired(error: unknown): boolean;
  /** True for an error after which the same call may go well later. */
  isTransient(error: unknown): boolean;
  /** True if only the rate of calls was too high. */
  isThrottling(error: unknown): boolean;
  /** True if the shard or the whole log no longer exists. */
  isMissing(error: unknown): boolean;
  /** Time between two calls to an idle shard. */
  readonly pollMs: number;
  /** Milliseconds to wait before the next call to this shard; counts the call (`createPace`). Without it, calls never wait. */
  turnMs?(shardId: string): number;
}

export interface ShardRead {
  /** One position for all shards, or one for each. A shard that isn't in the map, or that is found later, is read from its first record. */
  readonly from: 'first' | 'next' | { readonly sinceMs: number } | ReadonlyMap<string, ShardPosition>;
  /** The shards, if the caller has just listed them. */
  readonly shards?: readonly Shard[];
  /** With a signal, reading goes on until the signal is aborted. Without one, it ends at the last record. */
  readonly signal?: AbortSignal | undefined;
}

/** Records of one shard, in its order. */
export interface ShardRecords<R> {
  readonly shardId: string;
  readonly records: readonly R[];
}

/** How far a shard has been read. */
interface Reader {
  readonly shard: Shard;
  position: ShardPosition;
  iterator: string | undefined;
  waitMs: number;
  isCaughtUp: boolean;
  /** Time of the last successful call. */
  answeredMs: number | undefined;
  /** Failed calls in a row, and when the first of them failed: by `performance.now()`, since a clock may be set meanwhile. */
  failures: number;
  failingSinceMs: number;
}

type Step<R> = { readonly reader: Reader; readonly records: readonly R[]; readonly isEnd: boolean };

export async function* readShards<R>(log: ShardedLog<R>, read: ShardRead): AsyncGenerator<ShardRecords<R>> {
  yield* await openShards(log, read);
}

/**
 * Like `readShards`, but resolves only once the iterators exist: with `from: 'next'` every record that arrives afterwards is
 * read, however late the caller starts iterating.
 */
export async function openShards<R>(
  log: ShardedLog<R>,
  { from, signal, shards }: ShardRead,
): Promise<AsyncGenerator<ShardRecords<R>>> {
  const startMs = Date.now();
  const positionOf = (id: string) => (from instanceof Map ? (from.get(id) ?? 'first') : (from as ShardPosition));
  const readers = (shards ?? (await log.shards())).map((shard) => readerOf(shard, positionOf(shard.id)));
  if (from === 'next') {
    const open = readers.filter(({ shard }) => !shard.isClosed);
    const begin = async (reader: Reader) => {
      reader.iterator = await log.iterator(reader.shard.id, 'next');
    };
    await Promise.all(open.map(begin));
  }
  const queue = createShardQueue();
  queue.add(readers);
  // A child that is found later begins where its parent ended.
  const childrenFrom = (from === 'next' || from instanceof Map ? 'first' : from) as ShardPosition;
  return follow(log, queue, { signal, startMs, childrenFrom });
}

function readerOf(shard: Shard, position: ShardPosition): Reader {
  const nothingYet = {
    iterator: undefined,
    answeredMs: undefined,
    isCaughtUp: false,
    waitMs: 0,
    failures: 0,
    failingSinceMs: 0,
  };
  return { shard, position, ...nothingYet };
}

/** Holds shards back until their parents have been read to the end. */
interface ShardQueue {
  /** Adds shards; ignores those that it already has. */
  add(readers: readonly Reader[]): void;
  /** The shards that may be read now, each once. */
  ready(): Reader[];
  end(shardId: string): void;
  /** True if a shard has ended and none of its children is known. */
  isMissingChildren(): boolean;
}

function createShardQueue(): ShardQueue {
  const known = new Set<string>();
  const ended = new Set<string>();
  /** Shards that a known shard was split or merged from. */
  const parents = new Set<string>();
  let waiting: Reader[] = [];
  return {
    add(readers) {
      for (const reader of readers) {
        const { id, isClosed } = reader.shard;
        if (known.has(id)) continue;
        known.add(id);
        for (const parent of reader.shard.parents) parents.add(parent);
        if (reader.position === 'next' && isClosed) ended.add(id);
        else waiting.push(reader);
      }
    },
    ready() {
      const isReady = ({ shard }: Reader) => shard.parents.every((parent) => !known.has(parent) || ended.has(parent));
      const ready = waiting.filter(isReady);
      waiting = waiting.filter((reader) => !isReady(reader));
      return ready;
    },
    end: (shardId) => void ended.add(shardId),
    isMissingChildren: () => [...ended].some((id) => !parents.has(id)),
  };
}

interface Following {
  readonly signal: AbortSignal | undefined;
  readonly startMs: number;
  readonly childrenFrom: ShardPosition;
}

async function* follow<R>(
  log: ShardedLog<R>,
  queue: ShardQueue,
  { signal, startMs, childrenFrom }: Following,
): AsyncGenerator<ShardRecords<R>> {
  const steps = new Map<Reader, Promise<Step<R>>>();

  function start(reader: Reader): void {
    const next = step(log, reader, signal, startMs);
    // If the reader stops meanwhile, nobody waits for the step: its error must not end the process.
    next.catch(() => undefined);
    steps.set(reader, next);
  }

  async function startChildren(): Promise<void> {
    try {
      queue.add((await log.shards()).map((shard) => readerOf(shard, childrenFrom)));
    } catch (error) {
      // With a signal the shards are listed again soon.
      if (!signal || !log.isTransient(error)) throw error;
    }
    for (const reader of queue.ready()) start(reader);
  }

  // A shard may be listed as closed before its children are listed at all.
  const isAwaitingChildren = () => signal !== undefined && queue.isMissingChildren();
  let listAgain: Promise<undefined> | undefined;
  for (const reader of queue.ready()) start(reader);
  while (steps.size > 0 || isAwaitingChildren()) {
    if (isAwaitingChildren()) listAgain ??= pause(LIST_AGAIN_POLLS * log.pollMs, signal);
    const done = await unlessAborted(Promise.race([...steps.values(), ...(listAgain ? [listAgain] : [])]), signal);
    if (signal?.aborted) return;
    if (!done) {
      listAgain = undefined;
      await startChildren();
      continue;
    }
    const { reader, records, isEnd } = done;
    steps.delete(reader);
    if (records.length > 0) yield { shardId: reader.shard.id, records };
    if (isEnd) {
      queue.end(reader.shard.id);
      await startChildren();
    } else if (signal || reader.shard.isClosed || !reader.isCaughtUp) start(reader);
    if (signal?.aborted) return;
  }
}

/** Reads the next records of a shard, after a pause if the shard was idle. */
async function step<R>(
  log: ShardedLog<R>,
  reader: Reader,
  signal: AbortSignal | undefined,
  startMs: number,
): Promise<Step<R>> {
  const { shard } = reader;
  const waitMs = Math.max(reader.waitMs, log.turnMs?.(shard.id) ?? 0);
  if (waitMs > 0) await pause(waitMs, signal);
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
      // A LATEST iterator expired before it returned anything. LATEST again would skip what arrived meanwhile, so resume
      // from the last successful call.
      if (reader.position === 'next')
        reader.position = { sinceMs: Math.max(startMs, (reader.answeredMs ?? 0) - MARGIN_MS) };
      return { reader, records: [], isEnd: false };
    }
    // A shard that has answered is likely to answer again. Before its first answer, the user wants to know what is wrong.
    const isPatient = reader.answeredMs !== undefined || log.isThrottling(error);
    if (reader.failures === 0) reader.failingSinceMs = performance.now();
    if (log.isTransient(error) && isPatient && performance.now() - reader.failingSinceMs < GIVE_UP_MS) {
      reader.waitMs = Math.random() * Math.min(GIVE_UP_MS / 10, log.pollMs * 2 ** reader.failures++);
      return { reader, records: [], isEnd: false };
    }
    // All records of the shard have expired. If the log itself is gone, listing its shards says so.
    if (log.isMissing(error)) return { reader, records: [], isEnd: true };
    throw error;
  }
}

const GIVE_UP_MS = 60_000;
/** Shards whose children aren't listed yet are listed again after this many polls. */
const LIST_AGAIN_POLLS = 10;
/** Allows for clocks that differ, and for records that become readable late. */
const MARGIN_MS = 60_000;

/** Ends early, and without an error, when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<undefined> {
  return delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** The value of a promise, or undefined as soon as `signal` is aborted. */
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
