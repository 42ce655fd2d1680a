/** Orders as Firehose hands them to the function before the lake. */
import { encoderOf } from '../../src/stream/order-record.js';
import { blockOf, type Line } from '../fixtures/orders.js';

/** Each line is a record of the stream by itself, as of an order that comes twice. */
export function deliveredRecords(lines: readonly Line[]) {
  return lines.map((line, i) => ({
    recordId: `${i}`,
    data: encoderOf(blockOf([line]))(0),
    approximateArrivalTimestamp: i,
    kinesisRecordMetadata: { sequenceNumber: `${i + 1}`, approximateArrivalTimestamp: 1000 + i },
  }));
}
