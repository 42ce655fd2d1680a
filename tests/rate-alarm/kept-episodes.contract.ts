/** What every store of episodes promises; each driver's tests are one call of this. */
import { describe, expect, test } from 'vitest';
import type { KeptEpisode, KeptEpisodes } from '../../src/rate-alarm/kept-episodes.js';

export function keptEpisode(firstMs: number, more: Partial<KeptEpisode> = {}): KeptEpisode {
  const span = { firstMs, lastMs: firstMs + 10, peak: 11, peakMs: firstMs, before: 5, through: 16 };
  const untold = { told: 'nothing', notified: [], remindedMs: 0, top: null, failures: null } as const;
  return { ...span, ...untold, recordedMs: firstMs + 3000, claimedMs: 0, version: 0, ...more };
}

export async function allOf(episodes: KeptEpisodes, beforeMs?: number): Promise<KeptEpisode[]> {
  const found: KeptEpisode[] = [];
  for await (const episode of episodes.latestFirst(beforeMs)) found.push(episode);
  return found;
}

export function testKeptEpisodes(name: string, create: () => Promise<KeptEpisodes>) {
  describe(`${name}: kept episodes`, () => {
    test('come the latest first, those before a time', async () => {
      const episodes = await create();
      for (let i = 0; i < 60; i++) await episodes.replace([], keptEpisode(1000 + i));
      expect((await allOf(episodes)).map(({ firstMs }) => firstMs)).toEqual(
        Array.from({ length: 60 }, (_, i) => 1059 - i),
      );
      expect((await allOf(episodes, 1002)).map(({ firstMs }) => firstMs)).toEqual([1001, 1000]);
    });

    test('are what was put, with a version that rises', async () => {
      const episodes = await create();
      const whole = keptEpisode(1_322_561_700_123, {
        told: 'began',
        notified: [{ event: 'began', via: 'sns', at: '2011-11-29T10:15:00.123Z' }],
        top: {
          customer: null,
          product: { stockCode: 'A', description: '£ "MUG"', share: 0.5 },
          country: { name: 'EIRE', share: 1 },
        },
        failures: { event: 'ended', count: 2, firstMs: 5, dueMs: null, problem: 'SNS: no' },
        ...{ remindedMs: 7, claimedMs: 8 },
      });
      expect(await episodes.replace([], whole)).toBe(true);
      const [first] = (await allOf(episodes)) as [KeptEpisode];
      expect(first).toEqual({ ...whole, version: 1 });
      expect(await episodes.replace([first], { ...first, told: 'ended' })).toBe(true);
      expect(await allOf(episodes)).toEqual([{ ...whole, told: 'ended', version: 2 }]);
    });

    test('a write that comes after another does nothing', async () => {
      const episodes = await create();
      await episodes.replace([], keptEpisode(1000));
      const [seen] = (await allOf(episodes)) as [KeptEpisode];
      expect(await episodes.replace([], keptEpisode(1000, { peak: 99 }))).toBe(false);
      expect(await episodes.replace([seen], { ...seen, peak: 12 })).toBe(true);
      expect(await episodes.replace([seen], { ...seen, peak: 13 })).toBe(false);
      expect((await allOf(episodes)).map(({ peak }) => peak)).toEqual([12]);
    });

    test('several become one, all or none', async () => {
      const episodes = await create();
      for (const firstMs of [1000, 2000, 3000]) await episodes.replace([], keptEpisode(firstMs));
      const [third, second, first] = (await allOf(episodes)) as [KeptEpisode, KeptEpisode, KeptEpisode];
      await episodes.replace([third], { ...third, peak: 12 });
      expect(await episodes.replace([third, second, first], { ...first, peak: 20 })).toBe(false);
      expect((await allOf(episodes)).map(({ peak }) => peak)).toEqual([12, 11, 11]);
      expect(await episodes.replace([second, first], { ...first, peak: 20 })).toBe(true);
      // An earlier time is another place.
      const [, one] = (await allOf(episodes)) as [KeptEpisode, KeptEpisode];
      expect(await episodes.replace([one], { ...one, firstMs: 900 })).toBe(true);
      expect((await allOf(episodes)).map(({ firstMs, peak }) => [firstMs, peak])).toEqual([
        [3000, 12],
        [900, 20],
      ]);
    });
  });
}
