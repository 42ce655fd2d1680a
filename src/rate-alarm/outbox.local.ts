/**
 * Sends messages to those who have yet to get them. A message stays in the store until its destination took it, so that none is
 * lost; who sends one says so there first, so that no two processes send it. Each destination gets its messages in their order,
 * and waits for no other.
 */
import type { LocalStore } from '../engines/lmdb/store.js';
import { isRunning, thisProcess } from '../engines/processes.js';
import { CannotWrite } from '../errors.js';
import type { AlarmMessage, Destination } from './alarm.js';
import { nextAttemptMs } from './backoff.js';
import { iso } from './episode-report.js';
import type { Notifier, SendOutcome } from './notifier.js';
import type { StoredAlarm } from './stored-alarm.local.js';
import type { StoredDelivery } from './stored-deliveries.local.js';

export interface OutboxOptions {
  readonly store: LocalStore;
  readonly stored: StoredAlarm;
  readonly notifiers: readonly Notifier[];
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export function openOutbox({ store, stored, notifiers, clock, random }: OutboxOptions) {
  /** The first message that the destination has not got, if it may be sent now. */
  async function claim({ name }: Notifier): Promise<StoredDelivery | undefined> {
    const due = () => {
      const next = stored.deliveries(name).find(({ of }) => !of.isFailed);
      if (!next || (next.of.claim && isRunning(next.of.claim))) return undefined;
      // One that was never sent is due, also where the clock has stepped back since.
      return next.of.attempts === 0 || next.of.dueMs <= clock() ? next : undefined;
    };
    // Most looks find nothing, and a transaction would wait for who streams.
    if (!due()) return undefined;
    try {
      return await store.write(() => {
        const next = due();
        if (next) stored.keepDelivery(name, next.sequence, { ...next.of, claim: thisProcess() });
        return next;
      });
    } catch (error) {
      // It stays due.
      if (error instanceof CannotWrite) return undefined;
      throw error;
    }
  }

  async function note(
    { name, via }: Notifier,
    { sequence, of: { claim: _, ...of } }: StoredDelivery,
    delivery: SendOutcome,
  ): Promise<void> {
    const nowMs = clock();
    await store.write(() => {
      if (delivery.outcome === 'delivered') {
        stored.removeDelivery(name, sequence);
        noteNotified(stored, of.message, via, nowMs);
        return;
      }
      const attempts = of.attempts + 1;
      const failures = { count: attempts, firstMs: of.sinceMs };
      const dueMs =
        delivery.outcome === 'refused'
          ? null
          : nextAttemptMs({ ...failures, retryAfterMs: delivery.retryAfterMs }, nowMs, random());
      const failed = { ...of, attempts, problem: delivery.reason };
      stored.keepDelivery(name, sequence, dueMs === null ? { ...failed, isFailed: true } : { ...failed, dueMs });
    });
  }

  async function deliverTo(notifier: Notifier, signal: AbortSignal): Promise<void> {
    for (let next = await claim(notifier); next; next = signal.aborted ? undefined : await claim(notifier)) {
      const { sequence, of } = next;
      try {
        await note(notifier, next, await notifier.send(of.message, signal));
      } catch (error) {
        await store.write(() => stored.keepDelivery(notifier.name, sequence, of));
        if (!signal.aborted) throw error;
      }
    }
  }

  return {
    /** Sends what is due, until nothing is due at once. */
    deliver: async (signal: AbortSignal): Promise<void> =>
      void (await Promise.all(notifiers.map((each) => deliverTo(each, signal)))),
    destinations: () => destinationsOf(stored, notifiers),
    /** Lets what failed be sent again at once. Gives how many messages there are. */
    retryFailed: () => store.write(() => retryFailed(stored, clock())),
  };
}

function retryFailed(stored: StoredAlarm, nowMs: number): number {
  const failed = stored.deliveries().filter(({ of }) => of.isFailed || of.attempts > 0);
  const again = { attempts: 0, sinceMs: nowMs, dueMs: nowMs, isFailed: false };
  for (const { destination, sequence, of } of failed) stored.keepDelivery(destination, sequence, { ...of, ...again });
  return failed.length;
}

function noteNotified(stored: StoredAlarm, message: AlarmMessage, via: string, nowMs: number): void {
  const { event, episode, episodes } = message;
  for (const { began } of episode ? [episode] : episodes) {
    stored.addNotified(Date.parse(began), { event, via, at: iso(nowMs) });
  }
}

function destinationsOf(stored: StoredAlarm, notifiers: readonly Notifier[]): Destination[] {
  const all = stored.deliveries();
  const names = new Set([...notifiers.map(({ name }) => name), ...all.map(({ destination }) => destination)]);
  return Array.from(names, (name) => {
    const of = all.filter(({ destination }) => destination === name).map((each) => each.of);
    const failed = of.filter(({ isFailed }) => isFailed).length;
    const problem = of.findLast((each) => each.problem !== null)?.problem ?? null;
    const via = notifiers.find((each) => each.name === name)?.via ?? null;
    return { name, via, waiting: of.length - failed, failed, problem };
  });
}
