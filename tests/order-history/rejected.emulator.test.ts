/** `rejected` on AWS: what is on the queue is looked at, each once, and all of it stays there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import type { RejectedArrival } from '../../src/order-history/rejected-messages.js';
import { messagesOf } from '../../src/order-history/rejected-messages.js';
import { peekRejected } from '../../src/order-history/rejected-queue.aws.js';
import { refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { cliOn, makeParts } from '../emulators/order-history.js';
import { type CliOptions, finish, runCli, spawnCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);
const directory = temporaryDirectory();
const sqs = () => new SQSClient({ endpoint: emulator.url, useQueueUrlAsEndpoint: false });

const ARRIVAL_MS = Date.UTC(2026, 10, 23, 12);

/** Puts records on the queue as the function does. */
async function reject(queueUrl: string, texts: readonly (string | Uint8Array)[]): Promise<void> {
  const records = texts.map((text, i) => ({
    shardId: 'shardId-000000000003',
    sequenceNumber: `4959033827149025660855969253836157109592157598913658${i}`,
    partitionKey: `key-${i}`,
    arrivalMs: ARRIVAL_MS + i,
    data: typeof text === 'string' ? Buffer.from(text) : text,
    reason: `reason ${i}`,
  }));
  for (const { entries } of messagesOf(records)) {
    await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `record ${i}`);

/** What can be received, and what is hidden. */
async function waiting(queueUrl: string): Promise<[visible: number, hidden: number]> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const AttributeNames = [...names] as QueueAttributeName[];
  const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
  return [Number(Attributes?.[names[0]]), Number(Attributes?.[names[1]])];
}

function peek(queueUrl: string): AsyncGenerator<RejectedArrival> {
  const session = openSession('alakazam');
  onTestFinished(() => session.close());
  return peekRejected(session, queueUrl);
}

async function all(arrivals: AsyncIterable<RejectedArrival>): Promise<RejectedArrival[]> {
  const found: RejectedArrival[] = [];
  for await (const arrival of arrivals) found.push(arrival);
  return found;
}

const textsOf = (arrivals: readonly RejectedArrival[]) => arrivals.map(({ text }) => text).sort();

describe('the rejected queue', () => {
  // Whatever a test does to it.
  afterEach(() => expect([...proxy.calls.keys()].filter((action) => /Delete|Purge/.test(action))).toEqual([]));

  test('is shown whole, and stays as it was', async () => {
    const { queueUrl } = await makeParts();
    expect(await all(peek(queueUrl))).toEqual([]);
    await reject(queueUrl, numbered(37));
    for (let again = 0; again < 3; again++) {
      expect(textsOf(await all(peek(queueUrl)))).toEqual(numbered(37).sort());
      expect(await waiting(queueUrl)).toEqual([37, 0]);
    }
  });

  test('says of a record where it stands in the stream, what it said, and why it is no order', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, ['no\torder "at" all', new Uint8Array([0, 255, 1]), 'x'.repeat(5000)]);
    await sqs().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{"hello":1}' }));
    const found = (await all(peek(queueUrl))).sort((a, b) => (a.source < b.source ? -1 : 1));
    const where = (i: number) => ({
      source: `shardId-000000000003:4959033827149025660855969253836157109592157598913658${i}`,
      line: null,
      reason: `reason ${i}`,
      partitionKey: `key-${i}`,
      arrivedAt: `2026-11-23T12:00:00.00${i}Z`,
    });
    expect(found).toEqual([
      {
        source: 'rejected queue',
        line: null,
        reason: 'put there by something else',
        text: '{"hello":1}',
        isCut: false,
        partitionKey: null,
        arrivedAt: null,
      },
      { ...where(0), text: 'no\torder "at" all', isCut: false },
      { ...where(1), text: 'data:;base64,AP8B', isCut: false },
      { ...where(2), text: 'x'.repeat(1024), isCut: true },
    ]);
  });

  test('gets all back from who stops early', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, numbered(25));
    let seen = 0;
    for await (const _ of peek(queueUrl)) if (++seen === 11) break;
    expect(await waiting(queueUrl)).toEqual([25, 0]);
    expect(await all(peek(queueUrl))).toHaveLength(25);
  });

  test('gets all back where it can’t be read to its end', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, numbered(25));
    proxy.fault(({ action, number }) =>
      action === 'ReceiveMessage' && number === 3
        ? refusal('AccessDeniedException', 'User: me is not authorized to perform: sqs:ReceiveMessage', 403)
        : undefined,
    );
    await expect(all(peek(queueUrl))).rejects.toThrow('no permission: sqs:ReceiveMessage');
    expect(await waiting(queueUrl)).toEqual([25, 0]);
  });

  test('is shown also where nothing may be given back', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, numbered(12));
    proxy.fault(({ action }) =>
      action === 'ChangeMessageVisibilityBatch' ? refusal('AccessDeniedException') : undefined,
    );
    expect(await all(peek(queueUrl))).toHaveLength(12);
    expect(await waiting(queueUrl)).toEqual([0, 12]);
  });

  test('shows once what comes twice, in one answer or in two', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, numbered(15));
    let first: unknown;
    proxy.fault(async ({ action, number, forward }) => {
      if (action !== 'ReceiveMessage') return undefined;
      const answer = await forward();
      const messages = answer.body.Messages ?? [];
      first ??= messages[0];
      return number > 2 ? answer : { ...answer, body: { ...answer.body, Messages: [first, ...messages, first] } };
    });
    expect(textsOf(await all(peek(queueUrl)))).toEqual(numbered(15).sort());
    expect(await waiting(queueUrl)).toEqual([15, 0]);
  });

  test('ends where nothing stays hidden', async () => {
    const { queueUrl } = await makeParts();
    await reject(queueUrl, numbered(7));
    proxy.fault(async ({ action, body, forward }) =>
      action === 'ReceiveMessage' ? forward({ ...body, VisibilityTimeout: 0 }) : undefined,
    );
    expect(textsOf(await all(peek(queueUrl)))).toEqual(numbered(7).sort());
  });
});

