/** What counts as a surge, and when it is over. */
import type { EventKind } from './alarm.js';

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

/** And what is told of it. */
export interface AlarmConfig extends AlarmSettings {
  /** Null for no reminders. */
  readonly reminderMs: number | null;
  /**
   * What is sent. A test always is. What is caught up with is, where beginnings or ends are: it stands for both. Empty but for the
   * test if nothing is to be told.
   */
  readonly notify: readonly EventKind[];
}
