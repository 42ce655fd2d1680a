/** docs/json-output.md is true of the AWS target: the fields that it lists are those that the built command line writes. */
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { beforeAll, expect, test } from 'vitest';
import { emulatorEnvironment } from './emulators/environment.js';
import { useFaultProxy } from './emulators/fault-proxy.js';
import { useMiniStack } from './emulators/ministack.js';
import { expectColumns, expectFields, rowsOf } from './json-output.js';
import { type Finished, runCli, temporaryDirectory } from './run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const home = temporaryDirectory();
const run = (args: string, input = '') => {
  const throughProxy = { AWS_ENDPOINT_URL_CLOUDFORMATION: proxy.url, AWS_ENDPOINT_URL_KINESIS: proxy.url };
  const env = { ...emulatorEnvironment(emulator.url), ...throughProxy, ALAKAZAM_TARGET: 'aws' };
  return runCli(args.split(' '), { home, input, env });
};
const jsonOf = ({ stdout }: Finished) => JSON.parse(stdout);
const rows = async (args: string) => rowsOf((await run(`${args} -o ndjson`)).stdout);
const csv = async (args: string) => (await run(`${args} -o csv`)).stdout;

let deployed: Finished;
beforeAll(async () => {
  deployed = await run('deploy --yes -o json');
}, 120_000);

test('deploy', async () => {
  expectFields([jsonOf(deployed)], 'deploy');
  expectFields(await rows('deploy --yes --stack second'), 'event');
  expectColumns(await csv('deploy --yes --stack third'), 'event');
  expectFields([jsonOf(await run('deploy --yes -o json'))], 'deploy', ['changes[]']);
}, 120_000);

test('diff', async () => {
  // The emulator plans no change that loses data: the proxy says that the stream is removed.
  proxy.fault(async ({ action, forward }) => {
    if (action !== 'DescribeChangeSet') return undefined;
    const { status, body } = await forward();
    return { status, body: body.replaceAll('<Action>Modify<', '<Action>Remove<') };
  });
  const removed = 'diff --param StreamMode=PROVISIONED --param StreamShards=4';
  expectFields([jsonOf(await run(`${removed} -o json`)), jsonOf(await run('diff -o json'))], 'diff');
  expectFields(await rows(removed), 'change');
  expectColumns(await csv(removed), 'change');
});

test('status', async () => {
  expectFields([jsonOf(await run('status -o json'))], 'status');
  expectFields(await rows('status'), 'part');
  expectColumns(await csv('status'), 'part');
  // The stack has no optional part.
  expectFields(
    [jsonOf(await run('status --costs -o json'))],
    'cost',
    ['name', 'what', 'unit', 'price'].map((field) => `byUse[].${field}`),
  );
  expectColumns(await csv('status --costs'), 'cost item');
});

test('rejected', async () => {
  await run(
    'generate --source -',
    'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\nno order\n',
  );
  const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  const Records = [{ Data: Buffer.from('no order'), PartitionKey: 'x' }];
  await kinesis.send(new PutRecordsCommand({ StreamName: jsonOf(deployed).outputs.OrdersStreamName, Records }));
  await expect
    .poll(() => run('status'), { timeout: 60_000 })
    .toMatchObject({ stdout: expect.stringContaining('1 record') });
  const found = jsonOf(await run('rejected -o json')) as { readonly line: number | null }[];
  expectFields(
    found.filter(({ line }) => line !== null),
    'rejected',
  );
  expectFields(
    found.filter(({ line }) => line === null),
    ['rejected', 'rejected record'],
  );
}, 120_000);

test('generate, verify and tail write what they write on the embedded target', async () => {
  expectFields([jsonOf(await run('generate --count 20 -o json'))], 'generate');
  expectFields([jsonOf(await run('verify -o json'))], 'verify', ['since', 'proofs.*.surges', 'differences[]']);
  expectFields(await rows('tail orders --no-follow'), 'order');
}, 60_000);

test('verify says since when, once the stream has forgotten orders', async () => {
  proxy.fault(async ({ action, forward }) => {
    if (action !== 'DescribeStreamSummary') return undefined;
    const { status, body } = await forward();
    return {
      status,
      body: { StreamDescriptionSummary: { ...body.StreamDescriptionSummary, StreamCreationTimestamp: 0 } },
    };
  });
  expectFields([jsonOf(await run('verify -o json'))], 'verify', ['proofs.*.surges', 'differences[]']);
}, 60_000);

test('doctor', async () => {
  expectFields(jsonOf(await run('doctor -o json')), 'doctor', ['hint']);
});

test('destroy', async () => {
  const written = await rows('destroy --yes --stack second');
  const isEvent = (row: unknown) => 'at' in (row as object);
  expectFields(written.filter(isEvent), 'event');
  expectFields(
    written.filter((row) => !isEvent(row)),
    'remainder',
  );
  expectFields(jsonOf(await run('destroy --yes --stack third -o json')), 'remainder');
  expect(jsonOf(await run('destroy --yes --with-data --stack third -o json'))).toEqual([]);
  expect(jsonOf(await run('destroy --yes --stack none -o json'))).toEqual([]);
}, 120_000);
