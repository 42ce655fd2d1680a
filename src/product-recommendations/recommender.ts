/** Port: recommends products to customers, by a model that is trained on the lake. */
import type { ModelQuality } from './evaluation.js';
import type { NamedProduct } from './purchases.js';

/** What trains: alakazam itself, or Apache Spark. */
export type TrainingEngine = 'built-in' | 'spark';

export interface TrainOptions {
  /** Of the target's, if it is not given: where there is a choice. */
  readonly engine?: TrainingEngine | undefined;
  /** Of each customer and product, as many numbers stand for its taste. */
  readonly factors: number;
  readonly regularization: number;
  readonly iterations: number;
  /** In how many days a purchase loses half its weight. */
  readonly halfLifeDays: number;
  readonly seed: number;
  /** Orders dated from this day on, and before that one; ISO dates. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly threads?: number | undefined;
  /** Time to find better values for some options; those that somebody chose are fixed. */
  readonly tune?: { readonly forMs: number; readonly fixed: readonly (keyof TrainOptions)[] } | undefined;
  /** Where there is a choice of machines: those that nobody has to start. */
  readonly serverless?: boolean | undefined;
}

export interface WorkOptions {
  readonly signal: AbortSignal;
  /** Hears in words what a person should know meanwhile: what it will cost, and how far others are. */
  readonly onNote?: (text: string) => void;
  /** Hears what is done, how much of it, and after an iteration its loss. */
  readonly onProgress?: (what: string, done: number, total: number, loss?: number) => void;
}

/** A model that was trained. The name of a built-in one follows from its contents: the same data and options give the same name. */
export interface ModelRun {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly trainedAt: string;
  readonly engine: TrainingEngine;
  /** With what tuning found. */
  readonly options: TrainOptions;
  readonly customers: number;
  readonly products: number;
  /** Pairs of an invoice and a product. */
  readonly purchases: number;
  /** Of the last purchase. */
  readonly lastDate: string;
  /** True for the model that `recommend` uses. */
  readonly isInUse: boolean;
}

/** A training on other machines than this one. It goes on if this process ends. */
export interface RemoteTraining {
  /** Of what runs it: `j-2AXXXXXXGAPLF`. */
  readonly id: string;
  /** What runs it, for people: `EMR cluster`, `EMR Serverless job`. */
  readonly engine: string;
  /** Name of the model that it makes. */
  readonly run: string;
  readonly state: 'running' | 'done' | 'failed';
  /** In the word of what runs it: `BOOTSTRAPPING`. */
  readonly status: string;
  /** Why it failed, or what it is waiting for, in the words of what runs it; null if it says nothing. */
  readonly reason: string | null;
  /** Where its logs are. */
  readonly logs: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** US dollars by the price list so far, a decimal string; null where that is not known. */
  readonly cost: string | null;
}

export interface RecommendedProduct {
  readonly stockCode: string;
  readonly description: string;
  /** From 0 to 1, higher is better: the estimated probability that the next invoice holds it, or how near it is to a basket. */
  readonly score: number;
  /** In words: products that the customer buys, or what the customer's habit is. */
  readonly because: readonly string[];
}

/** A product of a list, as a pipe or a file has it. */
export interface ListRow extends RecommendedProduct {
  readonly customerId: number | null;
  readonly list: 'new' | 'again';
  readonly rank: number;
}

export interface Recommendations {
  /** Null for a basket. */
  readonly customerId: number | null;
  /** The name of its run. */
  readonly model: string;
  /** True if the model knows of nothing that the customer bought: then `new` holds its bestsellers. */
  readonly coldStart: boolean;
  /** Products not bought before, best first. */
  readonly new: readonly RecommendedProduct[];
  /** Products bought before, best first. */
  readonly again: readonly RecommendedProduct[];
  /** One ranking over both. */
  readonly all: readonly RecommendedProduct[];
}

export interface SimilarProduct {
  readonly stockCode: string;
  readonly description: string;
  /** Cosine of the factors, or the share of the invoices with the product that hold this one too. */
  readonly score: number;
}

export interface Similar {
  readonly stockCode: string;
  readonly description: string;
  /** Bought by the same customers. */
  readonly similar: readonly SimilarProduct[];
  /** Bought in the same invoices. */
  readonly boughtTogether: readonly SimilarProduct[];
}

export interface EvaluateOptions {
  /** `cut`: the first invoice of each customer from a day on; `last-invoice`: the last invoice of each customer. */
  readonly protocol: 'cut' | 'last-invoice';
  /** An ISO date; by default 30 days before the last order. */
  readonly cut?: string | undefined;
  readonly train: TrainOptions;
}

export interface Evaluation {
  readonly protocol: 'cut' | 'last-invoice';
  /** The first day that the models do not know; null for `last-invoice`. */
  readonly cut: string | null;
  readonly customers: number;
  readonly models: readonly ModelQuality[];
}

export interface Recommender {
  /** True where training takes some seconds of this machine: `recommend` then trains where there is no model. */
  readonly trainsUnasked: boolean;
  /**
   * Trains on every order that was streamed before the call, and puts the model in use; of earlier ones, the last two stay. The same
   * orders and options give the same model on any number of threads. Until it returns, and if it is ended, the old one serves.
   */
  train(options: TrainOptions, progress: WorkOptions): Promise<ModelRun>;
  /** Starts a training on other machines, or finds the one under way. Throws an `AlakazamError` where this process trains. */
  startTraining(options: TrainOptions, progress: WorkOptions): Promise<RemoteTraining>;
  /** The training under way on other machines, or else the last; undefined if there was none lately. */
  remoteTraining(): Promise<RemoteTraining | undefined>;
  /** Models that are there, the latest first. */
  runs(): Promise<ModelRun[]>;
  /** Puts a model in use. */
  use(run: string): Promise<ModelRun>;
  /** At most `count` products a list; orders that came since the training count. Throws an `AlakazamError` if there is no model. */
  recommend(customerId: number, count: number): Promise<Recommendations>;
  /** The same for somebody who has these products in the basket; what lies in it is not recommended, so `again` is empty. */
  recommendFor(stockCodes: readonly string[], count: number): Promise<Recommendations>;
  /** Of every customer who ever bought something, each once. */
  everyone(count: number, progress: WorkOptions): AsyncIterable<Recommendations>;
  /** Writes rows to `path` as Parquet; nothing if the signal ended it. */
  writeLists(lists: AsyncIterable<readonly ListRow[]>, path: string, signal: AbortSignal): Promise<void>;
  /** By stock code, or by words of the description; undefined if there is no such product. */
  similar(product: string, count: number): Promise<Similar | undefined>;
  /** Products that may have been meant by a text that names none. */
  productsLike(text: string, count: number): Promise<readonly NamedProduct[]>;
  /** Trains on earlier orders, and measures on later ones. */
  evaluate(options: EvaluateOptions, progress: WorkOptions): Promise<Evaluation>;
  close(): Promise<void>;
}
