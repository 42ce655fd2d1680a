import { expect, test } from 'vitest';
import { whyNotThere } from '../../src/stack/regions.js';
import { MODEL } from '../fixtures/built-stack.js';

const { template } = MODEL;
const refusal = (type: string) => `Template format error: Unrecognized resource types: [${type}]`;

test('a region without budgets: says which parameter leaves the budget out', () => {
  expect(whyNotThere(refusal('AWS::Budgets::Budget'), template)).toBe(
    'this region has no AWS::Budgets::Budget: leave it out with alakazam deploy --param MonthlyBudgetUsd=0, or set AWS_REGION to another region',
  );
});

test.each([
  ['AWS::RedshiftServerless::Workgroup', 'redshift'],
  ['AWS::QuickSight::DataSource', 'quicksight'],
  ['AWS::QuickSight::Dashboard', 'quicksight'],
])('a region without %s: says how to leave its part out', (type, part) => {
  const found = whyNotThere(refusal(type), template);
  expect(found).toMatch(new RegExp(`: leave it out with alakazam deploy --without ${part}, or`));
});

test('a region without a type that the stack can’t do without', () => {
  expect(whyNotThere(refusal('AWS::Kinesis::Stream'), template)).toBe(
    'this region has no AWS::Kinesis::Stream: set AWS_REGION to another region',
  );
});

test('conditions that depend on conditions are followed', () => {
  const nested = {
    ...template,
    Parameters: { Size: { Type: 'String', Default: 'none' }, Other: { Type: 'String' } },
    Conditions: {
      HasSize: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Size' }, 'none'] }] },
      HasAll: { 'Fn::And': [{ Condition: 'HasSize' }, { 'Fn::Equals': ['a', 'a'] }] },
    },
    Resources: { Cluster: { Type: 'AWS::EMR::Cluster', Condition: 'HasAll' } },
  };
  expect(whyNotThere(refusal('AWS::EMR::Cluster'), nested)).toMatch(/alakazam deploy --param Size=none, or/);
});

test('another refusal is none of this', () => {
  expect(whyNotThere('Parameters: [StreamMod] do not exist in the template', template)).toBe(undefined);
});
