/** The Lambda function between the stream and the lake: says in each order when it arrived, and where in the stream. */
import { sequenceAt } from '../stream/kinesis/sequence.js';
import { decodeOrder, isOrder } from '../stream/order-record.js';

/** https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
export interface TransformationEvent {
  readonly records: readonly TransformedRecord[];
}

interface TransformedRecord {
  readonly recordId: string;
  /** Base64. */
  readonly data: string;
  /** Milliseconds since 1970. */
  readonly approximateArrivalTimestamp: number;
  /** Only of a record that comes from a stream of Kinesis. */
  readonly kinesisRecordMetadata?: {
    readonly sequenceNumber: string;
    /** Place of a record in an aggregated one; 0 for any other. */
    readonly subsequenceNumber?: number | string;
    readonly approximateArrivalTimestamp: number;
  };
}

interface Transformed {
  readonly recordId: string;
  readonly result: 'Ok' | 'ProcessingFailed';
  readonly data: string;
}

/** A record that is no order is `ProcessingFailed`: Firehose puts it under rejected/ as it is. */
export async function stampArrivals({ records }: TransformationEvent) {
  return { records: records.map(stamped) };
}

function stamped(record: TransformedRecord): Transformed {
  const { recordId, data, kinesisRecordMetadata: origin } = record;
  const order = decodeOrder(Buffer.from(data, 'base64'));
  if (!isOrder(order)) return { recordId, result: 'ProcessingFailed', data };
  const arrivalMs = origin?.approximateArrivalTimestamp ?? record.approximateArrivalTimestamp;
  const arrivedAt = new Date(arrivalMs).toISOString().replace('Z', '');
  const sequence = origin ? sequenceAt(origin.sequenceNumber, Number(origin.subsequenceNumber ?? 0)) : null;
  const json = JSON.stringify({ ...order, arrivedAt, sequence });
  return { recordId, result: 'Ok', data: Buffer.from(json).toString('base64') };
}
