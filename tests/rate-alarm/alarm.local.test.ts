import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { type LocalAlarm, openLocalAlarm } from '../../src/rate-alarm/alarm.local.js';
import { ALARM_STORE } from '../../src/rate-alarm/stored-alarm.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { manyLines, putter } from '../fixtures/orders.js';
import { type AlarmFixture, recorder, testAlarm } from './alarm.contract.js';
import { USUAL } from './usual-settings.js';

async function create() {
  const { home, open } = await localFixture();
  let nowMs = 0;
  let arrivalMs = 0;
  const stream = await open(() => arrivalMs);
  let put = putter(stream);
  const fixture: AlarmFixture = {
    async arrive(timeMs, lines) {
      arrivalMs = timeMs;
      await put(lines);
    },
    setTime(timeMs) {
      nowMs = timeMs;
    },
    async open({ notifiers = [], reminderMs = 900_000, ...settings } = {}) {
      const alarm = openLocalAlarm({
        store: openStore(home, 'alarm', ALARM_STORE),
        stream: await open(),
        config: { ...USUAL, ...settings, reminderMs, notify: ['began', 'reminder', 'ended', 'caught-up'] },
        ...{ notifiers, place: home, clock: () => nowMs },
      });
      onTestFinished(() => alarm.close());
      return alarm;
    },
  };
  /** Empties the stream. */
  async function empty(): Promise<void> {
    await stream.clear();
    put = putter(stream);
  }
  return { ...fixture, home, empty };
}

testAlarm('local', create);

test('made again from the stream, it is the same', async () => {
  const fixture = await create();
  const { arrive, setTime, home } = fixture;
  for (let i = 0; i < 200; i++) await arrive(1_000_000 + i * 7919 * (i % 7), manyLines(1 + ((i * 13) % 14), i * 20));
  setTime(10_000_000);
  const first = await fixture.open();
  await first.update();
  const episodes = await first.episodes({ limit: 1000 });
  expect(episodes.length).toBeGreaterThan(3);
  await first.close();
  rmSync(join(home, 'alarm.mdb'));
  const again = await fixture.open();
  await again.update();
  expect(await again.episodes({ limit: 1000 })).toEqual(episodes);
});

test('an emptied stream has no surges', async () => {
  const fixture = await create();
  await fixture.arrive(1_000_000, manyLines(20));
  const alarm = await fixture.open();
  await alarm.update();
  expect(await alarm.episodes({ limit: 10 })).toHaveLength(1);
  await fixture.empty();
  await alarm.update();
  expect(await alarm.episodes({ limit: 10 })).toEqual([]);
  expect((await alarm.status()).state).toBe('OK');
});

test('whoever watches hears of the first surge of a stream that was emptied', async () => {
  const fixture = await create();
  const alarm = await fixture.open();
  const stop = new AbortController();
  const began: (string | undefined)[] = [];
  fixture.setTime(1_000_000);
  const watching = (async () => {
    for await (const { episode } of alarm.watch(stop.signal, 100)) began.push(episode?.began);
  })();
  await fixture.arrive(1_000_000, manyLines(20));
  await expect.poll(() => began).toHaveLength(1);
  await fixture.empty();
  fixture.setTime(2_000_000);
  await fixture.arrive(2_000_000, manyLines(20));
  await expect.poll(() => began).toEqual([1_000_000, 2_000_000].map((ms) => new Date(ms).toISOString()));
  stop.abort();
  await watching;
});

test('a message is sent also where the clock has stepped back', async () => {
  const fixture = await create();
  const { got, notifier } = recorder();
  const alarm = await fixture.open({ notifiers: [notifier] });
  await fixture.arrive(5_000_000, manyLines(20));
  fixture.setTime(5_000_000);
  await alarm.update();
  fixture.setTime(1_000_000);
  await alarm.deliver(new AbortController().signal);
  expect(got.map(({ event }) => event)).toEqual(['began']);
});

test('a webhook that is down for ten minutes gets one message, after at most twelve attempts', async () => {
  const fixture = await create();
  const upMs = 5_000_000 + 600_000;
  let [nowMs, attempts] = [5_000_000, 0];
  const { got, notifier } = recorder('webhook', () => {
    attempts++;
    return nowMs < upMs ? { outcome: 'failed', reason: 'answered HTTP 500' } : { outcome: 'delivered', detail: '' };
  });
  await fixture.arrive(nowMs, manyLines(20));
  const alarm = await fixture.open({ notifiers: [notifier], quietMs: 86_400_000, reminderMs: null });
  // Somebody looks ten times a second, until well after the longest wait.
  for (; nowMs < upMs + 400_000; nowMs += 100) {
    fixture.setTime(nowMs);
    if (nowMs === 5_000_000) await alarm.update();
    await alarm.deliver(new AbortController().signal);
    if (nowMs === upMs - 100) expect(attempts).toBeLessThanOrEqual(12);
  }
  expect(got.map(({ event }) => event)).toEqual(['began']);
  expect(await alarm.destinations()).toEqual([
    { name: 'webhook', via: 'webhook', waiting: 0, failed: 0, problem: null },
  ]);
});

test('a surge of a clock that was a day ahead is over when the clock is set right', async () => {
  const { arrive, setTime, open } = await create();
  await arrive(1_000_000 + 86_400_000, manyLines(50));
  const alarm = await open();
  await alarm.update();
  for (let i = 0; i < 20; i++) await arrive(1_000_000 + i * 1000, manyLines(1, 100 + i));
  setTime(1_020_000);
  await alarm.update();
  expect(await alarm.status()).toMatchObject({ state: 'OK' });
  expect(await alarm.episodes({ limit: 10 })).toMatchObject([{ orders: 50, peak: 50 }]);
  const { differences } = await (alarm as LocalAlarm).prove(new AbortController().signal);
  expect(differences).toEqual([]);
});
