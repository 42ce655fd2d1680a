/** What every rate alarm promises; each driver's tests are one call of this. */
import { describe, expect, test } from 'vitest';
import { GUEST } from '../../src/orders/order-block.js';
import type { AlarmMessage, EpisodeReport, RateAlarm } from '../../src/rate-alarm/alarm.js';
import type { AlarmSettings } from '../../src/rate-alarm/alarm-settings.js';
import type { Notifier, SendOutcome } from '../../src/rate-alarm/notifier.js';
import type { Line } from '../fixtures/orders.js';

export interface AlarmFixture {
  /** Puts orders that arrive at a time. */
  arrive(timeMs: number, lines: readonly Line[]): Promise<void>;
  /** What the alarm takes for now. */
  setTime(timeMs: number): void;
  /** Another handle on the alarm, as another process has one. */
  open(options?: OpenOptions): Promise<RateAlarm>;
}

export interface OpenOptions extends Partial<AlarmSettings> {
  readonly notifiers?: readonly Notifier[];
  readonly reminderMs?: number | null;
}

const AT = Date.UTC(2011, 10, 29, 10, 15);
const NEVER = new AbortController().signal;

/** A notifier that keeps what it gets. */
export function recorder(name = 'recorder', answer: (message: AlarmMessage) => SendOutcome = () => TAKEN) {
  const got: AlarmMessage[] = [];
  const notifier: Notifier = {
    name,
    via: 'webhook',
    async send(message) {
      const delivery = answer(message);
      if (delivery.outcome === 'delivered') got.push(message);
      return delivery;
    },
  };
  return { got, notifier };
}

const TAKEN: SendOutcome = { outcome: 'delivered', detail: 'taken' };

const lines = (count: number, more: Line = {}) =>
  Array.from({ length: count }, (_, i): Line => ({ stockCode: `P${i}`, ...more }));

