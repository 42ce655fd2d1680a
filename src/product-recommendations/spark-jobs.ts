/** Port: runs the training program on Spark, on machines of somebody else. */
import type { RemoteTraining } from './recommender.js';

/** `spark/als.py` with its arguments, where Spark finds it. */
export interface SparkProgram {
  /** Name of the model that it makes. */
  readonly run: string;
  /** URL of the program. */
  readonly main: string;
  readonly arguments: readonly string[];
}

/** Options of spark-submit. EMR would look for tables in Glue, where the program has none and may not look. */
export const SPARK_SUBMIT: readonly string[] = ['--conf', 'spark.sql.catalogImplementation=in-memory'];

export interface SparkJobs {
  /** What runs its jobs, as their trainings have it. */
  readonly engine: string;
  /** What it costs by the price list, for people; before it is started. */
  readonly estimate: string;
  /** The job under way, or else the last of these days. */
  latest(): Promise<RemoteTraining | undefined>;
  /** Starts a job and returns at once. Throws a `NoSubnetError` where there is no network for its machines. */
  start(program: SparkProgram): Promise<RemoteTraining>;
  look(id: string): Promise<RemoteTraining>;
}

/** Jobs older than these are not looked for. */
export const LATEST_DAYS = 14;

/** The one under way, or else the last. */
export function latestOf(trainings: readonly (RemoteTraining | undefined)[]): RemoteTraining | undefined {
  const found = trainings.filter((each) => each !== undefined);
  return (
    found.find(({ state }) => state === 'running') ??
    found.sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt))[0]
  );
}
