/**
 * The Lambda function of the rate alarm. Records of the alarm stream become episodes, and people are told. A rule calls it once a
 * minute besides: it tells of ends and of what could not be told before. One rule for all needs no schedule for each episode, which
 * would have to be made, moved with every crossing, and deleted; and what fails is tried again a minute later, whatever failed.
 */
import { SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { LambdaContext } from '../engines/aws/lambda.js';
import { metricLine } from '../engines/aws/metric-line.js';
import { openSession } from '../engines/aws/session.js';
import { openArrivals } from '../stream/kinesis/arrivals.aws.js';
import type { BatchResponse, KinesisEvent } from '../stream/kinesis/event.js';
import { openKeptEpisodes } from './kept-episodes.dynamodb.js';
import { snsNotifier } from './notifier.sns.js';
import { readShares } from './read-shares.aws.js';
import { stackSettings } from './stack-settings.js';
import { type RefusedRecord, type Taken, takeRecords } from './take-records.js';
import { type Telling, type ToldNow, tellDue } from './tell-due.js';

/** Time reserved at the end of an invocation. */
const RESERVE_MS = 5000;
/** A record of a second comes about five seconds after it: the job waits for late orders, and the connector for a full batch. */
const LAG_MS = 30_000;
const SETTLED_MS = 90_000;

const NOTHING: Taken = { refused: 0, late: 0, failed: undefined, failure: undefined };
const session = openSession(process.env['Place'] ?? 'alakazam');

/** An event of the rule has no records. */
export async function watchRate(event: Partial<KinesisEvent>, context: LambdaContext): Promise<BatchResponse> {
  const records = (event.Records ?? []).map(({ kinesis }) => ({
    sequenceNumber: kinesis.sequenceNumber,
    data: Buffer.from(kinesis.data, 'base64'),
  }));
  const telling = open();
  const { episodes, clock } = telling;
  const { quietMs } = telling.config;
  const taken = records.length > 0 ? await takeRecords(records, { episodes, quietMs, clock, refuse }) : NOTHING;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), context.getRemainingTimeInMillis() - RESERVE_MS);
  try {
    const told = await tellDue(telling, stop.signal);
    report(records.length, taken, told, context);
  } catch (error) {
    // The records are kept, and a minute later it is tried again.
    report(records.length, taken, { sent: 0, failed: 1, problem: (error as Error).message }, context);
    if (records.length === 0) throw error;
  } finally {
    clearTimeout(timer);
  }
  return { batchItemFailures: taken.failed ? [{ itemIdentifier: taken.failed.sequenceNumber }] : [] };
}

function open(): Telling {
  const config = stackSettings((name) => process.env[name]);
  const log = async () => openArrivals(session, setting('OrdersStreamName'));
  return {
    config,
    episodes: openKeptEpisodes(session, setting('SurgeTableName')),
    notifier: snsNotifier({ client: session.client(SNSClient), topicArn: setting('AlarmTopicArn') }),
    place: `stack ${setting('Place')}`,
    timing: { lagMs: LAG_MS, settledMs: SETTLED_MS },
    sharesOf: (episode) => readShares(episode, { log, windowMs: config.windowMs }),
    clock: Date.now,
    random: Math.random,
  };
}

/** Keeps what is no record of the alarm, for somebody to look at. */
async function refuse({ data, ...about }: RefusedRecord): Promise<void> {
  const body = JSON.stringify({ ...about, dataBase64: Buffer.from(data).toString('base64') });
  await session
    .client(SQSClient)
    .send(new SendMessageCommand({ QueueUrl: setting('AlarmFailuresQueueUrl'), MessageBody: body }));
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function report(
  records: number,
  { refused, late, failed, failure }: Taken,
  told: ToldNow,
  { functionName, awsRequestId }: LambdaContext,
): void {
  const line = metricLine({
    functionName,
    atMs: Date.now(),
    counts: {
      AlarmRecords: records,
      RefusedAlarmRecords: refused,
      LateOrders: late,
      AlarmsSent: told.sent,
      AlarmsFailed: told.failed,
    },
    fields: {
      level: failed || told.failed > 0 ? 'WARN' : 'INFO',
      requestId: awsRequestId,
      failedFrom: failed?.sequenceNumber,
      failure,
      problem: told.problem ?? undefined,
    },
  });
  process.stdout.write(line);
}
