/** Port: takes a message of the alarm to one destination. Tries once; whoever calls it decides when to try again. */
import type { AlarmMessage } from './alarm.js';

export type SendOutcome =
  /** The destination took it. */
  | { readonly outcome: 'delivered'; readonly detail: string }
  /** It may take it later. It may also have taken it without saying so: what is sent again has the same id. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryAfterMs?: number }
  /** It will never take it. */
  | { readonly outcome: 'refused'; readonly reason: string };

export interface Notifier {
  /** For people, without secrets. */
  readonly name: string;
  /** The kind of destination: `webhook`, `command`, `sns`. */
  readonly via: string;
  /**
   * Takes a limited time. Rejects with the signal's reason if the signal says stop before it is over, and for nothing else; whether
   * the message was delivered is then not known. Reasons and details are for people, on one line, without secrets.
   */
  send(message: AlarmMessage, signal: AbortSignal): Promise<SendOutcome>;
}
