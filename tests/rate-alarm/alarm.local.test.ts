import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { openLocalAlarm } from '../../src/rate-alarm/alarm.local.js';
import { ALARM_DEFAULTS } from '../../src/rate-alarm/alarm-settings.js';
import { ALARM_STORE } from '../../src/rate-alarm/stored-alarm.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { manyLines, putter } from '../fixtures/orders.js';
import { type AlarmFixture, testAlarm } from './alarm.contract.js';

async function create() {
  const { home, open } = await localFixture();
  let nowMs = 0;
  let arrivalMs = 0;
  const stream = await open(() => arrivalMs);
  const put = putter(stream);
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
        config: { ...ALARM_DEFAULTS, ...settings, reminderMs, notify: ['began', 'reminder', 'ended', 'caught-up'] },
        ...{ notifiers, place: home, clock: () => nowMs },
      });
      onTestFinished(() => alarm.close());
      return alarm;
    },
  };
  return { ...fixture, home, stream };
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
  fixture.stream.clear();
  await alarm.update();
  expect(await alarm.episodes({ limit: 10 })).toEqual([]);
  expect((await alarm.status()).state).toBe('OK');
});
