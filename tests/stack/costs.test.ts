import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { costOf, type Prices } from '../../src/stack/costs.js';

const PRICES: Prices = {
  asOf: '2026-01-31',
  region: 'eu-central-1',
  resources: {
    Stream: {
      charges: [
        { what: 'hours', unit: 'hour', price: 0.04, atRest: 730, if: { Mode: 'ON_DEMAND' } },
        { what: 'shards', unit: 'hour', price: 0.015, atRest: 730, times: 'Shards', if: { Mode: 'PROVISIONED' } },
        { what: 'kept', unit: 'hour', price: 0.02, atRest: 730, times: 'Shards', over: { Hours: 24 } },
        { what: 'in', unit: 'GB', price: 0.08, perMillionOrders: 0.954 },
      ],
    },
    Table: { charges: [{ what: 'written', unit: 'million', price: 0.625, perMillionOrders: 1, only: 'History' }] },
    Free: { charges: [{ what: 'reads', unit: 'million', price: 3 }] },
  },
};

const RESOURCES = [
  { name: 'Orders', type: 'Stream' },
  { name: 'History', type: 'Table' },
  { name: 'Index', type: 'Table' },
  { name: 'Nothing', type: 'Free' },
  { name: 'Unknown', type: 'Unpriced' },
];

const cost = (parameters: Record<string, string>) => costOf(RESOURCES, new Map(Object.entries(parameters)), PRICES);

describe('the cost of a stack', () => {
  // Reckoned by hand: 730 × 0.04; 0.954 × 0.08 + 0.625.
  test('is what applies, to the last digit', () => {
    expect(cost({ Mode: 'ON_DEMAND', Shards: '3', Hours: '24' })).toEqual({
      monthlyAtRest: '29.2',
      perMillionOrders: '0.70132',
      items: [
        { name: 'Orders', what: 'hours', monthlyAtRest: '29.2', perMillionOrders: '0' },
        { name: 'Orders', what: 'in', monthlyAtRest: '0', perMillionOrders: '0.07632' },
        { name: 'History', what: 'written', monthlyAtRest: '0', perMillionOrders: '0.625' },
      ],
      asOf: '2026-01-31',
      region: 'eu-central-1',
    });
  });

  // 3 × 730 × 0.015, and 3 × 730 × 0.02 on top.
  test.each([
    ['24', '32.85'],
    ['25', '76.65'],
  ])('follows the parameters: %s hours cost %s', (Hours, expected) => {
    expect(cost({ Mode: 'PROVISIONED', Shards: '3', Hours }).monthlyAtRest).toBe(expected);
  });

  test('is exact where binary fractions are not', () => {
    const cents = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(cents, cents, (price, units) => {
        const prices: Prices = {
          ...PRICES,
          resources: { It: { charges: [{ what: '', unit: '', price: price / 100, atRest: units / 100 }] } },
        };
        const { monthlyAtRest } = costOf([{ name: 'It', type: 'It' }], new Map(), prices);
        const [whole = '', fraction = ''] = monthlyAtRest.split('.');
        expect(BigInt(whole + fraction.padEnd(4, '0'))).toBe(BigInt(price) * BigInt(units));
      }),
    );
  });
});
