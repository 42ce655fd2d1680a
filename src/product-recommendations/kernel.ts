/** The WebAssembly kernel (`kernel/`), and the memory that it works in, which threads may share. */
import { readFileSync } from 'node:fs';
import { assetOf } from '../assets.js';
import { AlakazamError } from '../errors.js';

/** What the files in `kernel/` export; addresses and counts are numbers. */
export interface Kernel {
  gram(factors: number, begin: number, end: number, rank: number, out: number): void;
  solve(
    own: number,
    other: number,
    square: number,
    starts: number,
    columns: number,
    values: number,
    begin: number,
    end: number,
    rank: number,
    steps: number,
    scratch: number,
  ): number;
  score(row: number, factors: number, count: number, rank: number, out: number): void;
  normal(
    square: number,
    other: number,
    columns: number,
    values: number,
    count: number,
    rank: number,
    scratch: number,
    lower: number,
  ): void;
  contributions(
    lower: number,
    row: number,
    other: number,
    columns: number,
    values: number,
    count: number,
    rank: number,
    scratch: number,
    out: number,
  ): void;
  neighbours(
    buyerBytes: number,
    itemBytes: number,
    own: number,
    count: number,
    buyerStarts: number,
    buyers: number,
    sizes: number,
    customers: number,
    invoices: number,
    days: number,
    starts: number,
    items: number,
    self: number,
    today: number,
    recentDays: number,
    decay: number,
    common: number,
    scores: number,
  ): void;
  words(starts: number, columns: number, values: number, profile: number, count: number, scores: number): void;
  divideByDeviation(values: number, count: number): void;
  candidates(
    arrays: number,
    weights: number,
    signals: number,
    count: number,
    own: number,
    owned: number,
    wished: number,
    together: number,
    out: number,
  ): number;
}

const PAGE_BYTES = 65_536;

/** WebAssembly has a larger limit; the kernel is built for this one. */
const PAGES_MAX = 32_768;

let compiled: WebAssembly.Module | undefined;

export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(assetOf('dist/kernel.wasm')));
  return compiled;
}

export function startKernel(memory: WebAssembly.Memory, module = kernelModule()): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint16Array | Uint32Array;

/** Places for arrays in a memory of its own, one behind the other. */
export interface Arena {
  readonly memory: WebAssembly.Memory;
  bytes(length: number): Uint8Array;
  floats(length: number): Float32Array;
  doubles(length: number): Float64Array;
  integers(length: number): Uint32Array;
  /** Where these values are in this memory: a copy, unless they are in it already. */
  hold(values: Numbers): number;
}

/** Of vectors, to which each array is aligned. */
const ALIGNMENT = 16;

/** An arena grows. Where several threads work in it, `bytes` must be enough for all that is placed. */
export function createArena(bytes = 0): Arena {
  const memory = new WebAssembly.Memory({ initial: pagesOf(bytes), maximum: PAGES_MAX, shared: true });
  // A memory that grows is another buffer, and the arrays in the one before stay.
  const buffers = new Set<ArrayBufferLike>([memory.buffer]);
  // What lies at address 0 is the control block of the threads.
  let next = 1024;
  function place(length: number, width: number): number {
    const at = next;
    next = Math.ceil((at + length * width) / ALIGNMENT) * ALIGNMENT;
    const missing = next - memory.buffer.byteLength;
    if (missing > 0) {
      pagesOf(next);
      memory.grow(Math.ceil(missing / PAGE_BYTES));
      buffers.add(memory.buffer);
    }
    return at;
  }
  return {
    memory,
    bytes: (length) => viewOf(Uint8Array, place(length, 1), length),
    floats: (length) => viewOf(Float32Array, place(length, 4), length),
    doubles: (length) => viewOf(Float64Array, place(length, 8), length),
    integers: (length) => viewOf(Uint32Array, place(length, 4), length),
    hold(values) {
      if (buffers.has(values.buffer)) return values.byteOffset;
      const { buffer, byteOffset, byteLength } = values;
      const at = place(byteLength, 1);
      viewOf(Uint8Array, at, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
      return at;
    },
  };

  function viewOf<T>(
    Values: new (buffer: ArrayBufferLike, at: number, length: number) => T,
    at: number,
    length: number,
  ) {
    return new Values(memory.buffer, at, length);
  }
}

function pagesOf(bytes: number): number {
  const pages = Math.ceil(bytes / PAGE_BYTES) + 1;
  if (pages <= PAGES_MAX) return pages;
  const gib = Math.ceil(bytes / 2 ** 30);
  throw new AlakazamError('failed', `the model would need ${gib} GiB of memory; it may have 2`, {
    hint: 'choose fewer --factors',
  });
}
