/**
 * Implicit-feedback ALS (Hu, Koren, Volinsky 2008): factors of customers and products such that their product is near 1 for what
 * was bought, and near 0 for the rest, by how sure each pair is.
 */
import { hash } from '../random.js';
import { type Confidences, transposed } from './confidences.js';
import { type Arena, createArena, startKernel } from './kernel.js';
import { type Job, leave, NO_NUMBERS, PIECE_ROWS, runJob, SCRATCH_ROWS } from './kernel-jobs.js';
import type { TrainingThreads } from './training-threads.js';
import { takeTurn } from './turn.js';

export interface AlsOptions {
  readonly rank: number;
  readonly regularization: number;
  readonly iterations: number;
  readonly seed: number;
  /** Where to begin, instead of at random: the fit of something similar, of as many customers, products and factors. */
  readonly start?: Fit | undefined;
  /** Hears the loss after each iteration but the last. */
  readonly onIteration?: (iteration: number, loss: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Factors of rows, `rank` floats each; the rank is a multiple of 4, and factors beyond the wished ones are 0. */
export interface Factors {
  readonly rank: number;
  readonly rows: Float32Array;
}

export interface Fit {
  readonly customers: Factors;
  readonly products: Factors;
  /** Sum of y yᵀ over the rows of all products, with the regularization on the diagonal: rank × rank. */
  readonly square: Float32Array;
}

/** Steps of conjugate gradient in each half of an iteration, as in Takács, Pilászy, Tikk 2011 and `implicit`. */
const STEPS = 3;

/** Of the random factors at the beginning. */
const START_MAX = 0.01;

/**
 * Fits the factors; `threads` work together, and their number changes no bit of the result. Throws if the signal says stop, or if
 * a thread ends; then the threads are good for nothing but their end.
 */
export async function fitAls(confidences: Confidences, options: AlsOptions, threads: TrainingThreads): Promise<Fit> {
  const { rank: wished, regularization, iterations, seed, start, onIteration, signal } = options;
  const rank = Math.ceil(wished / 4) * 4;
  const [customers, products] = [confidences.starts.length - 1, confidences.width];
  const arena = createArena(bytesOf(customers, products, confidences.values.length, rank, threads.count));
  await threads.join(arena.memory);
  const kernel = startKernel(arena.memory);

  const own = { customers: arena.floats(customers * rank), products: arena.floats(products * rank) };
  if (start) {
    own.customers.set(start.customers.rows);
    own.products.set(start.products.rows);
  } else {
    randomize(own.customers, wished, rank, seed);
    randomize(own.products, wished, rank, seed + 1);
  }
  const squares = arena.floats((piecesOf(Math.max(customers, products)) + 1) * rank * rank);
  const losses = arena.doubles(piecesOf(Math.max(customers, products)));
  const scratch = arena.floats(SCRATCH_ROWS * rank * threads.count);
  const toProducts = place(arena, confidences);
  const toCustomers = place(arena, transposed(confidences));

  const work = (job: Partial<Job> & Pick<Job, 'kind'>) =>
    threads.whileAlive(runJob(arena.memory, kernel, { ...NO_NUMBERS, ...job, rank }, threads.count - 1, signal));

  /** The square of `Fit`, for any rows; it holds until the next call. */
  async function squareOf(rows: Float32Array): Promise<Float32Array> {
    const [square, partial] = [squares.subarray(0, rank * rank), squares.subarray(rank * rank)];
    const count = rows.length / rank;
    await work({ kind: 'gram', rows: count, other: rows.byteOffset, square: partial.byteOffset });
    sumSquares(partial, piecesOf(count), rank, regularization, square);
    return square;
  }

  /** Improves one side, given the other. Gives the loss before, without the regularization of the other side. */
  async function improve(rows: Float32Array, other: Float32Array, pairs: Confidences): Promise<number> {
    const count = rows.length / rank;
    const square = await squareOf(other);
    await work({
      kind: 'solve',
      rows: count,
      steps: STEPS,
      own: rows.byteOffset,
      other: other.byteOffset,
      square: square.byteOffset,
      starts: pairs.starts.byteOffset,
      columns: pairs.columns.byteOffset,
      values: pairs.values.byteOffset,
      scratch: scratch.byteOffset,
      losses: losses.byteOffset,
    });
    return losses.subarray(0, piecesOf(count)).reduce((sum, loss) => sum + loss, 0);
  }

  for (let iteration = 0; iteration < iterations; iteration++) {
    const loss = await improve(own.customers, own.products, toProducts);
    if (iteration > 0 && onIteration) onIteration(iteration, loss + regularization * squared(own.products));
    await improve(own.products, own.customers, toCustomers);
    await takeTurn(signal);
  }
  const square = (await squareOf(own.products)).slice();
  await threads.whileAlive(leave(arena.memory, kernel, threads.count - 1));
  // A copy of their own: the memory of the arena goes.
  return {
    customers: { rank, rows: own.customers.slice() },
    products: { rank, rows: own.products.slice() },
    square,
  };
}

function bytesOf(customers: number, products: number, pairs: number, rank: number, threads: number): number {
  const most = Math.max(customers, products);
  const factors = (customers + products) * rank;
  const squares = (piecesOf(most) + 1) * rank * rank;
  const pairsBothWays = 2 * (2 * pairs + most + 1);
  return 4 * (factors + squares + pairsBothWays + SCRATCH_ROWS * rank * threads + 2 * piecesOf(most)) + 4096;
}

function piecesOf(rows: number): number {
  return Math.ceil(rows / PIECE_ROWS);
}

function randomize(rows: Float32Array, wished: number, rank: number, seed: number): void {
  for (let i = 0; i < rows.length; i++) rows[i] = i % rank < wished ? (hash(seed, i) / 2 ** 32) * START_MAX : 0;
}

function place(arena: Arena, { width, starts, columns, values }: Confidences): Confidences {
  const placed = {
    width,
    starts: arena.integers(starts.length),
    columns: arena.integers(columns.length),
    values: arena.floats(values.length),
  };
  placed.starts.set(starts);
  placed.columns.set(columns);
  placed.values.set(values);
  return placed;
}

/** The sum of the squares of all pieces, with the regularization on the diagonal. */
function sumSquares(partial: Float32Array, pieces: number, rank: number, regularization: number, square: Float32Array) {
  const sums = new Float64Array(rank * rank);
  for (let piece = 0; piece < pieces; piece++) {
    const at = piece * rank * rank;
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (partial[at + i] as number);
  }
  for (let i = 0; i < rank; i++) sums[i * (rank + 1)] = (sums[i * (rank + 1)] as number) + regularization;
  square.set(sums);
}

function squared(rows: Float32Array): number {
  return rows.reduce((sum, value) => sum + value * value, 0);
}
