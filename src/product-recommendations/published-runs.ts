/**
 * What `spark/als.py` wrote: recommendations of a run, in files by customer. `latest.json` names the run to read and is written
 * last, so whoever follows it finds a run that is whole.
 */
import { crc32 } from 'node:zlib';
import { AlakazamError } from '../errors.js';
import type { FutureOrders } from './future-orders.js';
import type { Evaluation, ModelRun, Recommendations, Similar, TrainOptions } from './recommender.js';

/** Where the files are. A path has no slash at its beginning: `latest.json`. */
export interface RunFiles {
  /** Undefined if there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** For people: `s3://bucket/recommendations/`. */
  readonly place: string;
  /** What to type to get a run in the place of a damaged one. */
  readonly retrain: string;
}

interface Latest extends Omit<ModelRun, 'engine' | 'isInUse' | 'options'> {
  readonly format: number;
  readonly buckets: number;
  readonly future?: FutureOrders | null;
  readonly options: Omit<TrainOptions, 'regularization' | 'since' | 'until'> & {
    /** Spark multiplies it by the number of purchases. */
    readonly regParam: number;
    readonly since: string | null;
    readonly until: string | null;
  };
}

export interface PublishedRun {
  readonly about: ModelRun;
  /** What its training left out; undefined if that was nothing. */
  readonly future: FutureOrders | undefined;
  /** Undefined for a customer without a line: of whom nothing was known. */
  recommendations(customerId: number): Promise<Recommendations | undefined>;
  /** With `customerId` null. */
  bestsellers(): Promise<Recommendations>;
  everyone(): AsyncIterable<Recommendations>;
  /** By stock code, in whatever case; undefined if there is none. */
  similar(stockCode: string): Promise<Similar | undefined>;
  /** All of them, read once. */
  products(): Promise<readonly Similar[]>;
  /** What the training measured; undefined if there was too little to hold back. */
  evaluation(): Promise<Evaluation | undefined>;
}

/** So many products a list has at most. */
export const PUBLISHED_LIST_MAX = 50;
const FORMAT = 1;
/** As format 1 has them. */
const BUCKETS = 64;

/** Undefined if nothing was published yet. */
export async function latestRun(files: RunFiles): Promise<PublishedRun | undefined> {
  const text = await files.read('latest.json');
  if (text === undefined) return undefined;
  const { format, buckets, options, future, ...about } = parsed<Latest>(files, 'latest.json', text);
  if (format !== FORMAT || !Number.isInteger(buckets) || buckets < 1) {
    throw new AlakazamError(
      'failed',
      `${files.place}latest.json has format ${JSON.stringify(format)}; this program reads format ${FORMAT}`,
      { hint: files.retrain },
    );
  }
  const { json, all, lineOf } = openRunFiles(files, about.run, buckets);

  async function readProducts(): Promise<Similar[]> {
    const found: Similar[] = [];
    for await (const each of all<Similar>('similar')) found.push(each);
    return found;
  }
  let products: Promise<Similar[]> | undefined;

  return {
    about: { ...about, engine: 'spark', options: optionsOf(options), isInUse: true },
    future: future ?? undefined,
    recommendations: (customerId) =>
      lineOf<Recommendations>(
        'recommendations',
        customerId % buckets,
        (found) => found.customerId === customerId,
        String(customerId),
      ),
    bestsellers: () => json<Recommendations>('bestsellers.json'),
    everyone: () => all<Recommendations>('recommendations'),
    async similar(stockCode) {
      const wanted = [...new Set([stockCode, stockCode.toUpperCase()])];
      for (const code of wanted) {
        const bucket = crc32(code) % buckets;
        const found = await lineOf<Similar>('similar', bucket, (each) => each.stockCode === code, code);
        if (found) return found;
      }
      return undefined;
    },
    products() {
      products ??= readProducts();
      return products;
    },
    evaluation: async () => (await json<{ evaluation?: Evaluation }>('metrics.json')).evaluation,
  };
}

/** Paths of all files of a run. */
export function filesOfRun(run: string): string[] {
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => `${bucket}.jsonl`);
  const lists = ['recommendations', 'similar'].flatMap((folder) => buckets.map((name) => `${folder}/${name}`));
  return ['latest.json', ...['bestsellers.json', 'metrics.json', ...lists].map((path) => `runs/${run}/${path}`)];
}

/** The files of one run. The lines of a folder lie in so many buckets. */
function openRunFiles(files: RunFiles, run: string, buckets: number) {
  const directory = `runs/${run}/`;

  async function whole(path: string): Promise<string> {
    const found = await files.read(directory + path);
    if (found !== undefined) return found;
    throw new AlakazamError('failed', `model ${run} is not whole: ${files.place}${directory}${path} is gone`, {
      hint: files.retrain,
    });
  }

  const json = async <T>(path: string) => parsed<T>(files, directory + path, await whole(path));

  /** Every line of a folder. The next file is on its way while one is used. */
  async function* all<T>(folder: string): AsyncGenerator<T> {
    const read = (bucket: number) => {
      const reading = whole(`${folder}/${bucket}.jsonl`);
      // It fails where it is waited for, if that happens at all.
      reading.catch(() => {});
      return reading;
    };
    let next = read(0);
    for (let bucket = 0; bucket < buckets; bucket++) {
      const path = `${folder}/${bucket}.jsonl`;
      const text = await next;
      if (bucket + 1 < buckets) next = read(bucket + 1);
      for (const line of text.split('\n')) if (line !== '') yield parsed<T>(files, directory + path, line);
    }
  }

  /** Only lines that have the mark somewhere are parsed; `isWanted` says which of them it is. */
  async function lineOf<T>(folder: string, bucket: number, isWanted: (value: T) => boolean, mark: string) {
    const path = `${folder}/${bucket}.jsonl`;
    for (const line of (await whole(path)).split('\n')) {
      if (!line.includes(mark)) continue;
      const value = parsed<T>(files, directory + path, line);
      if (isWanted(value)) return value;
    }
    return undefined;
  }

  return { json, all, lineOf };
}

function optionsOf({ regParam, since, until, ...options }: Latest['options']): TrainOptions {
  return { ...options, regularization: regParam, ...(since && { since }), ...(until && { until }) };
}

function parsed<T>({ place, retrain }: RunFiles, path: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const message = `${place}${path} is damaged: it has a line that is no JSON`;
    throw new AlakazamError('failed', message, { hint: retrain, cause });
  }
}
