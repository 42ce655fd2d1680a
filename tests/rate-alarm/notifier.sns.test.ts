import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect, onTestFinished, test } from 'vitest';
import { emailOf } from '../../src/rate-alarm/email.js';
import { snsNotifier } from '../../src/rate-alarm/notifier.sns.js';
import { smsOf } from '../../src/rate-alarm/sms.js';
import { never, notifierContract, running } from './notifier.contract.js';
import { LANTERN, messageOf } from './reports.js';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:alakazam-AlarmTopic-1';

/** SNS as it answers over HTTP: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
async function serving(answer: (response: ServerResponse) => void) {
  let arrived = (_: string) => {};
  const received = new Promise<string>((resolve) => {
    arrived = resolve;
  });
  const server = createServer(async (request, response) => {
    arrived(await text(request));
    answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new SNSClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return { client, received };
}

const taken = (response: ServerResponse) =>
  response.end('<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>');

const refusing = (status: number, code: string, message: string) => (response: ServerResponse) =>
  response
    .writeHead(status)
    .end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );

/** What was published. */
function read(received: string) {
  const fields = new URLSearchParams(received);
  const { default: plain, email, sms } = JSON.parse(fields.get('Message') as string);
  return { topic: fields.get('TopicArn'), subject: fields.get('Subject'), plain, email, sms };
}

notifierContract(
  'a topic of SNS',
  async (behaviour, deadline) => {
    const answer = { 'takes it': taken, fails: refusing(400, 'Throttled', 'Rate exceeded'), 'never answers': () => {} };
    const { client, received } = await serving(answer[behaviour]);
    return { notifier: snsNotifier({ client, topicArn: TOPIC, deadline }), received };
  },
  read,
  (message) => {
    const { subject, body } = emailOf(message);
    return { topic: TOPIC, subject, plain: message.text, email: body, sms: smsOf(message) };
  },
);

test.each([
  ['AuthorizationError', 403, 'failed'],
  ['KMSAccessDenied', 400, 'failed'],
  ['InternalError', 500, 'failed'],
  ['InvalidParameter', 400, 'refused'],
])('%s is %s', async (code, status, outcome) => {
  const { client } = await serving(refusing(status, code, 'no'));
  const message = messageOf('began', { episode: LANTERN });
  const sent = await snsNotifier({ client, topicArn: TOPIC, deadline: never }).send(message, running);
  expect(sent).toEqual({ outcome, reason: 'SNS: no' });
});

test('says to the phone network that it matters', async () => {
  const { client, received } = await serving(taken);
  await snsNotifier({ client, topicArn: TOPIC }).send(messageOf('test'), running);
  const fields = new URLSearchParams(await received);
  expect(fields.get('MessageAttributes.entry.1.Name')).toBe('AWS.SNS.SMS.SMSType');
  expect(fields.get('MessageAttributes.entry.1.Value.StringValue')).toBe('Transactional');
});
