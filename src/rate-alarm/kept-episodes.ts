/** Port: the episodes that several processes make and tell of at once. A write counts only if nobody else wrote meanwhile. */
import type { EventKind, Notified, TopShares } from './alarm.js';
import type { CrossingSpan } from './crossing-span.js';

export interface KeptEpisode extends CrossingSpan {
  /** How far people were told, or would have been had they wanted to be. */
  readonly told: 'nothing' | 'began' | 'ended';
  readonly notified: readonly Notified[];
  /** When people were last told of it while it lasted. */
  readonly remindedMs: number;
  /** When the last record of it came. */
  readonly recordedMs: number;
  /** Null before its orders were looked at. */
  readonly top: TopShares | null;
  /** Attempts to tell of it that failed, since the last that did not. */
  readonly failures: TellingFailures | null;
  /** Until then somebody is telling of it. */
  readonly claimedMs: number;
  /** Rises with every write. */
  readonly version: number;
}

export interface TellingFailures {
  readonly event: EventKind;
  readonly count: number;
  readonly firstMs: number;
  /** When to try again; null if it was given up. */
  readonly dueMs: number | null;
  readonly problem: string;
}

export interface KeptEpisodes {
  /** The latest first. */
  latestFirst(beforeMs?: number): AsyncIterable<KeptEpisode>;
  /**
   * Puts an episode in the place of those that are it so far: of none, one or several. Returns false, and does nothing, if one of
   * them has changed, or if there is one already that begins at the same time and is not among them. Raises its version.
   */
  replace(old: readonly KeptEpisode[], next: KeptEpisode): Promise<boolean>;
}

/** The same episode, with a version that no other has. */
export function raised(old: readonly KeptEpisode[], next: KeptEpisode): KeptEpisode {
  return { ...next, version: 1 + Math.max(0, ...old.map(({ version }) => version)) };
}
