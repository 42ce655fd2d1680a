/** The topic of the stack's notifications: who has subscribed, and what became of what was published. */
import { GetSMSAttributesCommand, paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { filterLogEvents } from '../engines/aws/log-events.js';
import { createPoll } from '../engines/aws/poll.js';
import type { AwsSession } from '../engines/aws/session.js';
import type { TestResult } from './alarm.js';
import type { Notifier } from './notifier.js';
import { snsNotifier } from './notifier.sns.js';

/** Who gets what is published. */
export interface Subscriber {
  /** `SMS +44…00`, `email a…@example.org`: whoever reads a log need not learn the rest. */
  readonly name: string;
  readonly protocol: string;
  /** False for an e-mail address whose owner has yet to say yes. */
  readonly isConfirmed: boolean;
}

export interface AlarmTopic {
  readonly notifier: Notifier;
  subscribers(): Promise<readonly Subscriber[]>;
  /** What became of the last message that the notifier published, for each subscriber. Waits for what the phone network says. */
  lastOutcomes(signal: AbortSignal): Promise<readonly TestResult[]>;
}

export const NOT_CONFIRMED = 'not confirmed: follow the link in the message that AWS sent first';
const NOT_KNOWN =
  'SNS took it; whether the phone got it is not known: turn on delivery status logging of SMS in the SNS console';
/** As a rule the network answers within seconds. */
const WAIT_MS = 45_000;
const POLL_MS_MAX = 3000;

export function openAlarmTopic(session: AwsSession, topicArn: string, clock: () => number): AlarmTopic {
  const client = session.client(SNSClient);
  let last = { messageId: '', atMs: 0 };
  const onTaken = (messageId: string) => {
    last = { messageId, atMs: clock() };
  };

  async function subscribers(): Promise<Subscriber[]> {
    const found: Subscriber[] = [];
    for await (const page of paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn })) {
      for (const { Protocol = '', Endpoint = '', SubscriptionArn } of page.Subscriptions ?? []) {
        const isConfirmed = SubscriptionArn !== 'PendingConfirmation';
        found.push({ name: nameOf(Protocol, Endpoint), protocol: Protocol, isConfirmed });
      }
    }
    return found;
  }

  return {
    notifier: snsNotifier({ client, topicArn, onTaken }),
    subscribers,
    async lastOutcomes(signal) {
      const all = await subscribers();
      const phones = all.filter(({ protocol }) => protocol === 'sms');
      const said =
        phones.length > 0
          ? await phoneNetwork(session, client, topicArn, { ...last, phones: phones.length }, signal)
          : [];
      return all.map(({ name, protocol, isConfirmed }): TestResult => {
        if (!isConfirmed) return { destination: name, isDelivered: false, detail: NOT_CONFIRMED };
        if (protocol !== 'sms') return { destination: name, isDelivered: true, detail: 'SNS took it' };
        const answer = said?.find(({ destination }) => nameOf('sms', destination) === name);
        if (said === undefined) return { destination: name, isDelivered: true, detail: NOT_KNOWN };
        if (!answer) return { destination: name, isDelivered: false, detail: 'the phone network said nothing in time' };
        return { destination: name, isDelivered: answer.isDelivered, detail: answer.response };
      });
    },
  };
}

interface SaidOfPhone {
  readonly destination: string;
  readonly isDelivered: boolean;
  readonly response: string;
}

/**
 * What the networks said of a message; undefined where SNS does not log it.
 * https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html
 */
async function phoneNetwork(
  session: AwsSession,
  client: SNSClient,
  topicArn: string,
  { messageId, atMs, phones }: { readonly messageId: string; readonly atMs: number; readonly phones: number },
  signal: AbortSignal,
): Promise<readonly SaidOfPhone[] | undefined> {
  const { attributes } = await client.send(new GetSMSAttributesCommand({}));
  if (!attributes?.['DeliveryStatusIAMRole']) return undefined;
  const [, , , region, account, topic] = topicArn.split(':');
  const groups = [topic, 'DirectPublishToPhoneNumber'].map((name) => `sns/${region}/${account}/${name}`);
  const poll = createPoll(POLL_MS_MAX);
  const untilMs = performance.now() + WAIT_MS;
  for (;;) {
    const search = groups.flatMap((group) => [group, `${group}/Failure`]);
    const lines = await Promise.all(search.map((group) => filterLogEvents(session, group, `"${messageId}"`, atMs)));
    const said = lines.flat().flatMap(saidIn);
    if (said.length >= phones || signal.aborted || performance.now() > untilMs) return said;
    await poll(signal);
  }
}

function saidIn(line: string): SaidOfPhone[] {
  try {
    const { status, delivery } = JSON.parse(line);
    const { destination = '', providerResponse = String(status) } = delivery ?? {};
    return [{ destination, isDelivered: status === 'SUCCESS', response: providerResponse }];
  } catch {
    return [];
  }
}

function nameOf(protocol: string, endpoint: string): string {
  if (protocol === 'sms') return `SMS ${endpoint.slice(0, 3)}…${endpoint.slice(-2)}`;
  const [, first = '', host = ''] = /^(.)[^@]*(@.*)$/.exec(endpoint) ?? [];
  return first ? `${protocol} ${first}…${host}` : protocol;
}
