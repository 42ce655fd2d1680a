/** Episodes and messages for tests, of plain and of random values. */
import fc from 'fast-check';
import type { EpisodeReport, EventKind } from '../../src/rate-alarm/alarm.js';
import { type AlarmFacts, alarmMessage } from '../../src/rate-alarm/message.js';

export const LANTERN: EpisodeReport = {
  id: '20111129T101500123Z',
  began: '2011-11-29T10:15:00.123Z',
  ended: null,
  peak: 57,
  peakAt: '2011-11-29T10:15:07.000Z',
  orders: 1234,
  top: {
    customer: { id: 17850, share: 0.918 },
    product: { stockCode: '85123A', description: 'WHITE HANGING HEART T-LIGHT HOLDER', share: 0.4 },
    country: { name: 'United Kingdom', share: 1 },
  },
  notified: [],
};

export function messageOf(event: EventKind, facts: Partial<AlarmFacts> = {}) {
  return alarmMessage({
    ...{ id: `${LANTERN.id}-${event}`, event, episode: null, episodes: [], place: '/home/ann/.alakazam' },
    ...{ threshold: 10, windowMs: 1000, counted: 'orders' },
    ...facts,
  });
}

const iso = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const share = fc.double({ min: 0, max: 1, noNaN: true });
/** As sources may hold it: of any characters, and long. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.string({ unit: 'grapheme', maxLength: 250 }),
  fc.stringMatching(/^[[\]{}^~|\\€£\r\n\t A-Z]*$/, { maxLength: 250 }),
);

const episode: fc.Arbitrary<EpisodeReport> = fc.record({
  id: fc.constant(LANTERN.id),
  began: iso,
  ended: fc.option(iso),
  peak: fc.integer({ min: 1, max: 1_000_000_000 }),
  peakAt: iso,
  orders: fc.integer({ min: 1, max: 1_000_000_000 }),
  top: fc.option(
    fc.record({
      customer: fc.option(fc.record({ id: fc.integer({ min: 0, max: 2 ** 53 - 1 }), share })),
      product: fc.record({ stockCode: text, description: text, share }),
      country: fc.record({ name: text, share }),
    }),
  ),
  notified: fc.constant([]),
});

export const anyMessage = fc
  .record({
    event: fc.constantFrom<EventKind>('began', 'reminder', 'ended', 'caught-up', 'test'),
    episode: fc.option(episode),
    episodes: fc.array(episode, { maxLength: 50 }),
    place: text,
    threshold: fc.integer({ min: 1, max: 1_000_000 }),
    windowMs: fc.integer({ min: 100, max: 60_000 }),
    counted: fc.constantFrom('orders' as const, 'invoices' as const),
  })
  .map(({ event, ...facts }) => messageOf(event, facts));
