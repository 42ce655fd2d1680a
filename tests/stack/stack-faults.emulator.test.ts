/** The stack when CloudFormation, or the way there, fails. */
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { startStack } from './aws-stack.js';
import { collect, deploy, failureOf } from './stack.contract.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const never = new AbortController().signal;

// It is CloudFormation that fails here, and no other.
beforeAll(() => {
  process.env['AWS_ENDPOINT_URL_CLOUDFORMATION'] = proxy.url;
  process.env['AWS_ENDPOINT_URL'] = emulator.url;
});

test('a rollback that failed is continued', async () => {
  const { open, name } = await startStack();
  await deploy(open());
  let isContinued = false;
  proxy.fault(async ({ action, body, forward }) => {
    if (action === 'ContinueUpdateRollback') {
      isContinued = true;
      expect(new URLSearchParams(body).get('StackName')).toContain(`stack/${name}/`);
      return { status: 200, body: '<ContinueUpdateRollbackResponse></ContinueUpdateRollbackResponse>' };
    }
    if (action === 'DescribeStacks' && !isContinued) {
      const answer = await forward();
      return { ...answer, body: answer.body.replace('CREATE_COMPLETE', 'UPDATE_ROLLBACK_FAILED') };
    }
    if (action === 'DescribeStackEvents' && isContinued) {
      const answer = await forward();
      return { ...answer, body: answer.body.replace(/<member>/, `${rolledBack(answer.body)}<member>`) };
    }
    return undefined;
  });
  const events = await collect(open().settle(never));
  expect(events.map(({ status }) => status)).toEqual(['UPDATE_ROLLBACK_COMPLETE']);
  expect(isContinued).toBe(true);
  expect((await open().plan(new Map())).changes).toEqual([]);
});

