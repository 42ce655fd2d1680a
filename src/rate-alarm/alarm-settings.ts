/** What counts as a surge, and when it is over. */

export interface AlarmSettings {
  /** More than so many in a window are a surge. */
  readonly threshold: number;
  /** A window is closed at both ends: from `windowMs` before an arrival to the arrival. */
  readonly windowMs: number;
  /** After so long without a surge, the episode is over. */
  readonly quietMs: number;
  /** An invoice whose orders arrive together is one invoice and many orders. */
  readonly counted: 'orders' | 'invoices';
}

export const ALARM_DEFAULTS: AlarmSettings = { threshold: 10, windowMs: 1000, quietMs: 60_000, counted: 'orders' };
