/**
 * Takes apart what the Kinesis Producer Library puts together: many user records in one record of the stream. Format:
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 *
 *   F3 89 9A C2 | protobuf AggregatedRecord | MD5 of the protobuf
 *
 *   AggregatedRecord: 1 partition_key_table (string), 2 explicit_hash_key_table (string), 3 records (Record)
 *   Record: 1 partition_key_index, 2 explicit_hash_key_index (uint64), 3 data (bytes), 4 tags
 */
import { createHash } from 'node:crypto';

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;
const RECORDS = 3;
const DATA = 3;

/** The user records in a record of the stream; for a record that isn't aggregated, the record itself. */
export function userRecords(data: Uint8Array): readonly Uint8Array[] {
  if (data.length < MAGIC.length + DIGEST_BYTES || MAGIC.some((byte, i) => data[i] !== byte)) return [data];
  const body = data.subarray(MAGIC.length, data.length - DIGEST_BYTES);
  const digest = createHash('md5').update(body).digest();
  if (!digest.equals(data.subarray(data.length - DIGEST_BYTES))) return [data];
  try {
    return fieldsOf(body, RECORDS).map((record) => fieldsOf(record, DATA)[0] ?? new Uint8Array());
  } catch {
    return [data];
  }
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** Every field of bytes with this number. Throws if the message is cut. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;

  function varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('the message is cut');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  while (at < message.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === VARINT) varint();
    else if (type === FIXED_64) at += 8;
    else if (type === FIXED_32) at += 4;
    else if (type === BYTES) {
      const length = varint();
      if (at + length > message.length) throw new RangeError('the message is cut');
      if (tag >>> 3 === wanted) found.push(message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`wire type ${type}`);
  }
  return found;
}
