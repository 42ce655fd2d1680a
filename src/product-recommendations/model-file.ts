/**
 * A model as bytes: a checksum, a line of JSON, and arrays. In the JSON, `{"array": n, …}` stands for the n-th of them. The same
 * model is the same bytes.
 */
import { crc32 } from 'node:zlib';
import { AlakazamError } from '../errors.js';
import type { Model } from './training.js';

/** Of what a model consists of. A model of another version is trained again. */
const VERSION = 2;
const MARK = `alakazam model ${VERSION}\n`;
const CRC_BYTES = 4;
const BEGIN = MARK.length + CRC_BYTES;
const ALIGNMENT = 8;

const TYPES = { Float32Array, Float64Array, Int32Array, Uint16Array, Uint32Array } as const;
type Values = InstanceType<(typeof TYPES)[keyof typeof TYPES]>;

interface Place {
  readonly array: number;
  readonly type: keyof typeof TYPES;
  /** In bytes, behind the JSON. */
  readonly at: number;
  readonly length: number;
}

export function encodeModel(model: Model): Uint8Array {
  const arrays: Values[] = [];
  let size = 0;
  const json = JSON.stringify(model, (_, value) => {
    if (!ArrayBuffer.isView(value)) return value;
    const values = value as Values;
    const type = values.constructor.name as Place['type'];
    const place: Place = { array: arrays.length, type, at: size, length: values.length };
    arrays.push(values);
    size += aligned(values.byteLength);
    return place;
  });
  const text = Buffer.from(`${json}\n`);
  const begin = aligned(BEGIN + text.length);
  const bytes = Buffer.alloc(begin + size);
  bytes.write(MARK, 'latin1');
  text.copy(bytes, BEGIN);
  let at = begin;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += aligned(byteLength);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(BEGIN)), MARK.length);
  return bytes;
}

/**
 * Reads what `encodeModel` wrote; `name` is the model's, for people. Throws an `AlakazamError` if the bytes are not as they were
 * written.
 */
export function decodeModel(read: Uint8Array, name: string): Model {
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
  const hint = 'alakazam train';
  if (bytes.subarray(0, MARK.length).toString('latin1') !== MARK) {
    throw new AlakazamError('failed', `the model ${name} is of another version of alakazam, or no model`, { hint });
  }
  const content = bytes.subarray(BEGIN);
  if (bytes.length < BEGIN || crc32(content) !== bytes.readUInt32LE(MARK.length)) {
    throw new AlakazamError('failed', `the model ${name} is damaged: its bytes are not those that were written`, {
      hint,
    });
  }
  const end = content.indexOf('\n');
  const begin = bytes.byteOffset + aligned(BEGIN + end + 1);
  // An array must not begin anywhere.
  const isAligned = bytes.byteOffset % ALIGNMENT === 0;

  function valuesAt({ type, at, length }: Place): Values {
    const Values = TYPES[type];
    if (isAligned) return new Values(bytes.buffer as ArrayBuffer, begin + at, length);
    return new Values(bytes.buffer.slice(begin + at, begin + at + length * Values.BYTES_PER_ELEMENT) as ArrayBuffer);
  }

  /** Puts arrays in their places. A list has none in it. */
  function restored(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if ('array' in value) return valuesAt(value as Place);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, restored(each)]));
  }
  return restored(JSON.parse(content.toString('utf8', 0, end))) as Model;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
