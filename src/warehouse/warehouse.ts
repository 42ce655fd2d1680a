/** Port: answers questions in SQL over the tables `orders` and `order_arrivals`. */
import type { ParameterType } from './named-queries.js';

/** One question. Parameters stand in the SQL as `:name`; each has a value, bound and never pasted. */
export interface Question {
  /** True if it has the same answer for as long as the tables stay the same: it asks for no time and no random number. */
  readonly isStable?: boolean;
  readonly sql: string;
  readonly values: readonly QuestionValue[];
}

export interface QuestionValue {
  readonly name: string;
  readonly type: ParameterType;
  /** As somebody types it: `2011-06-01`, `true`. */
  readonly value: string | null;
}

/**
 * A value of an answer. Whole numbers that a number holds exactly are numbers, others are decimal strings, and so are decimals.
 * Dates and times are ISO 8601 without a zone. Lists and other nested values are JSON.
 */
export type AnswerValue = string | number | boolean | null;

export interface AnswerColumn {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'decimal' | 'number' | 'boolean' | 'date' | 'timestamp' | 'other';
}

export interface WarehouseAnswer {
  readonly columns: readonly AnswerColumn[];
  /** Rows as they come, some at a time. Memory does not grow with their number. */
  readonly rows: AsyncIterable<readonly (readonly AnswerValue[])[]>;
  /** Writes the answer to `writeTo`, instead of giving its rows. Not there if the engine can't, or would write other text. */
  write?(): Promise<void>;
  /** Of what was read, for people; known once all rows were read. */
  cost(): string;
}

export interface WriteTo {
  readonly path: string;
  readonly format: 'csv' | 'parquet';
  /** In CSV, a text that a spreadsheet would run as a formula gets an apostrophe before it. */
  readonly isDefused?: boolean;
  /** No more rows than this. */
  readonly limit?: number | undefined;
}

export interface QuestionOptions {
  readonly signal: AbortSignal;
  /** Hears how far the tables were brought up to date before. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where the engine may write the answer itself, since that is faster. */
  readonly writeTo?: WriteTo | undefined;
  /** Also statements that write, and files that are none of the lake. */
  readonly isUnsafe?: boolean;
}

export interface Warehouse {
  /** For people: `duckdb`. */
  readonly engine: string;
  /**
   * Answers over every order that was streamed before the call; on AWS, over those that Firehose has delivered. Throws an `AlakazamError` that shows what is wrong with the SQL
   * and where; also if it is anything but one question, unless `isUnsafe`. The signal cancels the question on the engine.
   */
  ask(question: Question, options: QuestionOptions): Promise<WarehouseAnswer>;
  /** How the engine would go about it, as it says so. */
  explain(question: Question, options: QuestionOptions): Promise<string>;
  /** Makes the tables on the engine; not there if they are a part of the stack or of the directory. */
  readonly setup?: WarehouseSetup;
  close(): Promise<void>;
}

/** May be run again at any time. */
export interface WarehouseSetup {
  /** What is run, in its order. */
  readonly statements: readonly string[];
  /** Throws an `AlakazamError` in the engine's words. The signal ends it between two statements, and cancels the one that runs. */
  run(signal: AbortSignal): Promise<void>;
}
