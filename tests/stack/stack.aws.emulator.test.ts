import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { useMiniStack } from '../emulators/ministack.js';
import { ROOT } from '../run-cli.js';
import { startStack } from './aws-stack.js';
import { collect, deploy, type StackFixture, testStack } from './stack.contract.js';

useMiniStack();
const never = new AbortController().signal;

testStack(startStack);

describe('in CloudFormation', () => {
  test('the template is sent as it is, and no secret goes back', async () => {
    const { open } = await startStack();
    expect(open().template).toBe(readFileSync(join(ROOT, 'src/stack/template.yaml'), 'utf8'));
    await deploy(open(), { AlarmEmail: 'ann@example.com' });
    const plan = await deploy(open(), { LogRetentionDays: '7' });
    expect(JSON.stringify(plan)).not.toContain('ann@example.com');
    expect(plan.changes.map(({ name }) => name)).not.toContain('AlarmEmailSubscription');
  });

  test('code is named by its content and uploaded once', async () => {
    const { open } = await startStack();
    await deploy(open());
    const plan = await open().plan(new Map([['LogRetentionDays', '7']]));
    await collect(plan.execute(never, true));
    const { bucket, keys } = await artifacts(open);
    expect(keys).toEqual([expect.stringMatching(/^process-orders\/[0-9a-f]{64}\.zip$/)]);
    expect(bucket).toMatch(/^orders-\d+-artifacts-000000000000-eu-central-1$/);
  });

  test('a bucket with versions is emptied before it is deleted', async () => {
    const { open } = await startStack();
    await deploy(open());
    const bucket = (await open().outputs()).find(({ name }) => name === 'LakeBucketName')?.value as string;
    const s3 = new S3Client();
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

async function artifacts(open: StackFixture['open']) {
  const bucket = (await open().holdings()).find(({ name }) => name.includes('-artifacts-'))?.name as string;
  const { Versions = [] } = await new S3Client().send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return { bucket, keys: Versions.map(({ Key }) => Key as string) };
}
