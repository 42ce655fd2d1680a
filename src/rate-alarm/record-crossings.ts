/** Makes episodes of the alarm stream's records: the same ones in whatever order, and however often, the records come. */
import { belongTogether, type CrossingSpan, joinedSpan } from './crossing-span.js';
import type { KeptEpisode, KeptEpisodes } from './kept-episodes.js';

export interface Recording {
  readonly episodes: KeptEpisodes;
  readonly quietMs: number;
  readonly clock: () => number;
}

/** Others write as well, but not as often as this. */
const ATTEMPTS_MAX = 20;

/** A part of an episode, and the number of the first span that told of it. */
export interface GatheredSpan {
  readonly span: CrossingSpan;
  readonly first: number;
}

/** Spans that belong together as one, the earliest first. */
export function gathered(spans: readonly CrossingSpan[], quietMs: number): readonly GatheredSpan[] {
  const inOrder = spans.map((span, first) => ({ span, first })).sort((a, b) => a.span.firstMs - b.span.firstMs);
  const all: GatheredSpan[] = [];
  for (const next of inOrder) {
    const last = all.at(-1);
    if (!last || !belongTogether(last.span, next.span, quietMs)) all.push(next);
    else all[all.length - 1] = { span: joinedSpan(last.span, next.span), first: Math.min(last.first, next.first) };
  }
  return all;
}

/** Takes a span into the episode that it is part of, or begins one. Throws if it could not be written. */
export async function recordSpan(span: CrossingSpan, { episodes, quietMs, clock }: Recording): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const old = await touching(span, episodes, quietMs);
    const next = old.reduce(merged, newEpisode(span, clock()));
    const [known] = old;
    if (old.length === 1 && known && isSame(known, next)) return;
    if (await episodes.replace(old, next)) return;
  }
  throw new Error('others keep changing the episode');
}

/** The episodes without a quiet period between them and the span. Episodes do not overlap, so no earlier one touches it. */
async function touching(span: CrossingSpan, episodes: KeptEpisodes, quietMs: number): Promise<KeptEpisode[]> {
  const found: KeptEpisode[] = [];
  for await (const episode of episodes.latestFirst(span.lastMs + quietMs)) {
    if (!belongTogether(episode, span, quietMs)) break;
    found.push(episode);
  }
  return found;
}

function newEpisode(span: CrossingSpan, recordedMs: number): KeptEpisode {
  const untold = { told: 'nothing', notified: [], remindedMs: 0, top: null, failures: null } as const;
  return { ...span, ...untold, recordedMs, claimedMs: 0, version: 0 };
}

/** Two that turn out to be one. */
function merged(a: KeptEpisode, b: KeptEpisode): KeptEpisode {
  const known = isBetterKnown(a, b) ? a : b;
  const both = joinedSpan(a, b);
  return {
    ...both,
    // If its end was told, that was too early.
    told: known.told === 'ended' && both.lastMs > known.lastMs ? 'began' : known.told,
    top: known.top ?? a.top ?? b.top,
    failures: known.failures,
    notified: [...a.notified, ...b.notified].sort((one, other) => (one.at < other.at ? -1 : 1)),
    remindedMs: Math.max(a.remindedMs, b.remindedMs),
    recordedMs: Math.max(a.recordedMs, b.recordedMs),
    claimedMs: Math.max(a.claimedMs, b.claimedMs),
    version: 0,
  };
}

/** What was told of the later one is what people know. */
function isBetterKnown(a: KeptEpisode, b: KeptEpisode): boolean {
  if (a.told === 'nothing') return b.told === 'nothing' && a.failures !== null;
  return b.told === 'nothing' || a.lastMs > b.lastMs;
}

function isSame(a: CrossingSpan, b: CrossingSpan): boolean {
  const names = ['firstMs', 'lastMs', 'peak', 'peakMs', 'before', 'through'] as const;
  return names.every((name) => a[name] === b[name]);
}
