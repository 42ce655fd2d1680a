/** A model as bytes: a checksum, a line of JSON that names the arrays, and the arrays. The same model is the same bytes. */
import { crc32 } from 'node:zlib';
import { AlakazamError } from '../errors.js';
import type { ProductFactors } from './fold-in.js';
import type { Model } from './training.js';

/** Of the form below. A model of another version is trained again. */
const VERSION = 1;
const MARK = `alakazam model ${VERSION}\n`;
const CRC_BYTES = 4;
const ALIGNMENT = 8;

const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const;
type Type = keyof typeof TYPES;
type Values = Float32Array | Float64Array | Int32Array | Uint32Array;

interface Head {
  readonly arrays: readonly (readonly [type: Type, length: number])[];
  readonly model: Pick<Model, 'today' | 'ranking' | 'isLearned'>;
  readonly products: Model['purchases']['products'];
  readonly factors: readonly Pick<ProductFactors, 'rank' | 'recency'>[];
}

export function encodeModel({ purchases, short, long, today, ranking, isLearned }: Model): Uint8Array {
  const { customers, products, invoices, days, starts, items } = purchases;
  const arrays: readonly (readonly [Type, Values])[] = [
    ['f64', customers],
    ['u32', invoices],
    ['i32', days],
    ['u32', starts],
    ['u32', items],
    ...[short, long].flatMap(({ rows, square }) => [['f32', rows] as const, ['f32', square] as const]),
  ];
  const head: Head = {
    arrays: arrays.map(([type, { length }]) => [type, length]),
    model: { today, ranking, isLearned },
    products,
    factors: [short, long].map(({ rank, recency }) => ({ rank, recency })),
  };
  const text = Buffer.from(`${JSON.stringify(head)}\n`);
  const begin = aligned(MARK.length + CRC_BYTES + text.length);
  const size = arrays.reduce((sum, [, { byteLength }]) => sum + aligned(byteLength), begin);
  const bytes = Buffer.alloc(size);
  bytes.write(MARK, 'latin1');
  text.copy(bytes, MARK.length + CRC_BYTES);
  let at = begin;
  for (const [, { buffer, byteOffset, byteLength }] of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += aligned(byteLength);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(MARK.length + CRC_BYTES)), MARK.length);
  return bytes;
}

/** Reads what `encodeModel` wrote; `name` is the model's, for people. Throws an `AlakazamError` if the bytes are not as they were written. */
export function decodeModel(bytes: Buffer, name: string): Model {
  const hint = 'alakazam train';
  if (bytes.subarray(0, MARK.length).toString('latin1') !== MARK) {
    throw new AlakazamError('failed', `the model ${name} is of another version of alakazam, or no model`, { hint });
  }
  const content = bytes.subarray(MARK.length + CRC_BYTES);
  if (bytes.length < MARK.length + CRC_BYTES || crc32(content) !== bytes.readUInt32LE(MARK.length)) {
    throw new AlakazamError('failed', `the model ${name} is damaged: its bytes are not those that were written`, {
      hint,
    });
  }
  const end = content.indexOf('\n');
  const head = JSON.parse(content.toString('utf8', 0, end)) as Head;
  let at = aligned(MARK.length + CRC_BYTES + end + 1);
  const arrays = head.arrays.map(([type, length]) => {
    const Values = TYPES[type];
    const from = bytes.byteOffset + at;
    const size = length * Values.BYTES_PER_ELEMENT;
    at += aligned(size);
    // A copy, since the bytes may begin anywhere in the memory of a file.
    return new Values(bytes.buffer.slice(from, from + size) as ArrayBuffer);
  });
  const [customers, invoices, days, starts, items, shortRows, shortSquare, longRows, longSquare] =
    arrays as unknown as [
      Float64Array,
      Uint32Array,
      Int32Array,
      Uint32Array,
      Uint32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
  const [short, long] = head.factors as [Head['factors'][0], Head['factors'][0]];
  return {
    ...head.model,
    purchases: { customers, products: head.products, invoices, days, starts, items },
    short: { ...short, rows: shortRows, square: shortSquare },
    long: { ...long, rows: longRows, square: longSquare },
  };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
