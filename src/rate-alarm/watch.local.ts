/** Keeps the alarm up to date, gives its messages as they come, and sends them besides. */
import { setTimeout as delay } from 'node:timers/promises';
import type { AlarmMessage } from './alarm.js';
import type { AlarmParts } from './alarm-parts.local.js';

/** How often somebody who watches looks. */
const LOOK_MS = 50;
/** While a surge lasts, only its end and reminders are to be told. Each look commits, and would hold up who streams. */
const LOOK_IN_SURGE_MS = 1000;

export interface Watch {
  readonly parts: AlarmParts;
  readonly update: (signal?: AbortSignal) => Promise<unknown>;
  readonly deliver: (signal: AbortSignal) => Promise<void>;
}

export async function* watchMessages(
  { parts, update, deliver }: Watch,
  signal: AbortSignal,
  lastWordsMs: number,
): AsyncGenerator<AlarmMessage> {
  const { stored } = parts;
  let seen = stored.lastMessage();
  function* unseen() {
    for (; seen < stored.lastMessage(); ) {
      const message = stored.message(++seen);
      if (message) yield message;
    }
  }
  const giveUp = new AbortController();
  let sending: Promise<void> | undefined;
  // Who is told does not wait for who is slow to be told.
  const send = () => {
    sending ??= deliver(giveUp.signal).finally(() => {
      sending = undefined;
    });
    sending.catch(() => undefined);
    return sending;
  };
  while (!signal.aborted) {
    await update(signal);
    const failure = failureOf(send());
    yield* unseen();
    await Promise.race([delay(untilNextLookMs(parts), undefined, { signal }).catch(() => undefined), failure]);
  }
  const timer = setTimeout(() => giveUp.abort(), lastWordsMs);
  try {
    await update();
    yield* unseen();
    // One that is under way first, and then what it did not know of.
    await sending;
    await send();
  } finally {
    clearTimeout(timer);
  }
}

/** A surge is looked at when it may be over, so that the next one is not told late. */
function untilNextLookMs({ stored, config, clock }: AlarmParts): number {
  const { episode } = stored.state().rate;
  if (!episode || episode.endedMs !== null) return LOOK_MS;
  return Math.min(LOOK_IN_SURGE_MS, Math.max(LOOK_MS, episode.lastMs + config.quietMs - clock()));
}

/** Rejects as the work does, and else never ends: for a race. */
function failureOf(work: Promise<void>): Promise<never> {
  return new Promise((_, reject) => void work.catch(reject));
}
