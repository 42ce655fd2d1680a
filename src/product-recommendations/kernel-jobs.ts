/**
 * Jobs that threads share: each takes the next piece of the rows until none is left. A piece is always of the same rows, and what
 * is summed over rows has a place for each piece, so the result does not depend on which thread took which.
 */
import type { Kernel } from './kernel.js';
import { takeTurn } from './turn.js';

/** What a thread receives at its start; threads are numbered from 1, and 0 is the one that started them. */
export interface Share {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly thread: number;
}

/** Rows of a piece. */
export const PIECE_ROWS = 64;

/** Floats of a thread's own, for each factor. */
export const SCRATCH_ROWS = 3;

const KINDS = ['gram', 'solve', 'leave'] as const;

/** Numbers of a job: counts, and addresses in the shared memory, named as in `kernel/als.ts`. */
const NUMBERS = [
  'rows',
  'rank',
  'steps',
  'own',
  'other',
  'square',
  'starts',
  'columns',
  'values',
  'scratch',
  'losses',
] as const;

/** `gram` sums over `other`, into a square of each piece from `square` on. `solve` improves `own`. `leave` ends the work. */
export type Job = { readonly kind: (typeof KINDS)[number] } & Numbers;

type Numbers = Readonly<Record<(typeof NUMBERS)[number], number>>;

/** A job that needs fewer numbers leaves the others at this. */
export const NO_NUMBERS = Object.fromEntries(NUMBERS.map((name) => [name, 0])) as Numbers;

/** Places in the control block at the beginning of the memory. */
const [JOB, NEXT, FINISHED, KIND, FIRST_NUMBER] = [0, 1, 2, 3, 4];

function controlOf(memory: WebAssembly.Memory): Int32Array {
  return new Int32Array(memory.buffer, 0, FIRST_NUMBER + NUMBERS.length);
}

/** This thread works so long before others have their turn. */
const WORK_MS = 50;

/** Runs a job on this thread and on `others`; resolves when all of it is done, and throws if the signal says stop before. */
export async function runJob(
  memory: WebAssembly.Memory,
  kernel: Kernel,
  job: Job,
  others: number,
  signal?: AbortSignal,
): Promise<void> {
  const control = controlOf(memory);
  control[KIND] = KINDS.indexOf(job.kind);
  for (const [i, name] of NUMBERS.entries()) control[FIRST_NUMBER + i] = job[name];
  Atomics.store(control, NEXT, 0);
  Atomics.store(control, FINISHED, 0);
  Atomics.add(control, JOB, 1);
  Atomics.notify(control, JOB);
  const takePiece = openPieces(memory, kernel, 0);
  for (let sinceMs = performance.now(); takePiece(); ) {
    if (performance.now() - sinceMs < WORK_MS) continue;
    await takeTurn(signal);
    sinceMs = performance.now();
  }
  for (let finished = 0; finished < others; finished = Atomics.load(control, FINISHED)) {
    // Mostly the others are done at once. Whoever waits longer hears of a signal, and of a thread that has ended.
    if (Atomics.wait(control, FINISHED, finished, WORK_MS) === 'timed-out') {
      await Atomics.waitAsync(control, FINISHED, finished).value;
    }
  }
}

/** Works on every job to come until it may leave. */
export function workOn({ memory, thread }: Share, kernel: Kernel): void {
  const control = controlOf(memory);
  for (let job = 0, isLast = false; !isLast; job++) {
    Atomics.wait(control, JOB, job);
    isLast = KINDS[control[KIND] as number] === 'leave';
    for (const takePiece = openPieces(memory, kernel, thread); takePiece(); );
    Atomics.add(control, FINISHED, 1);
    Atomics.notify(control, FINISHED);
  }
}

/** Lets the other threads go. */
export function leave(memory: WebAssembly.Memory, kernel: Kernel, others: number): Promise<void> {
  return runJob(memory, kernel, { ...NO_NUMBERS, kind: 'leave' }, others);
}

/** Gives a function that does the next piece of the job; false if none is left. */
function openPieces(memory: WebAssembly.Memory, kernel: Kernel, thread: number): () => boolean {
  const control = controlOf(memory);
  const kind = KINDS[control[KIND] as number];
  const numbers = Object.fromEntries(NUMBERS.map((name, i) => [name, control[FIRST_NUMBER + i]]));
  const { rows, rank, steps, own, other, square, starts, columns, values, scratch, losses } = numbers as Numbers;
  const scratchBytes = SCRATCH_ROWS * rank * 4;
  const squareBytes = rank * rank * 4;
  return () => {
    const piece = Atomics.add(control, NEXT, 1);
    const begin = piece * PIECE_ROWS;
    if (begin >= rows) return false;
    const end = Math.min(rows, begin + PIECE_ROWS);
    if (kind === 'gram') {
      kernel.gram(other, begin, end, rank, square + piece * squareBytes);
    } else {
      const ownScratch = scratch + thread * scratchBytes;
      const loss = kernel.solve(own, other, square, starts, columns, values, begin, end, rank, steps, ownScratch);
      new Float64Array(memory.buffer, losses)[piece] = loss;
    }
    return true;
  };
}
