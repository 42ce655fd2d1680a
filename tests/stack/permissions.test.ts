import { expect, test } from 'vitest';
import { DOCTOR_ACTIONS, needsOf, purposesOf } from '../../src/stack/permissions.js';
import { typeOf } from '../../src/stack/types.js';
import { MODEL } from '../fixtures/built-stack.js';
import { ROOT } from '../run-cli.js';
import { readProject, readTexts, type Source } from '../source-code.js';

const PURPOSES = purposesOf(MODEL);
const sources = readProject(ROOT).filter(({ path }) => path.startsWith('src/'));

/** Services whose actions begin with another word than their client's package. */
const PREFIXES: Record<string, string> = {
  'dynamodb-streams': 'dynamodb',
  emr: 'elasticmapreduce',
  'resource-groups-tagging-api': 'tag',
};

/** Actions that are called otherwise than the command: S3's has its own page, the others allow a batch with what it is a batch of. */
const ACTIONS: Record<string, readonly string[]> = {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:PutBucketEncryption': ['s3:PutEncryptionConfiguration'],
  's3:PutBucketLifecycleConfiguration': ['s3:PutLifecycleConfiguration'],
  's3:PutPublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
  'sqs:ChangeMessageVisibilityBatch': ['sqs:ChangeMessageVisibility'],
  'sqs:DeleteMessageBatch': ['sqs:DeleteMessage'],
  'sqs:SendMessageBatch': ['sqs:SendMessage'],
  'lambda:Invoke': ['lambda:InvokeFunction'],
  // "No permissions are required": https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  'sts:GetCallerIdentity': [],
};

/** What is in the source and not asked of AWS in a person's name, and why. */
const NOT_ASKED: Record<string, string> = {
  'src/engines/aws/items.ts dynamodb:BatchWriteItem': 'writeItems is the function’s alone',
  'src/rate-alarm/kept-episodes.dynamodb.ts dynamodb:TransactWriteItems': 'episodes become one in the function alone',
  'src/stack/checks.aws.ts kinesis:ListStreams': 'made to see where it would go, and never sent',
};

const CLIENT = '@aws-sdk/client-';

/** Actions that a source asks for, by what it imports of the clients. */
function actionsIn({ path, imports }: Source): string[] {
  const found = imports
    .filter(({ to }) => to.startsWith(CLIENT))
    .flatMap(({ to, names }) => names.map((name) => ({ client: to.slice(CLIENT.length), name })))
    .flatMap(({ client, name }) => {
      const [, paginated, command] = /^(?:paginate(\w+)|(\w+)Command)$/.exec(name) ?? [];
      const action = paginated ?? command;
      return action ? [`${PREFIXES[client] ?? client}:${action}`] : [];
    })
    .filter((action) => !(`${path} ${action}` in NOT_ASKED));
  return found.flatMap((action) => ACTIONS[action] ?? [action]);
}

/** What is sent without a client, by a signer: the second argument names the action. */
const SIGNED: Record<string, RegExp> = {
  quicksight: / read\(session, '(\w+)'/g,
  logs: /\bcallLogs\(session, '(\w+)'/g,
  kinesisanalytics: /\bcallFlink\(session, '(\w+)'/g,
};

const signed = Object.entries(SIGNED).flatMap(([service, call]) => {
  const found = sources.flatMap(({ text }) => [...text.matchAll(call)].map(([, action]) => `${service}:${action}`));
  if (found.length === 0) throw new Error(`nothing is asked of ${service}: the pattern is out of date`);
  return found;
});

const asked = new Set(
  sources
    .filter(({ path }) => !path.endsWith('.lambda.ts'))
    .flatMap(actionsIn)
    .concat(signed),
);
const listed = new Set([...PURPOSES.flatMap(({ actions }) => Object.values(actions).flat()), ...DOCTOR_ACTIONS]);

test('the reading of sources finds commands of every kind of import', () => {
  const text = `
    import { type Tag, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
    import { paginateGetResources } from '@aws-sdk/client-resource-groups-tagging-api';
    import { InvokeCommand, type PublishCommand } from '@aws-sdk/client-lambda';
    const { GetRoleCommand } = await import('@aws-sdk/client-iam');`;
  expect(readTexts({ 'x.ts': text }).flatMap(actionsIn).sort()).toEqual(
    ['iam:GetRole', 's3:ListBucket', 'tag:GetResources', 'lambda:InvokeFunction'].sort(),
  );
  // A client that is imported as a whole would hide what is asked of it.
  const whole = sources
    .flatMap(({ imports }) => imports)
    .filter(({ to, names }) => to.startsWith(CLIENT) && names.includes('*'));
  expect(whole).toEqual([]);
  // No command comes into a source except by such an import.
  const commands = sources.flatMap(({ path, expressions, imports }) => {
    const imported = new Set(imports.filter(({ to }) => to.startsWith(CLIENT)).flatMap(({ names }) => names));
    return expressions
      .map(({ text }) => /^new (\w+Command)\(\)$/.exec(text)?.[1])
      .flatMap((name) => (name === undefined ? [] : [{ path, name, isImported: imported.has(name) }]));
  });
  expect(commands.length).toBeGreaterThan(50);
  expect(commands.filter(({ isImported }) => !isImported)).toEqual([]);
});

test('what the code asks of AWS is listed, and nothing else is', () => {
  expect([...asked].filter((action) => !listed.has(action))).toEqual([]);
  expect([...listed].filter((action) => !asked.has(action))).toEqual([]);
});

test('what is listed as not asked is there, and what writes items is called by the function alone', () => {
  for (const each of Object.keys(NOT_ASKED)) {
    const [path, action = ''] = each.split(' ');
    expect(sources.find((of) => of.path === path)?.text).toContain(`new ${action.split(':')[1]}Command(`);
  }
  const users = sources.filter(({ path, text }) => /\bwriteItems\b/.test(text) && path !== 'src/engines/aws/items.ts');
  expect(users.map(({ path }) => path)).toEqual(['src/order-history/process-orders.lambda.ts']);
});

test('whoever may deploy and destroy may make and delete every resource of the template', () => {
  const allowed = (pattern: RegExp) =>
    new Set(
      PURPOSES.filter(({ name }) => pattern.test(name))
        .flatMap(needsOf)
        .map(({ action }) => action),
    );
  const deploy = allowed(/^(deploy|add)/);
  const destroy = allowed(/^(destroy|add)/);
  const types = [...new Set(Object.values(MODEL.template.Resources).map(({ Type }) => Type))];
  expect(types.length).toBeGreaterThan(15);
  for (const type of types) {
    const { make = [], makeInAccount = [], remove = [], removeInAccount = [] } = typeOf(type);
    expect([type, make.length + makeInAccount.length > 0]).toEqual([type, true]);
    expect([type, remove.length + removeInAccount.length > 0]).toEqual([type, true]);
    expect([type, [...make, ...makeInAccount].filter((action) => !deploy.has(action))]).toEqual([type, []]);
    // The policy of a bucket that stays is never deleted: it goes with the bucket.
    if (type === 'AWS::S3::BucketPolicy') continue;
    expect([type, [...remove, ...removeInAccount].filter((action) => !destroy.has(action))]).toEqual([type, []]);
  }
});
