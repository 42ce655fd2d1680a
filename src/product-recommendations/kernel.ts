/** The WebAssembly kernel of ALS (`kernel/als.ts`), and the memory that its threads share. */
import { readFileSync } from 'node:fs';
import { assetOf } from '../assets.js';
import { AlakazamError } from '../errors.js';

/** What `kernel/als.ts` exports; addresses and counts are numbers. */
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
}

const PAGE_BYTES = 65_536;

/** WebAssembly has a larger limit; the kernel is built for this one. */
const PAGES_MAX = 32_768;

let compiled: WebAssembly.Module | undefined;

export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(assetOf('dist/als.wasm')));
  return compiled;
}

export function startKernel(memory: WebAssembly.Memory, module = kernelModule()): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}

/** Places for arrays in a memory of its own, one behind the other. */
export interface Arena {
  readonly memory: WebAssembly.Memory;
  floats(length: number): Float32Array;
  doubles(length: number): Float64Array;
  integers(length: number): Uint32Array;
}

/** Of vectors, to which each array is aligned. */
const ALIGNMENT = 16;

export function createArena(bytes: number): Arena {
  const pages = Math.ceil(bytes / PAGE_BYTES) + 1;
  if (pages > PAGES_MAX) {
    const gib = Math.ceil(bytes / 2 ** 30);
    throw new AlakazamError('failed', `the model would need ${gib} GiB of memory; it may have 2`, {
      hint: 'choose fewer --factors',
    });
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: PAGES_MAX, shared: true });
  // What lies at address 0 is the control block of the threads.
  let next = 1024;
  function place(length: number, width: number): number {
    const at = next;
    next = Math.ceil((at + length * width) / ALIGNMENT) * ALIGNMENT;
    if (next > memory.buffer.byteLength) throw new RangeError('the arena is full');
    return at;
  }
  return {
    memory,
    floats: (length) => new Float32Array(memory.buffer, place(length, 4), length),
    doubles: (length) => new Float64Array(memory.buffer, place(length, 8), length),
    integers: (length) => new Uint32Array(memory.buffer, place(length, 4), length),
  };
}
