/** Rejected records as messages of the rejected queue: whole, with the reason and their position in the stream. */
import type { RejectedRecord } from './process-orders.js';

/** Body of a message. */
export interface RejectedMessage {
  readonly reason: string;
  /** The record: as text if it is text, else in base64. */
  readonly data?: string;
  readonly dataBase64?: string;
  /** True if the record was cut, because it is too long for a message. The stream has it whole until it expires. */
  readonly isCut: boolean;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** ISO 8601 */
  readonly arrivedAt: string;
}

/** A message, as it is shown beside the rejected lines of sources. */
export interface RejectedArrival {
  /** Shard and sequence number with a colon between them, as Lambda names a record; or `rejected queue`. */
  readonly source: string;
  /** A record has no line number. */
  readonly line: null;
  readonly reason: string;
  /** At most the first 1,024 characters of the record; a data URL (RFC 2397) if it is no text. */
  readonly text: string;
  /** True if the record is longer. */
  readonly isCut: boolean;
  readonly partitionKey: string | null;
  /** ISO 8601 */
  readonly arrivedAt: string | null;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH_MESSAGES_MAX = 10;
const BATCH_BYTES_MAX = 1_048_576;
/** Leaves room for the other fields of a message. */
const MESSAGE_BYTES_MAX = BATCH_BYTES_MAX - 4096;

export interface MessageBatch {
  readonly entries: { Id: string; MessageBody: string }[];
  /** Entry i is of record `numbers[i]`. */
  readonly numbers: number[];
}

export function messagesOf(rejected: readonly RejectedRecord[]): MessageBatch[] {
  const batches: MessageBatch[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [number, record] of rejected.entries()) {
    // SQS refuses a message with one of these characters, even where JSON allows it.
    const body = JSON.stringify(messageOf(record)).replaceAll(/[\ufffe\uffff]/g, (character) =>
      character === '\ufffe' ? '\\ufffe' : '\\uffff',
    );
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

const SHOWN_MAX = 1024;

/** A message of the queue, whatever program sent it. */
export function rejectedArrivalOf(body: string): RejectedArrival {
  const message = messageIn(body);
  if (!message) {
    const none = { line: null, partitionKey: null, arrivedAt: null };
    return { source: 'rejected queue', reason: 'put there by something else', ...none, ...shown(body) };
  }
  const { reason, data, dataBase64, isCut, shardId, sequenceNumber, partitionKey, arrivedAt } = message;
  const { text, isCut: isShownCut } = shown(data ?? `data:;base64,${dataBase64 ?? ''}`);
  const source = `${shardId}:${sequenceNumber}`;
  return { source, line: null, reason, text, isCut: isCut || isShownCut, partitionKey, arrivedAt };
}

export function messageIn(body: string): RejectedMessage | undefined {
  try {
    const message = JSON.parse(body);
    const { reason, sequenceNumber, data = '', dataBase64 = '' } = message ?? {};
    return [reason, sequenceNumber, data, dataBase64].every((field) => typeof field === 'string') ? message : undefined;
  } catch {
    return undefined;
  }
}

function shown(text: string): Pick<RejectedArrival, 'text' | 'isCut'> {
  return { text: text.slice(0, SHOWN_MAX), isCut: text.length > SHOWN_MAX };
}

/** The text of a record, if SQS accepts it as it is. */
function textOf(data: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(data);
    return /[\ufffe\uffff]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
