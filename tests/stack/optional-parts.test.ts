import { expect, test } from 'vitest';
import { optionalPartsOf, partParameters } from '../../src/stack/optional-parts.js';
import { MODEL } from '../fixtures/built-stack.js';

const TEXT = { Type: 'String' };

test('an optional part is a parameter that begins with With', () => {
  expect(optionalPartsOf({ WithRedshift: TEXT, WithLogSearch: TEXT, Without: TEXT, LakeFirstMonth: TEXT })).toEqual([
    'redshift',
    'log-search',
  ]);
  expect(optionalPartsOf(MODEL.template.Parameters)).toEqual(['redshift']);
});

test('a part that is wanted is yes, and one that is not is no; the rest stays as it is', () => {
  const parts = ['redshift', 'log-search', 'other'];
  expect(partParameters(parts, ['log-search'], ['redshift'])).toEqual([
    ['WithLogSearch', 'yes'],
    ['WithRedshift', 'no'],
  ]);
  expect(partParameters(parts, [], [])).toEqual([]);
});

test.each([
  [['spark'], [], 'there is no optional part "spark"; valid: redshift'],
  [[], ['spark'], 'there is no optional part "spark"; valid: redshift'],
  [['redshift'], ['redshift'], '--with redshift and --without redshift exclude each other'],
])('with %j and without %j is an error', (wanted, unwanted, message) => {
  expect(() => partParameters(['redshift'], wanted, unwanted)).toThrow(message);
});

test('every optional part is off unless somebody wants it, and costs nothing then', () => {
  const { Parameters, Conditions, Resources, Outputs } = MODEL.template;
  expect(Parameters['WithRedshift']).toMatchObject({ Default: 'no', AllowedValues: ['yes', 'no'] });
  expect(Conditions?.['HasRedshift']).toEqual({ 'Fn::Equals': [{ Ref: 'WithRedshift' }, 'yes'] });
  const conditions = (entries: Readonly<Record<string, { readonly Condition?: string }>>) =>
    Object.entries(entries)
      .filter(([name]) => /^Redshift/.test(name))
      .map(([, { Condition }]) => Condition);
  expect(conditions(Resources)).toEqual(Array(3).fill('HasRedshift'));
  expect(conditions(Outputs ?? {})).toEqual(Array(2).fill('HasRedshift'));
});

// Its default is 128 RPUs; and a public address is what nobody needs who asks by the Data API.
test('Redshift begins small, and is not reached from outside', () => {
  expect(MODEL.template.Resources['RedshiftWorkgroup']?.Properties).toMatchObject({
    BaseCapacity: 8,
    MaxCapacity: { Ref: 'RedshiftMaxCapacity' },
    PubliclyAccessible: false,
  });
  expect(MODEL.template.Resources['RedshiftNamespace']?.Properties).toMatchObject({ ManageAdminPassword: true });
});
