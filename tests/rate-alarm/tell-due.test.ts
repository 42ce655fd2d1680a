/** What is told of kept episodes, by whom and how often. */
import { expect, test } from 'vitest';
import type { AlarmMessage } from '../../src/rate-alarm/alarm.js';
import type { CrossingSpan } from '../../src/rate-alarm/crossing-span.js';
import type { Notifier, SendOutcome } from '../../src/rate-alarm/notifier.js';
import { recordSpan } from '../../src/rate-alarm/record-crossings.js';
import { type Telling, tellDue } from '../../src/rate-alarm/tell-due.js';
import { keptInMemory } from './kept-in-memory.js';
import { USUAL } from './usual-settings.js';

const AT = Date.UTC(2011, 10, 29, 10, 15);
const MINUTE = 60_000;
const NEVER = new AbortController().signal;
const TAKEN: SendOutcome = { outcome: 'delivered', detail: 'taken' };
const TOP = {
  customer: { id: 7, share: 1 },
  product: { stockCode: 'A', description: 'MUG', share: 1 },
  country: { name: 'EIRE', share: 1 },
};

function start(answer: (message: AlarmMessage) => Promise<SendOutcome> | SendOutcome = () => TAKEN) {
  const { kept, episodes } = keptInMemory();
  const got: AlarmMessage[] = [];
  let nowMs = AT;
  const notifier: Notifier = {
    name: 'topic',
    via: 'sns',
    async send(message) {
      const outcome = await answer(message);
      if (outcome.outcome === 'delivered') got.push(message);
      return outcome;
    },
  };
  const telling: Telling = {
    ...{ episodes, notifier, place: 'stack test', clock: () => nowMs, random: () => 0 },
    config: { ...USUAL, reminderMs: 15 * MINUTE, notify: ['began', 'reminder', 'ended', 'caught-up', 'test'] },
    timing: { lagMs: 30_000, settledMs: 90_000 },
    sharesOf: async () => TOP,
  };
  const recording = { episodes, quietMs: USUAL.quietMs, clock: () => nowMs };
  return {
    ...{ kept, got, telling, events: () => got.map(({ event }) => event) },
    cross: (timeMs: number, peak = 11) => recordSpan(spanAt(timeMs, peak), recording),
    async tellAt(timeMs: number) {
      nowMs = timeMs;
      return tellDue(telling, NEVER);
    },
    setTime(timeMs: number) {
      nowMs = timeMs;
    },
  };
}

function spanAt(timeMs: number, peak: number): CrossingSpan {
  return { firstMs: timeMs, lastMs: timeMs, peak, peakMs: timeMs, before: timeMs - AT, through: timeMs - AT + peak };
}

test('a beginning and an end are told once each, with whose the orders are', async () => {
  const { cross, tellAt, events, got, kept } = start();
  await cross(AT);
  for (const ms of [0, 1000, MINUTE, 89_999, 90_000, 10 * MINUTE]) await tellAt(AT + ms);
  expect(events()).toEqual(['began', 'ended']);
  expect(got[0]).toMatchObject({ id: '20111129T101500000Z-began', episode: { peak: 11, orders: 11, top: TOP } });
  expect(got[1]?.episode).toMatchObject({ ended: '2011-11-29T10:16:00.000Z', notified: [{ event: 'began' }] });
  expect(kept.get(AT)).toMatchObject({ told: 'ended', top: TOP, claimedMs: 0 });
});

test('of two who tell at once, one does', async () => {
  let release = () => {};
  const isHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { cross, telling, events } = start(async () => {
    await isHeld;
    return TAKEN;
  });
  await cross(AT);
  const both = [tellDue(telling, NEVER), tellDue(telling, NEVER)];
  release();
  expect((await Promise.all(both)).map(({ sent }) => sent).sort()).toEqual([0, 1]);
  expect(events()).toEqual(['began']);
});

test('what one claimed who died is told by another, a minute and a half later', async () => {
  const { cross, telling, tellAt, events, kept } = start();
  await cross(AT);
  const died = { ...telling, sharesOf: () => Promise.reject(new Error('killed')) };
  await expect(tellDue(died, NEVER)).rejects.toThrow('killed');
  await tellAt(AT + 89_000);
  expect(events()).toEqual([]);
  await cross(AT + 50_000);
  await tellAt(AT + 90_000);
  expect(events()).toEqual(['began']);
  expect(kept.size).toBe(1);
});

test('it reminds every quarter of an hour while a surge lasts', async () => {
  const { cross, tellAt, events } = start();
  for (let minute = 0; minute <= 40; minute++) {
    for (const atMs of [AT + minute * MINUTE, AT + minute * MINUTE + 30_000]) {
      await cross(atMs);
      await tellAt(atMs);
    }
  }
  expect(events()).toEqual(['began', 'reminder', 'reminder']);
});

test('a backlog of 40 bursts is told in one message, once no more comes', async () => {
  const { cross, tellAt, got, kept, setTime } = start();
  const now = AT + 86_400_000;
  for (let i = 0; i < 40; i++) {
    setTime(now + i * 1000);
    await cross(AT + i * 2 * MINUTE, 11 + i);
    await tellAt(now + i * 1000);
  }
  await tellAt(now + 39_000 + 89_999);
  expect(got).toEqual([]);
  await tellAt(now + 39_000 + 90_000);
  await tellAt(now + 3_600_000);
  expect(got.map(({ event, episodes }) => [event, episodes.length])).toEqual([['caught-up', 40]]);
  expect([...kept.values()].every(({ notified }) => notified[0]?.event === 'caught-up')).toBe(true);
});