/** `hasOutbox`: it sends messages itself, to several destinations. On AWS a topic of SNS does that. */
export function testAlarm(name: string, create: () => Promise<AlarmFixture>, { hasOutbox = true } = {}) {
  /** Brings it up to date at a time, and sends what is to be sent. */
  async function look(fixture: AlarmFixture, alarm: RateAlarm, timeMs: number): Promise<void> {
    fixture.setTime(timeMs);
    await alarm.update();
    await alarm.deliver(NEVER);
  }

  describe(`${name}: rate alarm`, () => {
    test('is quiet before the first order', async () => {
      const fixture = await create();
      const alarm = await fixture.open();
      await look(fixture, alarm, AT);
      expect(await alarm.status()).toEqual({
        ...{ state: 'OK', since: null, threshold: 10, windowMs: 1000, counted: 'orders', episode: null },
        rate: { lastSecond: 0, lastMinute: 0 },
      });
    });

    test('lets ten orders in a second pass, and tells of the eleventh, once', async () => {
      const fixture = await create();
      const { got, notifier } = recorder();
      const alarm = await fixture.open({ notifiers: [notifier] });
      await fixture.arrive(AT, lines(10));
      await look(fixture, alarm, AT + 1000);
      // A window is closed: what arrived a second before counts.
      expect((await alarm.status()).state).toBe('OK');
      await fixture.arrive(AT + 1000, lines(1));
      await look(fixture, alarm, AT + 1001);
      await look(fixture, alarm, AT + 1002);
      expect((await alarm.status()).state).toBe('ALARM');
      expect(got.map(({ event, episode }) => [event, episode?.began, episode?.peak])).toEqual([
        ['began', new Date(AT + 1000).toISOString(), 11],
      ]);
    });

    test('does not count an order that arrived a millisecond before the window', async () => {
      const fixture = await create();
      const alarm = await fixture.open();
      await fixture.arrive(AT, lines(10));
      await fixture.arrive(AT + 1001, lines(1));
      await look(fixture, alarm, AT + 2000);
      expect(await alarm.episodes({ limit: 10 })).toEqual([]);
    });

    test.each([
      [59_000, 1],
      [61_000, 2],
    ])('takes bursts that are %i ms apart for %i', async (apart, expected) => {
      const fixture = await create();
      const { got, notifier } = recorder();
      const alarm = await fixture.open({ notifiers: [notifier] });
      for (const at of [AT, AT + apart]) {
        await fixture.arrive(at, lines(11));
        await look(fixture, alarm, at);
      }
      await look(fixture, alarm, AT + apart + 59_999);
      expect((await alarm.status()).state).toBe('ALARM');
      await look(fixture, alarm, AT + apart + 60_000);
      expect((await alarm.status()).state).toBe('OK');
      const episodes = await alarm.episodes({ limit: 10 });
      expect(episodes).toHaveLength(expected);
      expect(episodes[0]?.ended).toBe(new Date(AT + apart + 60_000).toISOString());
      expect(got.map(({ event }) => event)).toEqual(Array.from({ length: expected }, () => ['began', 'ended']).flat());
      expect(episodes[0]?.notified.map(({ event, via }) => [event, via])).toEqual([
        ['began', 'webhook'],
        ['ended', 'webhook'],
      ]);
    });

    test('says how many, when most, and whose and of what', async () => {
      const fixture = await create();
      const alarm = await fixture.open();
      await fixture.arrive(AT - 1500, lines(5, { customer: 7 }));
      await fixture.arrive(AT, [...lines(9, { customer: 7, stockCode: 'A', description: 'MUG' }), ...lines(3)]);
      await fixture.arrive(AT + 400, [
        ...lines(6, { customer: 8, country: 'France' }),
        ...lines(2, { customer: GUEST }),
      ]);
      await fixture.arrive(AT + 3000, lines(4));
      await look(fixture, alarm, AT + 90_000);
      expect(await alarm.episodes({ limit: 10 })).toEqual([
        {
          id: '20111129T101500000Z',
          began: new Date(AT).toISOString(),
          ended: new Date(AT + 60_400).toISOString(),
          peak: 20,
          peakAt: new Date(AT + 400).toISOString(),
          orders: 20,
          top: {
            customer: { id: 7, share: 0.45 },
            product: { stockCode: 'A', description: 'MUG', share: 0.45 },
            country: { name: 'EIRE', share: 0.7 },
          },
          notified: [],
        },
      ]);
    });

    test('tells of a backlog in one message, and remembers every burst', async () => {
      const fixture = await create();
      const { got, notifier } = recorder();
      const alarm = await fixture.open({ notifiers: [notifier] });
      for (let i = 0; i < 40; i++) await fixture.arrive(AT + i * 120_000, lines(11 + i));
      await look(fixture, alarm, AT + 86_400_000);
      expect(got.map(({ event, episodes }) => [event, episodes.length])).toEqual([['caught-up', 40]]);
      const episodes = await alarm.episodes({ limit: 100 });
      expect(episodes.map(({ peak }) => peak)).toEqual(Array.from({ length: 40 }, (_, i) => 50 - i));
      expect(await alarm.episodes({ sinceMs: AT + 39 * 120_000, limit: 100 })).toHaveLength(1);
      expect(await alarm.episodes({ limit: 3 })).toHaveLength(3);
    });

    test('counts an invoice once, where invoices are counted', async () => {
      const fixture = await create();
      const alarm = await fixture.open({ counted: 'invoices', threshold: 2 });
      await fixture.arrive(AT, lines(20, { invoiceNo: '1' }));
      await fixture.arrive(AT + 500, [...lines(20, { invoiceNo: '2' }), ...lines(3, { invoiceNo: '1' })]);
      await look(fixture, alarm, AT + 600);
      expect((await alarm.status()).state).toBe('OK');
      await fixture.arrive(AT + 1500, lines(1, { invoiceNo: '3' }));
      await look(fixture, alarm, AT + 1600);
      expect((await alarm.status()).episode).toMatchObject({ peak: 3, orders: 24 });
    });

    test('reminds every fifteen minutes while it lasts', async () => {
      const fixture = await create();
      const { got, notifier } = recorder();
      const alarm = await fixture.open({ notifiers: [notifier] });
      for (let minute = 0; minute <= 40; minute++) {
        // Half a minute apart, so that no quiet period passes.
        for (const at of [AT + minute * 60_000, AT + minute * 60_000 + 30_000]) {
          await fixture.arrive(at, lines(11));
          await look(fixture, alarm, at);
        }
      }
      expect(got.map(({ event }) => event)).toEqual(['began', 'reminder', 'reminder']);
    });

    test('goes on where another left it, in the middle of a burst', async () => {
      const fixture = await create();
      const { got, notifier } = recorder();
      await fixture.arrive(AT, lines(7));
      await look(fixture, await fixture.open({ notifiers: [notifier] }), AT + 1);
      await fixture.arrive(AT + 900, lines(7));
      await look(fixture, await fixture.open({ notifiers: [notifier] }), AT + 901);
      await fixture.arrive(AT + 950, lines(7));
      const last = await fixture.open({ notifiers: [notifier] });
      await look(fixture, last, AT + 951);
      expect(got.map(({ event }) => event)).toEqual(['began']);
      expect((await last.status()).episode).toMatchObject({ peak: 21, orders: 21 });
    });

    test('shows how many came in the last second and minute', async () => {
      const fixture = await create();
      const alarm = await fixture.open();
      await fixture.arrive(AT, lines(4));
      await fixture.arrive(AT + 30_000, lines(3));
      await fixture.arrive(AT + 59_500, lines(2));
      await look(fixture, alarm, AT + 60_000);
      expect((await alarm.status()).rate).toEqual({ lastSecond: 2, lastMinute: 5 });
      expect(await alarm.recentRates(31)).toEqual([3, ...new Array(29).fill(0), 2]);
    });

    test('keeps what a destination refuses, says so, and sends it again when asked to', async () => {
      const fixture = await create();
      let isOpen = false;
      const { got, notifier } = recorder('closed', () => (isOpen ? TAKEN : { outcome: 'refused', reason: 'HTTP 410' }));
      const alarm = await fixture.open({ notifiers: [notifier] });
      await fixture.arrive(AT, lines(11));
      await look(fixture, alarm, AT);
      await look(fixture, alarm, AT + 50_000);
      expect(await alarm.destinations()).toEqual([
        { name: 'closed', via: 'webhook', waiting: 0, failed: 1, problem: 'HTTP 410' },
      ]);
      isOpen = true;
      expect(await alarm.retryFailed()).toBe(1);
      await alarm.deliver(NEVER);
      expect(got).toHaveLength(1);
    });

    test('sends what waits for its next attempt at once when asked to', async () => {
      const fixture = await create();
      let isDown = true;
      const { got, notifier } = recorder('down', () => (isDown ? { outcome: 'failed', reason: 'HTTP 500' } : TAKEN));
      const alarm = await fixture.open({ notifiers: [notifier] });
      await fixture.arrive(AT, lines(11));
      await look(fixture, alarm, AT);
      isDown = false;
      await alarm.deliver(NEVER);
      expect(got).toHaveLength(0);
      expect(await alarm.retryFailed()).toBe(1);
      await alarm.deliver(NEVER);
      expect(got).toHaveLength(1);
      expect(await alarm.retryFailed()).toBe(0);
    });

    test('says of whom most orders are by now, in a reminder and in the history too', async () => {
      const fixture = await create();
      const { got, notifier } = recorder();
      const alarm = await fixture.open({ notifiers: [notifier], reminderMs: 10_000 });
      await fixture.arrive(AT, lines(11, { customer: 7 }));
      await look(fixture, alarm, AT);
      await fixture.arrive(AT + 5000, lines(33, { customer: 8 }));
      await look(fixture, alarm, AT + 5000);
      const customerOf = (of: EpisodeReport | null | undefined) => of?.top?.customer;
      expect(customerOf((await alarm.episodes({ limit: 1 }))[0])).toEqual({ id: 8, share: 0.75 });
      await look(fixture, alarm, AT + 10_000);
      expect(got.map(({ event, episode }) => [event, customerOf(episode)])).toEqual([
        ['began', { id: 7, share: 1 }],
        ['reminder', { id: 8, share: 0.75 }],
      ]);
    });

    test('tells whoever watches', async () => {
      const fixture = await create();
      const alarm = await fixture.open();
      const stop = new AbortController();
      const seen: string[] = [];
      fixture.setTime(AT);
      const watching = (async () => {
        for await (const { event } of alarm.watch(stop.signal, 100)) {
          seen.push(event);
          if (event === 'began') fixture.setTime(AT + 60_000);
          else stop.abort();
        }
      })();
      await fixture.arrive(AT, lines(11));
      await watching;
      expect(seen).toEqual(['began', 'ended']);
    });

    if (!hasOutbox) return;

    test('sends again what a destination did not take, and delays no other', async () => {
      const fixture = await create();
      let isDown = true;
      const slow = recorder('slow', () => (isDown ? { outcome: 'failed', reason: 'HTTP 500' } : TAKEN));
      const quick = recorder('quick');
      const alarm = await fixture.open({ notifiers: [slow.notifier, quick.notifier] });
      await fixture.arrive(AT, lines(11));
      await look(fixture, alarm, AT);
      expect([slow.got.length, quick.got.length]).toEqual([0, 1]);
      expect(await alarm.destinations()).toEqual([
        { name: 'slow', via: 'webhook', waiting: 1, failed: 0, problem: 'HTTP 500' },
        { name: 'quick', via: 'webhook', waiting: 0, failed: 0, problem: null },
      ]);
      isDown = false;
      // The first wait is a second at most.
      await look(fixture, alarm, AT + 1000);
      await look(fixture, alarm, AT + 2000);
      expect([slow.got.length, quick.got.length]).toEqual([1, 1]);
      expect((await alarm.destinations()).map(({ waiting, problem }) => [waiting, problem])).toEqual([
        [0, null],
        [0, null],
      ]);
    });

    test('sends a test message to everybody, and says what became of it', async () => {
      const fixture = await create();
      const there = recorder('there');
      const gone = recorder('gone', () => ({ outcome: 'refused', reason: 'HTTP 404' }));
      const alarm = await fixture.open({ notifiers: [there.notifier, gone.notifier] });
      expect(await alarm.test(NEVER)).toEqual([
        { destination: 'there', isDelivered: true, detail: 'taken' },
        { destination: 'gone', isDelivered: false, detail: 'HTTP 404' },
      ]);
      expect(there.got.map(({ event }) => event)).toEqual(['test']);
    });
  });
}
