import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { OptionalUpload } from '../../src/stack/stack.js';
import { useMiniStack } from '../emulators/ministack.js';
import { MODEL } from '../fixtures/built-stack.js';
import { ROOT } from '../run-cli.js';
import { startStack } from './aws-stack.js';
import { readTemplate } from './rules/template.js';
import { collect, deploy, failureOf, type StackFixture, testStack } from './stack.contract.js';

useMiniStack();
const never = new AbortController().signal;
// Its region and endpoint are looked up at the first call.
const s3 = new S3Client();

testStack(startStack);

describe('in CloudFormation', () => {
  test('the template is sent as it is, and no secret goes back', async () => {
    const { open } = await startStack();
    expect(open().template).toBe(readFileSync(join(ROOT, 'dist/stack/template.yaml'), 'utf8'));
    await deploy(open(), { AlarmEmail: 'ann@example.com' });
    const plan = await deploy(open(), { LogRetentionDays: '7' });
    expect(JSON.stringify(plan)).not.toContain('ann@example.com');
    expect(plan.changes.map(({ name }) => name)).not.toContain('AlarmEmailSubscription');
    const { bucket, keys } = await artifacts(open);
    const Key = keys.find((key) => key.startsWith('templates/')) as string;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const text = readFileSync(join(ROOT, 'dist/stack/template.yaml'), 'utf8');
    expect(JSON.parse((await Body?.transformToString()) as string)).toEqual(readTemplate(text));
  });

  test('a template larger than CloudFormation takes in a request is deployed', async () => {
    const { open } = await startStack();
    const template = { ...MODEL.template, Metadata: { Padding: 'x'.repeat(60_000) } };
    const stack = open({ model: { ...MODEL, template } });
    await deploy(stack);
    expect((await open().outputs()).length).toBeGreaterThan(10);
  });

  test('code is named by its content and uploaded once', async () => {
    const { open } = await startStack();
    await deploy(open());
    const plan = await open().plan(new Map([['LogRetentionDays', '7']]));
    await collect(plan.execute(never, true));
    const { bucket, keys } = await artifacts(open);
    expect(keys.sort()).toEqual([
      expect.stringMatching(/^process-orders\/[0-9a-f]{64}\.zip$/),
      expect.stringMatching(/^rate-alarm\/[0-9a-f]{64}\.zip$/),
      expect.stringMatching(/^stamp-arrivals\/[0-9a-f]{64}\.zip$/),
      expect.stringMatching(/^templates\/[0-9a-f]{64}\.json$/),
    ]);
    expect(bucket).toMatch(/^orders-\d+-artifacts-000000000000-eu-central-1$/);
  });

  test('code of an optional part is made and uploaded where the part is wanted', async () => {
    const { open } = await startStack();
    await deploy(open());
    const before = await artifacts(open);
    const made: unknown[] = [];
    const upload: OptionalUpload = {
      parameter: 'RateApplicationCodeKey',
      isWanted: (values) => values.get('WithRateAlarm') === 'yes',
      async make(handed) {
        made.push(handed);
        return { key: 'rate-alarm/application.zip', zip: Buffer.from('zip') };
      },
    };
    await (await open({}, [upload]).plan(new Map([['LogRetentionDays', '7']]))).discard();
    expect(made).toEqual([]);
    const wanted = new Map([['WithRateAlarm', 'yes']]);
    const plan = await open({}, [upload]).plan(wanted, never, { flinkConnector: 'connector.jar' });
    expect(made).toEqual([{ flinkConnector: 'connector.jar' }]);
    expect((await artifacts(open)).keys).toContain('rate-alarm/application.zip');
    expect(plan.changes.map(({ name }) => name)).toContain('RateApplication');
    await plan.discard();
    expect(await artifacts(open)).toEqual(before);
  });

  test('a plan that is discarded leaves no bucket', async () => {
    const before = await bucketNames();
    const { open } = await startStack();
    const plan = await open().plan(new Map());
    expect(await bucketNames()).toHaveLength(before.length + 1);
    await plan.discard();
    expect(await bucketNames()).toEqual(before);
  });

  test('a plan that is discarded leaves the bucket of a stack as it was', async () => {
    const { open } = await startStack();
    await deploy(open());
    const before = await artifacts(open);
    const functions = new Map([['process-orders', Buffer.from('other code')]]);
    const plan = await open({ functions }).plan(new Map());
    expect((await artifacts(open)).keys).toHaveLength(before.keys.length + 1);
    expect(plan.changes.map(({ name }) => name)).toContain('ProcessOrdersFunction');
    await plan.discard();
    expect(await artifacts(open)).toEqual(before);
  });

  test('a plan that is discarded leaves what another process has deployed meanwhile', async () => {
    const { open } = await startStack();
    const plan = await open().plan(new Map());
    await deploy(open());
    const before = await artifacts(open);
    await plan.discard();
    expect(await artifacts(open)).toEqual(before);
    expect(before.keys).toHaveLength(4);
  });

  test('what a discarded plan took away is uploaded again by the plan that is executed', async () => {
    const { open } = await startStack();
    const first = await open().plan(new Map());
    const second = await open().plan(new Map());
    await first.discard();
    await collect(second.execute(never, true));
    expect((await artifacts(open)).keys).toHaveLength(4);
  });

  test('a region without budgets is told from a wrong template', async () => {
    const { open } = await startStack();
    const { hint } = await failureOf(open().plan(new Map([['MonthlyBudgetUsd', '10']])));
    expect(hint).toMatch(/^this region has no AWS::Budgets::Budget: .*--param MonthlyBudgetUsd=0/);
  });

  test('a bucket with versions is emptied before it is deleted', async () => {
    const { open } = await startStack();
    await deploy(open());
    const bucket = (await open().outputs()).find(({ name }) => name === 'LakeBucketName')?.value as string;
    for (const body of ['one', 'two', 'three']) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'orders/a', Body: body }));
    }
    const events = await collect(open().destroy(true, never));
    expect(events.map(({ reason }) => reason)).toContain('3 versions of objects deleted');
    expect(await open().remains()).toEqual([]);
  });

  test('tables that are protected are deleted when told to', async () => {
    const { open } = await startStack();
    await deploy(open());
    await deploy(open(), { DeletionProtection: 'true' });
    await collect(open().destroy(true, never));
    expect(await open().remains()).toEqual([]);
  });
});

