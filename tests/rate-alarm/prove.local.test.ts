/** What `verify` proves of the alarm holds, also where settings were changed. */
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { openLocalAlarm } from '../../src/rate-alarm/alarm.local.js';
import type { AlarmSettings } from '../../src/rate-alarm/alarm-settings.js';
import { ALARM_STORE } from '../../src/rate-alarm/stored-alarm.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { manyLines, putter } from '../fixtures/orders.js';
import { seeded } from '../fixtures/random.js';
import { USUAL } from './usual-settings.js';

test.each(['orders', 'invoices'] as const)('bursts of %s under settings that change are proven', async (counted) => {
  const { home, open } = await localFixture();
  let nowMs = 1_000_000;
  const put = putter(await open(() => nowMs));
  const random = seeded(counted.length);
  const signal = new AbortController().signal;
  const alarmWith = async (settings: Partial<AlarmSettings>) => {
    const config = { ...USUAL, quietMs: 5000, counted, ...settings, reminderMs: null, notify: [] };
    const store = openStore(home, 'alarm', ALARM_STORE);
    const alarm = openLocalAlarm({
      store,
      stream: await open(),
      config,
      notifiers: [],
      place: home,
      clock: () => nowMs,
    });
    onTestFinished(() => alarm.close());
    return alarm;
  };
  const surges: number[] = [];
  for (const settings of [{}, { threshold: 3 }, { windowMs: 5000 }, { counted: 'orders' as const, threshold: 20 }]) {
    const alarm = await alarmWith(settings);
    for (let i = 0; i < 40; i++) {
      nowMs += Math.floor(random() * 4000);
      await put(manyLines(1 + Math.floor(random() * 25), i * 100));
      if (random() < 0.5) await alarm.update();
    }
    const proof = await alarm.prove(signal);
    expect(proof.differences).toEqual([]);
    surges.push(proof.figure[1]);
    // Whoever has other settings proves what these made.
    expect((await (await alarmWith({ threshold: 1 })).prove(signal)).differences).toEqual([]);
  }
  expect(Math.max(...surges)).toBeGreaterThan(2);
});
