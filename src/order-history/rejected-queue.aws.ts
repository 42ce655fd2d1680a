/** What is on the rejected queue, looked at and left there: whoever sends it through again finds all of it. */
import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { AwsSession } from '../engines/aws/session.js';
import { type RejectedArrival, rejectedArrivalOf } from './rejected-messages.js';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const BATCH_MESSAGES_MAX = 10;
/** Enough for some ten thousand messages, and soon over for those of a process that was killed. */
const HIDDEN_SECONDS = 120;
/** Without waiting an answer may be empty though the queue isn't: it asks some of its servers alone. */
const WAIT_SECONDS = 1;
const IN_FLIGHT_MAX = 8;

/**
 * Each message once. To look at a message is to hide it for a while: all are given back when reading ends, also where that is
 * before the last. The queue has no dead-letter queue, to which looking too often would bring them.
 */
export async function* peekRejected(session: AwsSession, queueUrl: string): AsyncGenerator<RejectedArrival> {
  const client = session.client(SQSClient);
  /** The handle of each, by its id: if it comes again, the last one counts. */
  const handles = new Map<string, string>();
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: BATCH_MESSAGES_MAX,
          VisibilityTimeout: HIDDEN_SECONDS,
          WaitTimeSeconds: WAIT_SECONDS,
        }),
      );
      const found = Messages.filter(({ MessageId }) => !handles.has(MessageId as string));
      for (const { MessageId, ReceiptHandle } of Messages) handles.set(MessageId as string, ReceiptHandle as string);
      // Empty, or the first ones are back already.
      if (found.length === 0) return;
      for (const { Body = '' } of unique(found)) yield rejectedArrivalOf(Body);
    }
  } finally {
    await giveBack(client, queueUrl, [...handles.values()]);
  }
}

/** An answer may hold a message twice. */
function unique(messages: readonly Message[]): Iterable<Message> {
  return new Map(messages.map((message) => [message.MessageId, message])).values();
}

/** What can't be given back comes back by itself. */
export async function giveBack(client: SQSClient, queueUrl: string, handles: readonly string[]): Promise<void> {
  const starts = Array.from(
    { length: Math.ceil(handles.length / BATCH_MESSAGES_MAX) },
    (_, i) => i * BATCH_MESSAGES_MAX,
  );
  const left = starts.values();
  const worker = async () => {
    for (const start of left) {
      const Entries = handles
        .slice(start, start + BATCH_MESSAGES_MAX)
        .map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle, VisibilityTimeout: 0 }));
      await client
        .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
        .catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, worker));
}