describe('what a destroyed stack kept', () => {
  const dynamodb = new DynamoDBClient();
  const item = { CustomerId: { N: '12345' }, OrderId: { S: '536365-85123A' } };

  /** A stack that was destroyed, with an order in its table. */
  async function startDestroyed() {
    const fixture = await startStack();
    await deploy(fixture.open());
    const table = (await fixture.open().outputs()).find(({ name }) => name === 'HistoryTableName')?.value as string;
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: item }));
    await collect(fixture.open().destroy(false, never));
    const isThere = async () =>
      (await dynamodb.send(new GetItemCommand({ TableName: table, Key: item }))).Item !== undefined;
    return { ...fixture, table, isThere };
  }

  test('is taken up with its data by a deployment, and not by a plan', async () => {
    const { open, table, isThere } = await startDestroyed();
    const before = await bucketNames();
    await (await open().plan(new Map())).discard();
    expect(await bucketNames()).toEqual(before);
    expect((await failureOf(open().outputs())).hint).toMatch('alakazam deploy');
    await deploy(open());
    expect(await isThere()).toBe(true);
    expect((await open().outputs()).find(({ name }) => name === 'HistoryTableName')?.value).toBe(table);
  });

  test('stays if the deployment that takes it up fails, and the next one goes on', async () => {
    const { open, table, isThere } = await startDestroyed();
    const other = await startStack();
    await deploy(other.open());
    const taken = (await other.open().outputs()).find(({ name }) => name === 'GlueDatabaseName')?.value as string;
    expect((await failureOf(deploy(open(), { GlueDatabaseName: taken }))).message).toMatch(
      /^LakeDatabase could not be /,
    );
    expect(await isThere()).toBe(true);
    await deploy(open(), { GlueDatabaseName: `${taken}_2` });
    expect(await isThere()).toBe(true);
    expect((await open().outputs()).find(({ name }) => name === 'HistoryTableName')?.value).toBe(table);
  });

  test('is not taken up once somebody has deleted it', async () => {
    const { open } = await startDestroyed();
    await collect(open().destroy(true, never));
    const { changes } = await deploy(open());
    expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['add']));
  });

  // CloudFormation imports resources into a stack that has no others: they may refer to parameters alone.
  test('refers to nothing that does not exist yet', () => {
    const { Resources } = readTemplate(readFileSync(join(ROOT, 'dist/stack/template.yaml'), 'utf8'));
    const kept = Object.entries(Resources).filter(
      ([, { DeletionPolicy, Type }]) => /^Retain/.test(DeletionPolicy ?? '') && Type !== 'AWS::S3::BucketPolicy',
    );
    expect(kept.length).toBeGreaterThanOrEqual(3);
    for (const [name, { Type, Properties, ...others }] of kept) {
      expect([name, Type]).toEqual([name, expect.stringMatching(/^AWS::(DynamoDB::Table|S3::Bucket)$/)]);
      expect([name, 'DependsOn' in others]).toEqual([name, false]);
      const text = JSON.stringify(Properties);
      const references = [...text.matchAll(/"Ref":"([^"]+)"|"Fn::GetAtt":\["([^"]+)"|\$\{([\w:]+)/g)];
      const resources = references.map(([, a, b, c]) => a ?? b ?? c ?? '').filter((each) => each in Resources);
      expect([name, resources]).toEqual([name, []]);
    }
  });
});

async function bucketNames(): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.map(({ Name }) => Name as string).sort();
}

async function artifacts(open: StackFixture['open']) {
  const bucket = (await open().holdings()).find(({ name }) => name.includes('-artifacts-'))?.name as string;
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return { bucket, keys: Versions.map(({ Key }) => Key as string) };
}
