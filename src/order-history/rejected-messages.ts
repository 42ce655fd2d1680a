/** What is no order, as messages of the rejected queue: whole, with the reason and where in the stream it stands. */
import type { RejectedRecord } from './process-orders.js';

/** Body of a message. */
export interface RejectedMessage {
  readonly reason: string;
  /** What the record says: as text where it is text, else in base64. */
  readonly data?: string;
  readonly dataBase64?: string;
  /** True if the record is too long for a message: it was cut, and stands whole in the stream as long as that keeps it. */
  readonly isCut: boolean;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** ISO 8601 */
  readonly arrivedAt: string;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH_MESSAGES_MAX = 10;
const BATCH_BYTES_MAX = 1_048_576;
/** Leaves room for what stands around the data. */
const MESSAGE_BYTES_MAX = BATCH_BYTES_MAX - 4096;

export interface MessageBatch {
  readonly entries: { Id: string; MessageBody: string }[];
  /** By the number that is an entry's id, the number of its record. */
  readonly numbers: number[];
}

export function messagesOf(rejected: readonly RejectedRecord[]): MessageBatch[] {
  const batches: MessageBatch[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [number, record] of rejected.entries()) {
    const body = JSON.stringify(messageOf(record));
    const size = Buffer.byteLength(body);
    let batch = batches.at(-1);
    if (!batch || batch.entries.length === BATCH_MESSAGES_MAX || bytes + size > BATCH_BYTES_MAX) {
      batch = { entries: [], numbers: [] };
      batches.push(batch);
      bytes = 0;
    }
    bytes += size;
    batch.entries.push({ Id: String(batch.entries.length), MessageBody: body });
    batch.numbers.push(number);
  }
  return batches;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function messageOf({
  reason,
  data,
  shardId,
  sequenceNumber,
  partitionKey,
  arrivalMs,
}: RejectedRecord): RejectedMessage {
  const where = { shardId, sequenceNumber, partitionKey, arrivedAt: new Date(arrivalMs).toISOString() };
  const text = textOf(data);
  if (text !== undefined && Buffer.byteLength(JSON.stringify(text)) <= MESSAGE_BYTES_MAX) {
    return { reason, data: text, isCut: false, ...where };
  }
  const most = Math.floor((MESSAGE_BYTES_MAX * 3) / 4);
  const part = Buffer.from(data.subarray(0, most)).toString('base64');
  return { reason, dataBase64: part, isCut: data.length > most, ...where };
}

/** As text, if it is text that a message may hold: JSON writes control characters in others, but not these two. */
function textOf(data: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(data);
    return /[\ufffe\uffff]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
