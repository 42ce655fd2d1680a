/** What AWS allows an account, as far as the stack may come up against it. A new account is allowed little. */
import { DescribeLimitsCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetSMSSandboxAccountStatusCommand,
  paginateListSMSSandboxPhoneNumbers,
  paginateListSubscriptionsByTopic,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Finding } from '../terminal/check.js';
import { counted, whole } from '../terminal/numbers.js';
import type { Resources } from './resources.aws.js';

/** An ON_DEMAND stream begins with 4 MB/s, of 1 MB/s a shard: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const SHARDS_AT_FIRST = 4;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html */
export async function kinesisQuota(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const { OnDemandStreamCount, OnDemandStreamCountLimit, OpenShardCount, ShardLimit } = await session
    .client(KinesisClient)
    .send(new DescribeLimitsCommand({}));
  const streams = `${OnDemandStreamCount} of ${OnDemandStreamCountLimit} on-demand streams`;
  const isFull = (OnDemandStreamCount ?? 0) >= (OnDemandStreamCountLimit ?? Number.POSITIVE_INFINITY);
  const isMade = await nameOf('OrdersStreamName').then(
    () => true,
    () => false,
  );
  if (isFull && !isMade) {
    return new AlakazamError('failed', `${streams} are in use, and deploy makes one`, {
      hint: 'ask for more in Service Quotas, or alakazam deploy --param StreamMode=PROVISIONED',
    });
  }
  return `${streams}, ${OpenShardCount} of ${ShardLimit} shards`;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export async function lambdaQuota(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const { AccountLimit } = await session.client(LambdaClient).send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {};
  const wanted = await nameOf('OrdersStreamName').then(
    (name) => shardsOf(session, name),
    () => SHARDS_AT_FIRST,
  );
  const finding = `${counted(ConcurrentExecutions, 'concurrent execution')}, ${whole(UnreservedConcurrentExecutions)} unreserved`;
  if (UnreservedConcurrentExecutions >= wanted) return finding;
  return new AlakazamError('failed', `${finding}; process-orders wants ${wanted}, one a shard`, {
    hint: 'ask for more "Concurrent executions" of AWS Lambda in Service Quotas; until then orders only come later',
  });
}

async function shardsOf(session: AwsSession, name: string): Promise<number> {
  const describe = new DescribeStreamSummaryCommand({ StreamName: name });
  const { StreamDescriptionSummary } = await session.client(KinesisClient).send(describe);
  return StreamDescriptionSummary?.OpenShardCount ?? SHARDS_AT_FIRST;
}

/**
 * In the sandbox, where an account begins, SMS goes to numbers that were verified alone, and nobody is told where it doesn't:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html
 */
export async function smsSandbox(session: AwsSession, { stack }: Resources): Promise<Finding> {
  const client = session.client(SNSClient);
  const { IsInSandbox } = await client.send(new GetSMSSandboxAccountStatusCommand({}));
  if (!IsInSandbox) return 'to any number: out of the sandbox';
  const topic = await stack().then(
    ({ outputs }) => outputs.get('AlarmTopicArn'),
    () => undefined,
  );
  const phones = topic ? await phonesOf(client, topic) : [];
  if (phones.length === 0) return 'to verified numbers alone: in the sandbox';
  const verified = await verifiedPhones(client);
  const unverified = phones.filter((phone) => !verified.has(phone));
  if (unverified.length === 0) return 'to the number of the stack, which is verified: in the sandbox';
  return new AlakazamError('failed', 'in the sandbox, and AlarmPhone is not verified: it gets no SMS', {
    hint: 'verify it in the SNS console, under Text messaging, or leave the sandbox there',
  });
}

async function phonesOf(client: SNSClient, TopicArn: string): Promise<string[]> {
  const phones: string[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
    for (const { Protocol, Endpoint } of Subscriptions) if (Protocol === 'sms' && Endpoint) phones.push(Endpoint);
  }
  return phones;
}

async function verifiedPhones(client: SNSClient): Promise<ReadonlySet<string | undefined>> {
  const verified = new Set<string | undefined>();
  for await (const { PhoneNumbers = [] } of paginateListSMSSandboxPhoneNumbers({ client }, {})) {
    for (const { PhoneNumber, Status } of PhoneNumbers) if (Status === 'Verified') verified.add(PhoneNumber);
  }
  return verified;
}
