/** To whom each message has yet to go, in LMDB. Everything that writes is called in a transaction of the store. */
import type { LocalStore } from '../engines/lmdb/store.js';
import type { ProcessName } from '../engines/processes.js';
import type { AlarmMessage } from './alarm.js';

/** A message that has yet to go to a destination. */
export interface PendingDelivery {
  readonly message: AlarmMessage;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Not before. */
  readonly dueMs: number;
  /** When it was first to be sent. */
  readonly sinceMs: number;
  /** Why the last attempt failed; null before the first. */
  readonly problem: string | null;
  /** Given up: it is kept until somebody replays it. */
  readonly isFailed: boolean;
  /** Who is sending it. */
  readonly claim?: ProcessName;
}

/** Throws an `AlakazamError` where it is no JSON: the store is damaged then. */
export function parsedJson(store: LocalStore, value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    throw store.damaged('a value is no JSON');
  }
}

export function openStoredDeliveries(store: LocalStore) {
  const table = () => store.table('deliveries');
  const keepDelivery = (destination: string, sequence: number, of: PendingDelivery) =>
    void table().putSync([destination, sequence], Buffer.from(JSON.stringify(of)));
  return {
    keepDelivery,
    removeDelivery: (destination: string, sequence: number) => void table().removeSync([destination, sequence]),
    /** Those of a destination, or all; the earliest message first. */
    deliveries(destination?: string): StoredDelivery[] {
      const range = table().getRange(
        destination === undefined ? {} : { start: [destination, 0], end: [destination, Number.MAX_SAFE_INTEGER] },
      );
      return Array.from(range, ({ key, value }) => {
        const [name, sequence] = key as [string, number];
        return { destination: name, sequence, of: parsedJson(store, value) as PendingDelivery };
      });
    },
    /** A new message, for each destination. */
    addDeliveries(message: AlarmMessage, sequence: number, destinations: readonly string[], nowMs: number): void {
      const delivery = { message, attempts: 0, dueMs: nowMs, sinceMs: nowMs, problem: null, isFailed: false };
      for (const destination of destinations) keepDelivery(destination, sequence, delivery);
    },
  };
}

export interface StoredDelivery {
  readonly destination: string;
  /** Of its message. */
  readonly sequence: number;
  readonly of: PendingDelivery;
}
