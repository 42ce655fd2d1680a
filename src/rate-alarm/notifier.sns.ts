/** Publishes messages to a topic of SNS, which takes to each subscriber the text that suits it. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { nameOf } from '../engines/aws/errors.js';
import { reasonOf } from '../errors.js';
import type { AlarmMessage } from './alarm.js';
import { type Deadline, whenStopped } from './deadline.js';
import { emailOf } from './email.js';
import type { Notifier } from './notifier.js';
import { smsOf } from './sms.js';

const LIMIT_S = 10;

export interface SnsOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
  readonly deadline?: Deadline;
  /** Is told how SNS names a message that it took. */
  readonly onTaken?: (messageId: string) => void;
}

/** That SNS took a message does not say that a phone got it. */
export function snsNotifier({ client, topicArn, deadline = AbortSignal.timeout, onTaken }: SnsOptions): Notifier {
  return {
    name: `sns topic ${topicArn.slice(topicArn.lastIndexOf(':') + 1)}`,
    via: 'sns',
    async send(message, signal) {
      signal.throwIfAborted();
      const limit = deadline(1000 * LIMIT_S);
      const stop = new AbortController();
      const release = whenStopped([signal, limit], () => stop.abort());
      try {
        const { MessageId = '' } = await client.send(publication(message, topicArn), { abortSignal: stop.signal });
        onTaken?.(MessageId);
        return { outcome: 'delivered', detail: `SNS took it as ${MessageId}` };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (limit.aborted) return { outcome: 'failed', reason: `SNS did not answer within ${LIMIT_S} s` };
        const reason = `SNS: ${reasonOf(error)}`;
        // Permissions and keys may be mended; a message that is not valid stays so.
        return /^InvalidParameter/.test(nameOf(error)) ? { outcome: 'refused', reason } : { outcome: 'failed', reason };
      } finally {
        release();
      }
    },
  };
}

function publication(message: AlarmMessage, topicArn: string): PublishCommand {
  const { subject, body } = emailOf(message);
  return new PublishCommand({
    TopicArn: topicArn,
    Subject: subject,
    MessageStructure: 'json',
    Message: JSON.stringify({ default: message.text, email: body, sms: smsOf(message) }),
    // Networks deliver such messages first, and SNS does not drop them to save costs.
    MessageAttributes: { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' } },
  });
}
