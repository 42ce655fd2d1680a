/** What `doctor` checks of the rate alarm on AWS. */
import { GetSMSAttributesCommand, paginateListOriginationNumbers, SNSClient } from '@aws-sdk/client-sns';
import { describeFlinkApplication } from '../engines/aws/flink-applications.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { type Check, check, checkIfPossible, type Finding } from '../terminal/check.js';
import { counted } from '../terminal/numbers.js';
import { NOT_CONFIRMED, type Subscriber } from './alarm-topic.aws.js';

export interface CheckedAlarm {
  /** Name of the Flink application. */
  readonly application: string;
  readonly subscribers: () => Promise<readonly Subscriber[]>;
}

export async function* alarmChecks(
  session: AwsSession,
  { application, subscribers }: CheckedAlarm,
): AsyncGenerator<Check> {
  const found = [
    check('rate alarm', () => flinkRuns(session, application)),
    checkIfPossible('who is told', async () => subscription(await subscribers())),
    checkIfPossible('SMS limit', async () => spendingLimit(session, await subscribers())),
  ];
  for (const each of found) yield await each;
}

async function flinkRuns(session: AwsSession, application: string): Promise<Finding> {
  const { ApplicationStatus: status = 'in no state' } = await describeFlinkApplication(session, application);
  if (status === 'RUNNING') return `${application} watches the stream`;
  return new AlakazamError('failed', `${application} is ${status}, and watches the stream when it is RUNNING`, {
    hint: /ING$/.test(status) ? 'wait some minutes' : 'alakazam deploy starts it',
  });
}

function subscription(subscribers: readonly Subscriber[]): Finding {
  if (subscribers.length === 0) {
    return new AlakazamError('failed', 'nobody is told of a surge', {
      hint: 'alakazam deploy --param AlarmPhone=+441632960000 --param AlarmEmail=me@example.com',
    });
  }
  const unconfirmed = subscribers.filter(({ isConfirmed }) => !isConfirmed).map(({ name }) => name);
  if (unconfirmed.length === 0) return subscribers.map(({ name }) => name).join(', ');
  return new AlakazamError('failed', `${unconfirmed.join(', ')}: ${NOT_CONFIRMED}`);
}

/** SNS stops to send SMS when the month's costs reach the limit, which is a dollar at first. */
async function spendingLimit(session: AwsSession, subscribers: readonly Subscriber[]): Promise<Finding> {
  if (!subscribers.some(({ protocol }) => protocol === 'sms')) return 'no phone is told';
  const client = session.client(SNSClient);
  const { attributes = {} } = await client.send(new GetSMSAttributesCommand({}));
  const { MonthlySpendLimit: limit = '1', DefaultSenderID: sender } = attributes;
  let numbers = 0;
  for await (const { PhoneNumbers = [] } of paginateListOriginationNumbers({ client }, {}))
    numbers += PhoneNumbers.length;
  const origin = sender
    ? `from ${sender}`
    : numbers > 0
      ? `from ${counted(numbers, 'number')}`
      : 'from a shared number';
  const finding = `at most $${limit} a month, ${origin}`;
  // https://docs.aws.amazon.com/sns/latest/dg/channels-sms-originating-identities.html
  const isAmerican = subscribers.some(({ name }) => name.startsWith('SMS +1'));
  if (!isAmerican || numbers > 0) return finding;
  return new AlakazamError(
    'failed',
    `${finding}: networks of the USA and Canada take SMS from a number of one's own alone`,
    {
      hint: 'request an origination number in the console of AWS End User Messaging',
    },
  );
}
