/** Checks whether SMS reaches the stack's phone number. A new account sends only to verified numbers. */
import {
  GetSMSSandboxAccountStatusCommand,
  paginateListSMSSandboxPhoneNumbers,
  paginateListSubscriptionsByTopic,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Finding } from '../terminal/check.js';
import type { Resources } from './resource-names.js';

/**
 * A new account is in the SMS sandbox: it sends only to verified numbers, and drops other messages without an error:
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
