/**
 * Puts records so that those of one key arrive in their order, whatever fails on the way. A request of many records may have
 * some records refused and later records accepted
 * (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html). So while records are being refused, a record
 * is sent only when the one before it of its key was accepted. After many requests in a row that were accepted whole, several
 * records of a key go in one request. If one of these records is refused, it is resent together with the later records of its
 * key: all arrive at least once, and in order. Different keys don't wait for each other.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createRateLimiter } from './rate-limiter.js';

/** Records by number, from 0 to `count` - 1. */
export interface Records {
  readonly count: number;
  keyOf(i: number): string;
  /** In base64. */
  encode(i: number): string;
}

export interface PutRecord {
  readonly key: string;
  /** In base64. */
  readonly data: string;
}

/** For each record of a request the code it was refused with, or undefined if it was accepted. */
export type Refusals = readonly (string | undefined)[];

export interface PutOptions {
  /** Throws an error that no further attempt would change. */
  send(records: readonly PutRecord[]): Promise<Refusals>;
  isThrottling(code: string): boolean;
  /** The error when records have been refused for too long. */
  givenUp(code: string, accepted: number, count: number): Error;
  readonly requestRecordsMax: number;
  readonly requestBytesMax: number;
  readonly giveUpMs?: number;
  readonly random?: () => number;
}

export interface OrderedPuts {
  /** Returns when every record was accepted. Until then `onAccepted` is told how many were. */
  put(records: Records, onAccepted?: (count: number) => void): Promise<void>;
}

const IN_FLIGHT_MAX = 8;
/** A request that isn't full waits for more records while more requests than this are under way. */
const IN_FLIGHT_BEFORE_SMALL = 2;
const BACK_OFF_MS = 50;
const BACK_OFF_MS_MAX = 5000;
const GIVE_UP_MS = 60_000;
/** Several records of a key go together after this many whole requests … */
const WHOLE_REQUESTS_MIN = 16;
/** … and this long after the last refusal: at the limit of a stream refusals come more often. */
const CAUTIOUS_MS = 5000;
const KEY_RECORDS_MAX = 100;