test('a backlog whose orders take long to look at is told with whose the greatest are', async () => {
  const { cross, got, telling, setTime } = start();
  for (let i = 0; i < 40; i++) await cross(AT + i * 2 * MINUTE, 11 + i);
  const settledMs = AT + 86_400_000;
  setTime(settledMs);
  const looked: number[] = [];
  const sharesOf = async ({ peak }: CrossingSpan) => {
    looked.push(peak);
    setTime(settledMs + 3000 * looked.length);
    return TOP;
  };
  await tellDue({ ...telling, sharesOf }, NEVER);
  expect(looked).toEqual([50, 49, 48, 47]);
  const told = got.flatMap(({ episodes }) => episodes.map(({ peak, top }) => [peak, top]));
  expect(told).toEqual(Array.from({ length: 40 }, (_, i) => [11 + i, 11 + i >= 47 ? TOP : null]));
});

test('what fails is tried again, at most 12 times in ten minutes, and told once', async () => {
  let attempts = 0;
  let isDown = true;
  const { cross, tellAt, events, kept } = start(() => {
    attempts++;
    return isDown ? { outcome: 'failed', reason: 'SNS: Throttling' } : TAKEN;
  });
  await cross(AT);
  for (let second = 0; second < 600; second++) {
    if (second % 30 === 0) await cross(AT + second * 1000);
    await tellAt(AT + second * 1000);
  }
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThanOrEqual(12);
  expect(kept.get(AT)?.failures).toMatchObject({ event: 'began', count: attempts, problem: 'SNS: Throttling' });
  isDown = false;
  for (let second = 600; second < 1000; second += 30) {
    await cross(AT + second * 1000);
    await tellAt(AT + second * 1000);
  }
  expect(events().filter((event) => event === 'began')).toEqual(['began']);
  expect(kept.get(AT)?.failures).toBeNull();
});

test('what is refused is not tried again; the end still is', async () => {
  const { cross, tellAt, events, kept } = start(({ event }) =>
    event === 'began' ? { outcome: 'refused', reason: 'SNS: Invalid parameter' } : TAKEN,
  );
  await cross(AT);
  for (const ms of [0, 1000, MINUTE]) expect((await tellAt(AT + ms)).sent).toBe(0);
  expect(kept.get(AT)?.failures).toMatchObject({ count: 1, dueMs: null });
  // By then it is over, and nobody was told of it.
  await tellAt(AT + 91_000);
  expect(events()).toEqual(['caught-up']);
});

test('a surge that goes on after its end was told ends once more, and is the same episode', async () => {
  const { cross, tellAt, events, kept } = start();
  await cross(AT);
  await tellAt(AT);
  await tellAt(AT + 90_000);
  // A record that says nothing new changes nothing.
  await cross(AT);
  await tellAt(AT + 100_000);
  expect(events()).toEqual(['began', 'ended']);
  await cross(AT + 59_999);
  await tellAt(AT + 120_000);
  await tellAt(AT + 150_000);
  expect(events()).toEqual(['began', 'ended', 'ended']);
  expect([...kept.keys()]).toEqual([AT]);
});

test('a late record joins two episodes, of both of which people were told', async () => {
  const { cross, tellAt, events, kept, got } = start();
  await cross(AT);
  await tellAt(AT);
  await cross(AT + 100_000);
  await tellAt(AT + 100_000);
  await cross(AT + 55_000);
  await tellAt(AT + 190_000);
  expect([...kept.keys()]).toEqual([AT]);
  expect(events()).toEqual(['began', 'ended', 'began', 'ended']);
  expect(got.at(-1)?.episode).toMatchObject({ id: '20111129T101500000Z', orders: 100_011 });
});

test('nobody is told of what nobody wants to know', async () => {
  const { cross, telling, events, kept } = start();
  const config = { ...telling.config, notify: ['ended' as const, 'caught-up' as const, 'test' as const] };
  await cross(AT);
  await tellDue({ ...telling, config }, NEVER);
  expect(events()).toEqual([]);
  await tellDue({ ...telling, config, clock: () => AT + 90_000 }, NEVER);
  expect(events()).toEqual(['ended']);
  expect(kept.get(AT)?.told).toBe('ended');
});

test('the lower numbers of a job that lost its state do not make a surge of millions of orders', async () => {
  const { kept, telling } = start();
  const recording = { episodes: telling.episodes, quietMs: 60_000, clock: () => AT };
  await recordSpan({ ...spanAt(AT, 11), lastMs: AT + 900, before: 5_000_000, through: 5_000_040 }, recording);
  // Both what it tells again and what it tells further.
  await recordSpan({ ...spanAt(AT, 11), lastMs: AT + 800, before: 20, through: 55 }, recording);
  await recordSpan({ ...spanAt(AT + 2000, 15), before: 70, through: 85 }, recording);
  const episode = kept.get(AT) as CrossingSpan;
  expect(episode).toMatchObject({ peak: 15, lastMs: AT + 2000 });
  expect(episode.through - episode.before).toBe(40);
});
