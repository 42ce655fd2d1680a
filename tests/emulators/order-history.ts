/** The order history as the stack has it, made by hand on an emulator: stream, tables, queue, and the bundled Lambda function. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { CreateStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { onTestFinished } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openStore } from '../../src/engines/lmdb/store.js';
import { openChanges } from '../../src/order-history/dynamodb/changes.aws.js';
import { openAwsHistory } from '../../src/order-history/history.aws.js';
import type { OrderHistory } from '../../src/order-history/history.js';
import { BOOKMARK_STORE, openBookmarks } from '../../src/stream/bookmarks.lmdb.js';
import { type ArrivalOptions, openArrivals } from '../../src/stream/kinesis/arrivals.aws.js';
import { openAwsStream } from '../../src/stream/stream.aws.js';
import type { BookmarkedStream } from '../../src/stream/stream.js';
import { type CliOptions, ROOT, temporaryDirectory } from '../run-cli.js';
import { emulatorEnvironment } from './environment.js';

export interface Parts {
  readonly stream: string;
  readonly table: string;
  readonly index: string;
  readonly queueUrl: string;
  readonly streamArn: string;
}

let made = 0;

/** The Lambda function as `alakazam deploy` uploads it. */
export const functionZip = () => readFileSync(join(ROOT, 'dist', 'stack', 'process-orders.zip'));

/** Clients of the process's own environment, as the tests of a file find it. */
export function clients() {
  const requestHandler = new NodeHttpHandler();
  return {
    kinesis: new KinesisClient({ requestHandler }),
    dynamodb: new DynamoDBClient({ requestHandler }),
    streams: new DynamoDBStreamsClient({ requestHandler }),
    lambda: new LambdaClient({ requestHandler }),
    sqs: new SQSClient({ requestHandler }),
  };
}

/** Makes stream, tables and queue, empty. */
export async function makeParts({ shards = 1 }: { shards?: number } = {}): Promise<Parts> {
  const { kinesis, dynamodb, sqs } = clients();
  const name = `orders-${process.pid}-${++made}`;
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: `${name}-history`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'CustomerId', AttributeType: 'N' },
        { AttributeName: 'OrderId', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'CustomerId', KeyType: 'HASH' },
        { AttributeName: 'OrderId', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  await dynamodb.send(
    new CreateTableCommand({
      TableName: `${name}-index`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'Name', AttributeType: 'S' },
        { AttributeName: 'CustomerId', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'Name', KeyType: 'HASH' },
        { AttributeName: 'CustomerId', KeyType: 'RANGE' },
      ],
    }),
  );
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-rejected` }));
  return {
    stream: name,
    table: `${name}-history`,
    index: `${name}-index`,
    // Through whatever stands before the emulator.
    queueUrl: (QueueUrl as string).replace(/^https?:\/\/[^/]+/, process.env['AWS_ENDPOINT_URL'] as string),
    streamArn: `arn:aws:kinesis:eu-central-1:000000000000:stream/${name}`,
  };
}

/** Settings of a command line that finds these parts at `url`, and whatever more these variables say. */
export function cliOn(
  parts: Parts,
  { url }: { readonly url: string },
  base: string,
  variables: Readonly<Record<string, string>> = {},
): CliOptions {
  const env = {
    ...emulatorEnvironment(url),
    ALAKAZAM_TARGET: 'aws',
    ALAKAZAM_ORDERS_STREAM: parts.stream,
    ALAKAZAM_HISTORY_TABLE: parts.table,
    ALAKAZAM_HISTORY_INDEX_TABLE: parts.index,
    ALAKAZAM_REJECTED_QUEUE_URL: parts.queueUrl,
    ...variables,
  };
  return { home: join(base, parts.stream), env };
}

/** Puts the function between a stream and its table. */
export async function deployFunction({ stream, table, index, queueUrl, streamArn }: Parts): Promise<void> {
  const { lambda } = clients();
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: `${stream}-process`,
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/process-orders',
      Handler: 'process-orders.handler',
      Code: { ZipFile: functionZip() },
      Timeout: 60,
      Environment: { Variables: { TABLE_NAME: table, INDEX_TABLE_NAME: index, REJECTED_QUEUE_URL: queueUrl } },
    }),
  );
  await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: `${stream}-process`,
      EventSourceArn: streamArn,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 500,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  );
}

/** The emulator has no limit of its own, and tests don't wait. */
export const QUICK: ArrivalOptions = { pollMs: 50, pace: { burst: 1000, everyMs: 1 } };

export interface Handles {
  open(clock?: () => number): Promise<BookmarkedStream>;
  openHistory(clock?: () => number): Promise<OrderHistory>;
}

/** A store of progress that is gone with the tests of the file. */
export function progressStore() {
  const home = temporaryDirectory();
  return () => bookmarksIn(home);
}

function bookmarksIn(home: string) {
  const store = openStore(home, 'bookmarks', BOOKMARK_STORE);
  return { store, bookmarks: openBookmarks(store) };
}

/** Opens the drivers on these parts as processes of one machine do. */
export function handlesOn(parts: Parts): Handles {
  const home = temporaryDirectory();
  const session = openSession('alakazam');
  const opened: { close(): Promise<void> }[] = [];
  onTestFinished(async () => {
    for (const each of opened.reverse()) await each.close();
    session.close();
  });
  const keep = <T extends { close(): Promise<void> }>(what: T): T => {
    opened.push(what);
    return what;
  };
  return {
    async open(clock = Date.now) {
      const openBookmarks = () => bookmarksIn(home);
      return keep(await openAwsStream({ session, name: parts.stream, openBookmarks, clock, arrivals: QUICK }));
    },
    openHistory: async (clock = Date.now) =>
      keep(
        openAwsHistory({
          session,
          table: parts.table,
          index: parts.index,
          clock,
          arrivals: async () => openArrivals(session, parts.stream, QUICK),
          changes: () => openChanges(session, parts.table),
        }),
      ),
  };
}