export function createOrderedPuts(options: PutOptions): OrderedPuts {
  const { giveUpMs = GIVE_UP_MS, random = Math.random } = options;
  const limiter = createRateLimiter();
  let wholeRequests = 0;
  let refusedMs = Number.NEGATIVE_INFINITY;

  const keyRecordsMax = () =>
    wholeRequests >= WHOLE_REQUESTS_MIN && performance.now() - refusedMs > CAUTIOUS_MS ? KEY_RECORDS_MAX : 1;

  async function put(records: Records, onAccepted?: (count: number) => void): Promise<void> {
    const queues = createQueues(records, options);
    let accepted = 0;
    let inFlight = 0;
    let acceptedMs = performance.now();
    let failure: { readonly error: unknown } | undefined;
    const stop = new AbortController();
    // Every queue that waits listens to the signal.
    setMaxListeners(0, stop.signal);
    let wake = () => {};

    async function send(request: Request): Promise<void> {
      await limiter.take(request.records.length);
      const refusals = await options.send(request.records);
      const settled = queues.settle(request, refusals);
      for (const queue of settled.refused) void retryLater(queue);
      if (settled.accepted > 0) {
        accepted += settled.accepted;
        acceptedMs = performance.now();
        onAccepted?.(accepted);
        limiter.succeeded(settled.accepted);
      }
      const codes = refusals.filter((code) => code !== undefined);
      const [code] = codes;
      if (code === undefined) {
        wholeRequests++;
        return;
      }
      wholeRequests = 0;
      refusedMs = performance.now();
      if (codes.some(options.isThrottling)) limiter.throttled();
      if (refusedMs - acceptedMs > giveUpMs) throw options.givenUp(code, accepted, records.count);
    }

    /** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
    async function retryLater(queue: Queue): Promise<void> {
      const waitMs = random() * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** queue.refusals);
      await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
      queues.retry(queue);
      wake();
    }

    function start(request: Request): void {
      inFlight++;
      void send(request)
        .catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        })
        .finally(() => {
          inFlight--;
          wake();
        });
    }

    while (accepted < records.count) {
      while (!failure && inFlight < IN_FLIGHT_MAX && queues.hasReady()) {
        if (inFlight >= IN_FLIGHT_BEFORE_SMALL && !queues.canFill(keyRecordsMax())) break;
        start(queues.next(keyRecordsMax()));
      }
      // After a failure nothing new is sent, but requests under way may still be accepted.
      if (failure && inFlight === 0) throw failure.error;
      if (accepted < records.count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return { put };
}

/** The records of a key that were not accepted yet: those from `at` on. */
interface Queue {
  readonly key: string;
  readonly numbers: number[];
  at: number;
  /** Number of refusals in a row. */
  refusals: number;
}

interface Request {
  readonly records: readonly PutRecord[];
  /** The queue of each record. */
  readonly queues: readonly Queue[];
}

interface Queues {
  /** True if some queue isn't under way. */
  hasReady(): boolean;
  /** True if the ready queues have enough for a full request, with at most so many records of each. */
  canFill(keyRecordsMax: number): boolean;
  /** The next request: the oldest records of the ready queues, in their order. Its queues are under way until it settles. */
  next(keyRecordsMax: number): Request;
  /** Moves each queue past the records that were accepted before its first refusal. */
  settle(request: Request, refusals: Refusals): { readonly accepted: number; readonly refused: readonly Queue[] };
  /** Makes a refused queue ready again. */
  retry(queue: Queue): void;
}

type Limits = Pick<PutOptions, 'requestRecordsMax' | 'requestBytesMax'>;

function createQueues(records: Records, { requestRecordsMax, requestBytesMax }: Limits): Queues {
  let ready = queuesOf(records);

  /** The first records of the ready queues, as many as a request takes by number. */
  function candidates(keyRecordsMax: number): { queue: Queue; number: number }[] {
    ready.sort((a, b) => firstOf(a) - firstOf(b));
    const found: { queue: Queue; number: number }[] = [];
    for (const queue of ready) {
      if (found.length >= requestRecordsMax) break;
      for (const number of queue.numbers.slice(queue.at, queue.at + keyRecordsMax)) found.push({ queue, number });
    }
    return found.sort((a, b) => a.number - b.number).slice(0, requestRecordsMax);
  }

  return {
    hasReady: () => ready.length > 0,
    canFill(keyRecordsMax) {
      let count = 0;
      for (const { numbers, at } of ready) count += Math.min(keyRecordsMax, numbers.length - at);
      return count >= requestRecordsMax;
    },
    next(keyRecordsMax) {
      const request: { records: PutRecord[]; queues: Queue[] } = { records: [], queues: [] };
      let bytes = 0;
      for (const { queue, number } of candidates(keyRecordsMax)) {
        const data = records.encode(number);
        bytes += (data.length / 4) * 3 + queue.key.length * 3;
        if (request.records.length > 0 && bytes > requestBytesMax) break;
        request.records.push({ key: queue.key, data });
        request.queues.push(queue);
      }
      const underWay = new Set(request.queues);
      ready = ready.filter((queue) => !underWay.has(queue));
      return request;
    },
    settle({ queues }, refusals) {
      const refused = new Set<Queue>();
      let accepted = 0;
      for (const [i, queue] of queues.entries()) {
        if (refusals[i] !== undefined) refused.add(queue);
        else if (!refused.has(queue)) {
          queue.at++;
          accepted++;
        }
      }
      for (const queue of new Set(queues)) {
        queue.refusals = refused.has(queue) ? queue.refusals + 1 : 0;
        if (!refused.has(queue) && queue.at < queue.numbers.length) ready.push(queue);
      }
      return { accepted, refused: [...refused] };
    },
    retry: (queue) => void ready.push(queue),
  };
}

function queuesOf(records: Records): Queue[] {
  const queues = new Map<string, Queue>();
  for (let i = 0; i < records.count; i++) {
    const key = records.keyOf(i);
    const queue = queues.get(key);
    if (queue) queue.numbers.push(i);
    else queues.set(key, { key, numbers: [i], at: 0, refusals: 0 });
  }
  return [...queues.values()];
}

function firstOf({ numbers, at }: Queue): number {
  return numbers[at] as number;
}