test('one that is stuck says why and what to do', async () => {
  const { open } = await startStack();
  await deploy(open());
  const proxied = async (forward: () => Promise<{ status: number; body: string }>) => {
    const answer = await forward();
    const reason = '<StackStatusReason>LakeBucket is in use</StackStatusReason>';
    const status = `<StackStatus>UPDATE_ROLLBACK_FAILED</StackStatus>${reason}`;
    return {
      ...answer,
      body: answer.body.replace(
        /<StackStatus>CREATE_COMPLETE<.StackStatus>\s*<StackStatusReason>.*?<.StackStatusReason>/,
        status,
      ),
    };
  };
  let isContinued = false;
  proxy.fault(async ({ action, forward }) => {
    if (action === 'ContinueUpdateRollback') {
      isContinued = true;
      return { status: 200, body: '<ContinueUpdateRollbackResponse></ContinueUpdateRollbackResponse>' };
    }
    if (action === 'DescribeStacks') return proxied(forward);
    if (action !== 'DescribeStackEvents' || !isContinued) return undefined;
    const answer = await forward();
    const event = rolledBack(answer.body).replace('ROLLBACK_COMPLETE', 'ROLLBACK_FAILED');
    return { ...answer, body: answer.body.replace(/<member>/, `${event}<member>`) };
  });
  const error = await failureOf(collect(open().settle(never)));
  expect(error.message).toMatch(/can't be brought back: LakeBucket is in use$/);
  expect(error.hint).toMatch(/continue-update-rollback --resources-to-skip/);
});

test('events that may not be read are said at once, whatever is under way', async () => {
  const { open } = await startStack();
  await deploy(open());
  const message = 'User: ann is not authorized to perform: cloudformation:DescribeStackEvents on resource: x';
  proxy.fault(async ({ action, forward }) => {
    if (action === 'DescribeStackEvents') return denied(message);
    if (action !== 'DescribeStacks') return undefined;
    const answer = await forward();
    return { ...answer, body: answer.body.replace('CREATE_COMPLETE', 'UPDATE_IN_PROGRESS') };
  });
  expect(await failureOf(collect(open().settle(never)))).toMatchObject({
    code: 'access',
    message: 'no permission: cloudformation:DescribeStackEvents on x',
  });
});

test('a plan that CloudFormation refuses leaves no bucket', async () => {
  const { open } = await startStack();
  const before = await bucketNames();
  let made = 0;
  proxy.fault(async ({ action }) => {
    if (action !== 'CreateChangeSet') return undefined;
    made = (await bucketNames()).length - before.length;
    return denied('User: ann is not authorized to perform: cloudformation:CreateChangeSet on resource: x');
  });
  expect((await failureOf(open().plan(new Map()))).code).toBe('access');
  expect(made).toBe(1);
  expect(await bucketNames()).toEqual(before);
});

test('a deployment that adopted and could not go on is finished by the next', async () => {
  const { open } = await startStack();
  await deploy(open());
  await collect(open().destroy(false, never));
  proxy.fault(({ action, body }) =>
    action === 'CreateChangeSet' && new URLSearchParams(body).get('ChangeSetType') === 'UPDATE'
      ? denied('User: ann is not authorized to perform: cloudformation:CreateChangeSet on resource: x')
      : undefined,
  );
  const kinds = () => proxy.calls.get('CreateChangeSet');
  expect((await failureOf(deploy(open()))).code).toBe('access');
  // What would change, then the kept resources, then the rest.
  expect(kinds()).toBe(3);
  proxy.fault(() => undefined);
  const { isNew, changes } = await deploy(open());
  expect(isNew).toBe(false);
  const names = changes.filter(({ action }) => action === 'add').map(({ name }) => name);
  expect(names).toContain('OrdersStream');
  expect(names).not.toContain('HistoryTable');
  expect((await open().outputs()).length).toBeGreaterThan(10);
});

test('a table leaves no backup behind: recovery is turned off before the table is deleted', async () => {
  const { open } = await startStack();
  await deploy(open());
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = proxy.url;
  onTestFinished(() => {
    delete process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  });
  const calls: string[] = [];
  proxy.fault(({ action, body }) => {
    const { TableName: name, PointInTimeRecoverySpecification: recovery } = body;
    if (action === 'UpdateContinuousBackups') calls.push(`recovery ${recovery.PointInTimeRecoveryEnabled} ${name}`);
    if (action === 'DeleteTable') calls.push(`delete ${name}`);
    return undefined;
  });
  const tables = (await open().outputs())
    .filter(({ name }) => /^History.*TableName$/.test(name))
    .map(({ value }) => value);
  await collect(open().destroy(true, never));
  expect(tables).toHaveLength(2);
  for (const table of tables) {
    expect(calls.filter((call) => call.endsWith(` ${table}`))).toEqual([`recovery false ${table}`, `delete ${table}`]);
  }
});

test('a table without recovery is deleted all the same', async () => {
  const { open } = await startStack();
  await deploy(open());
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = proxy.url;
  onTestFinished(() => {
    delete process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  });
  proxy.fault(({ action }) =>
    action === 'UpdateContinuousBackups' ? refusal('ContinuousBackupsUnavailableException') : undefined,
  );
  await collect(open().destroy(true, never));
  // Two tables of the history, and one of surges.
  expect(proxy.calls.get('UpdateContinuousBackups')).toBe(3);
  proxy.fault(() => undefined);
  expect(await open().remains()).toEqual([]);
});

test('a deployment that is denied names the action', async () => {
  const { open } = await startStack();
  const message =
    'User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:CreateChangeSet on resource: x';
  proxy.fault(({ action }) => (action === 'CreateChangeSet' ? denied(message) : undefined));
  const error = await failureOf(open().plan(new Map()));
  expect(error).toMatchObject({ code: 'access', message: 'no permission: cloudformation:CreateChangeSet on x' });
});

async function bucketNames(): Promise<string[]> {
  const { Buckets = [] } = await new S3Client().send(new ListBucketsCommand({}));
  return Buckets.map(({ Name }) => Name as string).sort();
}

function denied(message: string) {
  const error = `<Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message>`;
  return { status: 403, body: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
}

/** An event of the stack itself, as the last. */
function rolledBack(xml: string): string {
  const id = /<StackId>(.*?)<\/StackId>/.exec(xml)?.[1];
  const name = /<StackName>(.*?)<\/StackName>/.exec(xml)?.[1];
  return (
    `<member><StackId>${id}</StackId><EventId>rolled-back</EventId><StackName>${name}</StackName>` +
    `<LogicalResourceId>${name}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId>` +
    '<ResourceType>AWS::CloudFormation::Stack</ResourceType><Timestamp>2030-01-01T00:00:00Z</Timestamp>' +
    '<ResourceStatus>UPDATE_ROLLBACK_COMPLETE</ResourceStatus></member>'
  );
}
