import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EpisodeReport } from '../../src/rate-alarm/alarm.js';
import { emailOf } from '../../src/rate-alarm/email.js';
import { smsOf } from '../../src/rate-alarm/sms.js';
import { isGsm7, septets } from './gsm7-codes.js';
import { anyMessage, LANTERN, messageOf } from './reports.js';

const top = LANTERN.top as NonNullable<EpisodeReport['top']>;
const ended = { ...LANTERN, ended: '2011-11-29T10:21:03.500Z' };
const withProduct = (description: string, share = 0.4): EpisodeReport => ({
  ...LANTERN,
  top: { ...top, product: { ...top.product, description, share } },
});

/** 40 episodes, one an hour from 2011-11-28 00:00; the 18th is the greatest, and the 30th as great. */
const forty = Array.from({ length: 40 }, (_, i) => {
  const at = new Date(Date.UTC(2011, 10, 28, i)).toISOString();
  return { ...LANTERN, began: at, ended: at, peakAt: at, orders: 100, peak: i === 17 || i === 29 ? 99 : 20 + (i % 5) };
});

describe('the text', () => {
  test.each([
    [
      'began',
      { episode: LANTERN },
      'Orders surge since 2011-11-29 10:15:00 UTC: 57 orders in 1 s at the peak, 1,234 orders so far. The alarm is raised by more than 10 orders in 1 s. Customer 17850 has 91% of them, which suggests a bot. Product 85123A (WHITE HANGING HEART T-LIGHT HOLDER) has 40%. United Kingdom has 100%. Type: alakazam alarm',
    ],
    [
      'reminder',
      { episode: { ...withProduct('TEACUP', 0.9), orders: 1, peak: 1 }, counted: 'invoices', windowMs: 500 },
      'Orders still surge, since 2011-11-29 10:15:00 UTC: 1 invoice in 0.5 s at the peak, 1 order so far. The alarm is raised by more than 10 invoices in 0.5 s. Customer 17850 has 91% of them, which suggests a bot. Product 85123A (TEACUP) has 90%, which suggests a bestseller or a wrong price. United Kingdom has 100%. Type: alakazam alarm',
    ],
    [
      'ended',
      { episode: { ...ended, top: { ...top, customer: null, product: { ...top.product, description: ' ' } } } },
      'The surge of orders from 2011-11-29 10:15:00 UTC is over since 2011-11-29 10:21:03 UTC: 57 orders in 1 s at the peak, 1,234 orders in all. The alarm is raised by more than 10 orders in 1 s. All of them are guest orders. Product 85123A has 40%. United Kingdom has 100%. Type: alakazam alarm',
    ],
    [
      'caught-up',
      { episodes: forty.map((each) => ({ ...each, top: null })) },
      '40 surges of orders, from 2011-11-28 00:00:00 UTC to 2011-11-29 15:00:00 UTC, all over before anybody was told. The greatest had 99 orders in 1 s, at 2011-11-28 17:00:00 UTC. In all 4,000 orders. Type: alakazam alarm history',
    ],
    [
      'test',
      {},
      'This is a test of the rate alarm. You are told here when more than 10 orders in 1 s arrive. Type: alakazam alarm',
    ],
  ] as const)('of %s says what happened and what to type', (event, facts, text) => {
    expect(messageOf(event, facts).text).toBe(text);
  });

  test('stays on one line, whatever a description holds', () => {
    const { text } = messageOf('began', { episode: withProduct('TEA\r\nCUP\u001b[2J\u202e') });
    expect(text).toContain('Product 85123A (TEA CUP [2J ) has');
  });

  test('suggests nothing below 90%, and rounds no share up to all', () => {
    const episode = {
      ...LANTERN,
      top: { ...top, customer: { id: 1, share: 0.8999 }, country: { name: 'EIRE', share: 0.9999 } },
    };
    const { text } = messageOf('began', { episode });
    expect(text).toContain('Customer 1 has 89% of them. Product');
    expect(text).toContain('EIRE has 99%.');
  });
});

describe('an SMS', () => {
  test.each([
    [
      'began',
      { episode: LANTERN },
      'Surge since 29 Nov 10:15:00 UTC: peak 57 orders in 1 s, 1,234 so far. Customer 17850 91%: bot? WHITE HANGING H... 40%. United Kingdom 100%. Type: alakazam alarm',
    ],
    [
      'reminder',
      { episode: withProduct('£5 CAFÉ 🎄 {SET}\n', 0.95) },
      'Surge goes on since 29 Nov 10:15:00 UTC: peak 57 orders in 1 s, 1,234 so far. Customer 17850 91%: bot? £5 CAFÉ ? {SET} 95%: wrong price? Type: alakazam alarm',
    ],
    [
      'ended',
      { episode: { ...ended, top: { ...top, customer: null } }, counted: 'invoices' },
      'Surge since 29 Nov 10:15:00 UTC is over: peak 57 invoices in 1 s, 1,234 orders in all. Guests 100%. WHITE HANGING HEART T-LIGHT HOLDER 40%. Type: alakazam alarm',
    ],
    [
      'caught-up',
      { episodes: forty },
      '40 surges of orders, all over: 28 Nov 00:00:00 to 29 Nov 15:00:00 UTC. Peak 99 orders in 1 s, 28 Nov 17:00:00 UTC. Type: alakazam alarm history',
    ],
    [
      'test',
      {},
      'Test of the rate alarm. You are told here when more than 10 orders in 1 s arrive. Type: alakazam alarm',
    ],
  ] as const)('of %s has the most important', (event, facts, sms) => {
    expect(smsOf(messageOf(event, facts))).toBe(sms);
  });

  test('always is one of GSM 7-bit characters that says what to type', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const sms = smsOf(message);
        expect(isGsm7(sms)).toBe(true);
        expect(septets(sms)).toBeLessThanOrEqual(160);
        expect(sms).toMatch(/ Type: alakazam alarm( history)?$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an e-mail', () => {
  test('has everything, a line for each fact', () => {
    const notified = [{ event: 'began' as const, via: 'webhook', at: '2011-11-29T10:15:01.000Z' }];
    const message = messageOf('ended', { episode: { ...ended, notified } });
    expect(emailOf(message)).toEqual({
      subject: 'alakazam: ALARM is over: 57 orders in 1 s, since 2011-11-29 10:15:00 UTC',
      body: `${message.text}

began      2011-11-29 10:15:00 UTC
ended      2011-11-29 10:21:03 UTC
peak       57 orders in 1 s, at 2011-11-29 10:15:07 UTC
orders     1,234
customer   17850, 91%: suggests a bot
product    85123A WHITE HANGING HEART T-LIGHT HOLDER, 40%
country    United Kingdom, 100%
told       began by webhook, at 2011-11-29 10:15:01 UTC
threshold  more than 10 orders in 1 s
where      /home/ann/.alakazam
message    20111129T101500123Z-ended
`,
    });
  });

  test('lists the surges that were caught up with, 200 at most', () => {
    const lines = emailOf(messageOf('caught-up', { episodes: forty })).body.split('\n');
    expect(lines.filter((line) => /^2011-11-2\d \d\d:00:00 UTC {2}\d+ orders in 1 s$/.test(line))).toHaveLength(40);
    const many = emailOf(messageOf('caught-up', { episodes: Array.from({ length: 1500 }, () => LANTERN) }));
    expect(many.body).toMatch(/\nand 1,300 more\n$/);
    expect(many.subject).toBe('alakazam: 1,500 past surges of orders');
  });

  test('has a subject that SNS takes', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(emailOf(message).subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });
});