describe('alakazam rejected', () => {
  /** A source of one order and two lines that are none. */
  async function generated(cli: CliOptions): Promise<string> {
    const source = join(directory, 'orders.csv');
    writeFileSync(
      source,
      [
        'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
        '536365,85123A,LANTERN,6,12/1/2010 8:26,2.55,17850,United Kingdom',
        'one,two',
        'three',
        '',
      ].join('\n'),
    );
    expect(await runCli(['generate', '--source', source], cli)).toMatchObject({ code: 0 });
    return source;
  }

  test('shows lines of sources first, then what is on the queue, in every format', async () => {
    const parts = await makeParts();
    const cli = cliOn(parts, proxy, directory);
    expect(await runCli(['rejected'], cli)).toEqual({ code: 0, stdout: '', stderr: 'nothing was rejected\n' });
    const source = await generated(cli);
    await reject(parts.queueUrl, ['no order']);
    const sequence = '49590338271490256608559692538361571095921575989136580';
    const json = await runCli(['rejected', '-o', 'json'], cli);
    expect(JSON.parse(json.stdout)).toEqual([
      { source, line: 3, reason: expect.any(String), text: 'one,two' },
      { source, line: 4, reason: expect.any(String), text: 'three' },
      {
        source: `shardId-000000000003:${sequence}`,
        line: null,
        reason: 'reason 0',
        text: 'no order',
        isCut: false,
        partitionKey: 'key-0',
        arrivedAt: '2026-11-23T12:00:00.000Z',
      },
    ]);
    const csv = await runCli(['rejected', '-o', 'csv'], cli);
    expect(csv.stdout.split('\n').at(-2)).toBe(`shardId-000000000003:${sequence},,reason 0,no order`);
    const table = await runCli(['rejected', '-o', 'table'], cli);
    expect(table.stdout).toMatch(/^orders\.csv +4 +/m);
    expect(table.stdout).toMatch(/^shardId-000000000003 +reason 0 +no order$/m);
    expect(await waiting(parts.queueUrl)).toEqual([1, 0]);
    // They were never in the stream: what is on the queue is no line that was read.
    await expect(runCli(['rejected', '--limit', '1', '-o', 'json'], cli)).resolves.toMatchObject({
      stderr: '1 more; --limit 2 shows them all\nmore are on the rejected queue; alakazam status says how many\n',
    });
  });

  test('takes no more from the queue than it shows, and gives that back', async () => {
    const parts = await makeParts();
    await reject(parts.queueUrl, numbered(45));
    proxy.fault(() => undefined);
    const { stdout, stderr } = await runCli(
      ['rejected', '--limit', '12', '-o', 'ndjson'],
      cliOn(parts, proxy, directory),
    );
    expect(stdout.trim().split('\n')).toHaveLength(12);
    expect(stderr).toBe('more are on the rejected queue; alakazam status says how many\n');
    expect(proxy.calls.get('ReceiveMessage')).toBe(2);
    expect(await waiting(parts.queueUrl)).toEqual([45, 0]);
  });

  test('gives all back when it is interrupted', async () => {
    const parts = await makeParts();
    await reject(parts.queueUrl, numbered(60));
    const child = spawnCli(['rejected', '-o', 'ndjson'], cliOn(parts, proxy, directory), ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    let interrupted = 0;
    proxy.fault(async ({ action, number, forward }) => {
      if (action !== 'ReceiveMessage' || number < 2) return undefined;
      if (interrupted++ === 0) child.kill('SIGINT');
      return forward();
    });
    expect(await finish(child)).toMatchObject({ code: 130, stderr: '' });
    expect(interrupted).toBeGreaterThan(0);
    expect(await waiting(parts.queueUrl)).toEqual([60, 0]);
  });
});
