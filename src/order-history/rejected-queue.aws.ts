/** Shows the messages of the rejected queue and leaves them there, for a replay to find. */
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
/** Enough time to read some ten thousand messages. If the process is killed, its messages are back after it. */
const HIDDEN_SECONDS = 120;
/** Without a wait SQS asks only some of its servers, and the answer may be empty though the queue isn't. */
const WAIT_SECONDS = 1;
const IN_FLIGHT_MAX = 8;

/**
 * Each message once. Receiving a message hides it for a while: all are made visible again when reading ends, also when it ends
 * early. The queue has no dead-letter queue, so receiving a message often does no harm.
 */
export async function* peekRejected(session: AwsSession, queueUrl: string): AsyncGenerator<RejectedArrival> {
  const client = session.client(SQSClient);
  /** The receipt handle of each message, by its id. The last handle of a message counts. */
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
      // The queue is empty, or the first messages are visible again.
      if (found.length === 0) return;
      for (const { Body = '' } of unique(found)) yield rejectedArrivalOf(Body);
    }
  } finally {
    await makeVisible(client, queueUrl, [...handles.values()]);
  }
}

/** An answer may hold a message twice. */
function unique(messages: readonly Message[]): Iterable<Message> {
  return new Map(messages.map((message) => [message.MessageId, message])).values();
}

/** A message whose call fails becomes visible by itself, when its time is over. */
export async function makeVisible(client: SQSClient, queueUrl: string, handles: readonly string[]): Promise<void> {
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
