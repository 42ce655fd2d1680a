/**
 * Puts records so that those of one key arrive in their order, whatever fails on the way. A request that takes many records
 * may refuse any of them and take those behind it (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html),
 * so as long as refusals are about, a record goes out only when the one before it of its key was taken. Once many requests
 * in a row were taken whole, several of a key go in one; should one of them be refused even so, it goes again together with
 * those behind it: at least once, and in order. Different keys don't wait for each other.
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

/** For each record of a request the code it was refused with, or undefined if it was taken. */
export type Answer = readonly (string | undefined)[];

export interface PutOptions {
  /** Throws for what trying again doesn't mend. */
  send(records: readonly PutRecord[]): Promise<Answer>;
  isThrottling(code: string): boolean;
  /** The error for records that were refused for too long. */
  givenUp(code: string, taken: number, count: number): Error;
  readonly requestRecordsMax: number;
  readonly requestBytesMax: number;
  readonly giveUpMs?: number;
  readonly random?: () => number;
}

export interface OrderedPuts {
  /** Returns when every record was taken; until then `onTaken` hears how many were. */
  put(records: Records, onTaken?: (count: number) => void): Promise<void>;
}

const IN_FLIGHT_MAX = 8;
/** Requests that aren't full go out when no more than this many are under way: others may fill them. */
const IN_FLIGHT_BEFORE_SMALL = 2;
const BACK_OFF_MS = 50;
const BACK_OFF_MS_MAX = 5000;
const GIVE_UP_MS = 60_000;
/** Several of a key go together after this many whole requests … */
const WHOLE_REQUESTS_MIN = 16;
/** … and this long after the last refusal: at the limit of a stream they come more often. */
const CAUTIOUS_MS = 5000;
const KEY_RECORDS_MAX = 100;

/** The records of a key that wait: those from `at` on. */
interface Queue {
  readonly key: string;
  readonly numbers: number[];
  at: number;
  refusals: number;
}

/** A record of a request, the next of its queue that isn't under way. */
interface Sent {
  readonly queue: Queue;
  readonly number: number;
}

export function createOrderedPuts(options: PutOptions): OrderedPuts {
  const { requestRecordsMax, requestBytesMax, giveUpMs = GIVE_UP_MS, random = Math.random } = options;
  const limiter = createRateLimiter();
  let wholeRequests = 0;
  let refusedMs = Number.NEGATIVE_INFINITY;

  const keyRecordsMax = () =>
    wholeRequests >= WHOLE_REQUESTS_MIN && performance.now() - refusedMs > CAUTIOUS_MS ? KEY_RECORDS_MAX : 1;

  async function put(records: Records, onTaken?: (count: number) => void): Promise<void> {
    let ready = queuesOf(records);
    let left = records.count;
    let inFlight = 0;
    let takenMs = performance.now();
    let failure: { readonly error: unknown } | undefined;
    const stop = new AbortController();
    // Each request that waits its turn listens.
    setMaxListeners(0, stop.signal);
    let wake = () => {};

    /** Takes what goes into one request from the queues that are ready: their oldest records, in the order they came. */
    function nextRequest(): { sent: Sent[]; batch: PutRecord[] } {
      ready.sort((a, b) => headOf(a) - headOf(b));
      const most = keyRecordsMax();
      const sent: Sent[] = [];
      for (const queue of ready) {
        if (sent.length >= requestRecordsMax) break;
        for (const number of queue.numbers.slice(queue.at, queue.at + most)) sent.push({ queue, number });
      }
      sent.sort((a, b) => a.number - b.number);
      const batch: PutRecord[] = [];
      let bytes = 0;
      for (const { queue, number } of sent.slice(0, requestRecordsMax)) {
        const data = records.encode(number);
        bytes += (data.length / 4) * 3 + queue.key.length * 3;
        if (batch.length > 0 && bytes > requestBytesMax) break;
        batch.push({ key: queue.key, data });
      }
      sent.splice(batch.length);
      const taken = new Set(sent.map(({ queue }) => queue));
      ready = ready.filter((queue) => !taken.has(queue));
      return { sent, batch };
    }

    function canFill(): boolean {
      const most = keyRecordsMax();
      let count = 0;
      for (const { numbers, at } of ready) count += Math.min(most, numbers.length - at);
      return count >= requestRecordsMax;
    }

    async function send(sent: readonly Sent[], batch: readonly PutRecord[]): Promise<void> {
      await limiter.take(batch.length);
      const answer = await options.send(batch);
      const taken = settle(sent, answer);
      if (taken > 0) {
        left -= taken;
        onTaken?.(records.count - left);
        takenMs = performance.now();
        limiter.succeeded(taken);
      }
      const code = answer.find((of) => of !== undefined);
      if (code === undefined) {
        wholeRequests++;
        return;
      }
      wholeRequests = 0;
      refusedMs = performance.now();
      if (answer.some((of) => of !== undefined && options.isThrottling(of))) limiter.throttled();
      if (refusedMs - takenMs > giveUpMs) throw options.givenUp(code, records.count - left, records.count);
    }

    /** Moves the queues on past what was taken in order; the number of those. */
    function settle(sent: readonly Sent[], answer: Answer): number {
      const refused = new Set<Queue>();
      let taken = 0;
      for (const [i, { queue }] of sent.entries()) {
        if (answer[i] !== undefined) refused.add(queue);
        else if (!refused.has(queue)) {
          queue.at++;
          taken++;
        }
      }
      for (const queue of new Set(sent.map(({ queue }) => queue))) {
        queue.refusals = refused.has(queue) ? queue.refusals + 1 : 0;
        if (queue.at === queue.numbers.length) continue;
        if (refused.has(queue)) void later(queue);
        else ready.push(queue);
      }
      return taken;
    }

    /** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
    async function later(queue: Queue): Promise<void> {
      const waitMs = random() * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** queue.refusals);
      await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
      ready.push(queue);
      wake();
    }

    while (left > 0) {
      while (!failure && ready.length > 0 && inFlight < IN_FLIGHT_MAX) {
        if (inFlight >= IN_FLIGHT_BEFORE_SMALL && !canFill()) break;
        const { sent, batch } = nextRequest();
        inFlight++;
        void send(sent, batch)
          .catch((error: unknown) => {
            failure ??= { error };
            stop.abort();
          })
          .finally(() => {
            inFlight--;
            wake();
          });
      }
      // What is under way may still be taken; nothing new is sent.
      if (failure && inFlight === 0) throw failure.error;
      if (left > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return { put };
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

function headOf({ numbers, at }: Queue): number {
  return numbers[at] as number;
}
