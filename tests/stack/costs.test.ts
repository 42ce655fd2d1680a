import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { costOf, type Prices } from '../../src/stack/costs.js';
import type { StackModel } from '../../src/stack/parts.js';

const PRICES: Prices = {
  asOf: '2026-01-31',
  region: 'eu-central-1',
  prices: {
    Stream: { 'stream-hour': 0.04, 'shard-hour': 0.015, 'longer shard-hour': 0.02, GB: 0.08 },
    Table: { million: 0.625 },
    Free: { million: 3 },
  },
};

const MODEL: StackModel = {
  prices: PRICES,
  template: { Parameters: {}, Resources: {}, Outputs: {} },
  parts: [
    {
      stage: 'orders',
      rows: [],
      needs: {},
      usage: {
        Orders: [
          { what: 'hours', unit: 'stream-hour', atRest: 730, if: { Mode: 'ON_DEMAND' } },
          { what: 'shards', unit: 'shard-hour', atRest: 730, times: 'Shards', if: { Mode: 'PROVISIONED' } },
          { what: 'kept', unit: 'longer shard-hour', atRest: 730, times: 'Shards', over: { Hours: 24 } },
          { what: 'in', unit: 'GB', perMillionOrders: 0.954 },
        ],
        History: [{ what: 'written', unit: 'million', perMillionOrders: 1 }],
        Nothing: [{ what: 'reads', unit: 'million' }],
      },
    },
  ],
};

const RESOURCES = [
  { name: 'Orders', type: 'Stream' },
  { name: 'History', type: 'Table' },
  { name: 'Index', type: 'Table' },
  { name: 'Nothing', type: 'Free' },
  { name: 'Unknown', type: 'Unpriced' },
];

const cost = (parameters: Record<string, string>) => costOf(RESOURCES, new Map(Object.entries(parameters)), MODEL);

describe('the cost of a stack', () => {
  test('names the prices of an optional part that costs something only when it is used', () => {
    expect(costOf(RESOURCES, new Map(), MODEL)).not.toHaveProperty('byUse');
    const Type = 'AWS::RedshiftServerless::Workgroup';
    const Resources = { Nothing: { Type, Condition: 'HasIt' }, History: { Type, Condition: 'HasIt' } };
    const prices = { ...PRICES, prices: { [Type]: { million: 3 } } };
    const model = { ...MODEL, prices, template: { ...MODEL.template, Resources } };
    const resources = ['Nothing', 'History'].map((name) => ({ name, type: Type }));
    const { byUse, items } = costOf(resources, new Map(), model);
    // What the history costs for each million orders is no price by use.
    expect(byUse).toEqual([{ name: 'Nothing', what: 'reads', unit: 'million', price: '3' }]);
    expect(items.map(({ name }) => name)).toEqual(['History']);
  });

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
        const model: StackModel = {
          ...MODEL,
          prices: { ...PRICES, prices: { It: { unit: price / 100 } } },
          parts: [{ stage: '', rows: [], needs: {}, usage: { It: [{ what: '', unit: 'unit', atRest: units / 100 }] } }],
        };
        const { monthlyAtRest } = costOf([{ name: 'It', type: 'It' }], new Map(), model);
        const [whole = '', fraction = ''] = monthlyAtRest.split('.');
        expect(BigInt(whole + fraction.padEnd(4, '0'))).toBe(BigInt(price) * BigInt(units));
      }),
    );
  });

  test('of a unit without a price is unknown, not nothing', () => {
    const model = { ...MODEL, prices: { ...PRICES, prices: {} } };
    expect(() => costOf(RESOURCES, new Map(), model)).toThrow('no price of a GB of Stream');
  });

  // Two metrics at 0.1; one.
  test('of an alarm is that of each metric it looks at', () => {
    const Type = 'AWS::CloudWatch::Alarm';
    const Metrics = [{ Expression: 'a - b' }, { MetricStat: { Metric: {} } }, { MetricStat: { Metric: {} } }];
    const Resources = { Two: { Type, Properties: { Metrics } }, One: { Type, Properties: { MetricName: 'Errors' } } };
    const model = {
      parts: [],
      template: { ...MODEL.template, Resources },
      prices: { ...PRICES, prices: { [Type]: { month: 0.1 } } },
    };
    const { items } = costOf(
      ['Two', 'One'].map((name) => ({ name, type: Type })),
      new Map(),
      model,
    );
    expect(items.map(({ monthlyAtRest }) => monthlyAtRest)).toEqual(['0.2', '0.1']);
  });
});
