/** Port: watches how fast orders arrive, and tells people when they surge: once when it begins, and once when it is over. */
import type { Through } from '../stage.js';
import type { AlarmSettings } from './alarm-settings.js';
import type { Notifier } from './notifier.js';

/** A surge, as people and pipes get it. */
export interface EpisodeReport {
  /** Made of the time at which it began: `20111129T101500123Z`. */
  readonly id: string;
  /** ISO 8601, UTC, with milliseconds; so are the other times. */
  readonly began: string;
  /** Null while it lasts. */
  readonly ended: string | null;
  /** The most orders, or invoices, that one window held. */
  readonly peak: number;
  readonly peakAt: string;
  /** Orders from the beginning of the first window that held too many to the end of the last. */
  readonly orders: number;
  /** Null before these orders were looked at. */
  readonly top: TopShares | null;
  readonly notified: readonly Notified[];
}

/** Who and what most of the orders are of; shares are from 0 to 1, of all orders of the episode. */
export interface TopShares {
  /** Null if all are of guests. */
  readonly customer: { readonly id: number; readonly share: number } | null;
  readonly product: { readonly stockCode: string; readonly description: string; readonly share: number };
  readonly country: { readonly name: string; readonly share: number };
}

/** A message that a destination took. */
export interface Notified {
  readonly event: EventKind;
  /** The kind of destination: `webhook`, `command`, `sns`. */
  readonly via: string;
  readonly at: string;
}

/** `caught-up` tells of episodes that were over before anybody looked, all in one. */
export type EventKind = 'began' | 'reminder' | 'ended' | 'caught-up' | 'test';

/** What is sent, and what `--exec` gets on standard input. */
export interface AlarmMessage {
  /** Of this message alone, and the same at every attempt to send it: who gets it twice can tell. Letters, digits and hyphens. */
  readonly id: string;
  readonly event: EventKind;
  /** Null for `caught-up` and `test`. */
  readonly episode: EpisodeReport | null;
  /** Of `caught-up`: all of them, the earliest first; else empty. */
  readonly episodes: readonly EpisodeReport[];
  readonly threshold: number;
  readonly windowMs: number;
  readonly counted: AlarmSettings['counted'];
  /** Where the pipeline is, for people. */
  readonly place: string;
  /** In a sentence or two, and what to type next. */
  readonly text: string;
}

export interface AlarmStatus {
  readonly state: 'OK' | 'ALARM';
  /** Since when; null if no order ever arrived. */
  readonly since: string | null;
  readonly threshold: number;
  readonly windowMs: number;
  readonly counted: AlarmSettings['counted'];
  readonly rate: { readonly lastSecond: number; readonly lastMinute: number };
  /** The running episode, or the last one. */
  readonly episode: EpisodeReport | null;
}

/** Who is told, and what became of it. */
export interface Destination {
  /** For people, without secrets: `webhook https://example.org/alarm`, `SMS +44 7… 123`. */
  readonly name: string;
  /** Null where messages wait for a destination that is no longer set. */
  readonly via: string | null;
  /** Messages that are to be sent, or sent again. */
  readonly waiting: number;
  /** Messages that were given up. */
  readonly failed: number;
  /** Of the last attempt that failed; null if none did since the last that did not. */
  readonly problem: string | null;
}

export interface TestResult {
  readonly destination: string;
  readonly isDelivered: boolean;
  /** How it was delivered, or why it was not. */
  readonly detail: string;
}

export interface RateAlarm {
  /** Takes in every order of the stream, and decides what has to be told. Sends nothing. */
  update(signal?: AbortSignal): Promise<Through>;
  status(): Promise<AlarmStatus>;
  /** Orders by second, of the last `seconds`, the latest last. */
  recentRates(seconds: number): Promise<readonly number[]>;
  /** The latest first. */
  episodes(options: {
    readonly sinceMs?: number | undefined;
    readonly limit: number;
  }): Promise<readonly EpisodeReport[]>;
  destinations(): Promise<readonly Destination[]>;
  /**
   * Messages in their order, from now on, until the signal says stop; sends them besides. What has arrived by then is taken in, and
   * what is under way then has `lastWordsMs` left.
   */
  watch(signal: AbortSignal, lastWordsMs: number): AsyncIterable<AlarmMessage>;
  /** Sends what is due to those who have not got it, and again what failed, until nothing is due at once. */
  deliver(signal: AbortSignal): Promise<void>;
  /** A destination of whoever watches: a command that gets each message as JSON on its standard input. */
  command(command: string): Notifier;
  /** Lets messages that were given up, or wait to be sent again, be sent at once. Gives how many there are. */
  retryFailed(): Promise<number>;
  /** Sends a test message the real way to everybody, and waits for what becomes of it. */
  test(signal: AbortSignal): Promise<readonly TestResult[]>;
  close(): Promise<void>;
}
