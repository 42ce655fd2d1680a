import { expect, test } from 'vitest';
import { optionalPartsOf, partParameters } from '../../src/stack/optional-parts.js';
import { checkParameters } from '../../src/stack/parameters.js';
import { REDSHIFT_BASE_RPUS } from '../../src/warehouse/resources.js';
import { MODEL } from '../fixtures/built-stack.js';

const TEXT = { Type: 'String' };

test('an optional part is a parameter that begins with With', () => {
  expect(optionalPartsOf({ WithRedshift: TEXT, WithLogSearch: TEXT, Without: TEXT, LakeFirstMonth: TEXT })).toEqual([
    'redshift',
    'log-search',
  ]);
  expect(optionalPartsOf(MODEL.template.Parameters)).toEqual(['redshift', 'quicksight', 'training', 'rate-alarm']);
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

test.each([
  ['Redshift', 3, 2],
  ['Quicksight', 4, 1],
])('%s is off unless somebody wants it, and then there is nothing of it', (part, resources, outputs) => {
  const { Parameters, Conditions, Resources, Outputs } = MODEL.template;
  expect(Parameters[`With${part}`]).toMatchObject({ Default: 'no', AllowedValues: ['yes', 'no'] });
  expect(Conditions?.[`Has${part}`]).toEqual({ 'Fn::Equals': [{ Ref: `With${part}` }, 'yes'] });
  const conditions = (entries: Readonly<Record<string, { readonly Condition?: string }>>) =>
    Object.entries(entries)
      .filter(([name]) => name.startsWith(part))
      .map(([, { Condition }]) => Condition);
  expect(conditions(Resources)).toEqual(Array(resources).fill(`Has${part}`));
  expect(conditions(Outputs ?? {})).toEqual(Array(outputs).fill(`Has${part}`));
});

// Its default is 128 RPUs; and a public address is what nobody needs who asks by the Data API.
test('Redshift begins small, and is not reached from outside', () => {
  expect(MODEL.template.Resources['RedshiftWorkgroup']?.Properties).toMatchObject({
    BaseCapacity: REDSHIFT_BASE_RPUS,
    MaxCapacity: { Ref: 'RedshiftMaxCapacity' },
    PubliclyAccessible: false,
  });
  expect(MODEL.template.Resources['RedshiftNamespace']?.Properties).toMatchObject({ ManageAdminPassword: true });
});

// The name of the user is the account's; a space or a missing part would fail in the middle of the deployment.
test.each([
  ['', true],
  ['arn:aws:quicksight:us-east-1:123456789012:user/default/me@example.com', true],
  ['arn:aws-cn:quicksight:cn-north-1:123456789012:group/default/sales', true],
  ['me@example.com', false],
  ['arn:aws:iam::123456789012:user/me', false],
  ['arn:aws:quicksight:us-east-1:123456789012:dashboard/orders', false],
])('%j is whom QuickSight may show the dashboard: %s', (value, isValid) => {
  const check = () => checkParameters(new Map([['QuicksightPrincipal', value]]), MODEL.template.Parameters);
  if (isValid) expect(check).not.toThrow();
  else expect(check).toThrow('valid: an ARN such as arn:aws:quicksight:us-east-1:123456789012:user/default/NAME');
});
