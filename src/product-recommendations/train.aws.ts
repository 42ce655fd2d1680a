/** Starts a training on AWS, or finds the one under way, and follows it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { assetOf } from '../assets.js';
import { isTransient } from '../engines/aws/errors.js';
import { createPoll } from '../engines/aws/poll.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { dollars } from '../terminal/numbers.js';
import { followTraining } from './follow-training.js';
import { futureNote } from './future-orders.js';
import { latestRun, type RunFiles } from './published-runs.js';
import type { Recommender, RemoteTraining, TrainOptions, WorkOptions } from './recommender.js';
import { latestOf, type SparkJobs, type SparkProgram } from './spark-jobs.js';
import { programArguments } from './spark-program.js';
import { NoSubnetError } from './training-failures.js';

export interface AwsTrainingOptions {
  readonly session: AwsSession;
  /** Bucket of the lake, and where in it the orders and what is made of them are; with slashes at their ends. */
  readonly bucket: string;
  readonly orders: string;
  readonly prefix: string;
  readonly files: RunFiles;
  readonly cluster: SparkJobs;
  readonly serverless: SparkJobs;
  /** The cluster that was named to train on, if one was. */
  readonly standing?: { readonly cluster: string; readonly jobs: SparkJobs } | undefined;
  /** Between two looks. */
  readonly wait?: (signal: AbortSignal) => Promise<void>;
}

/** Between two looks at a training that takes minutes. */
const WAIT_MS_MAX = 15_000;

export function openAwsTraining(
  options: AwsTrainingOptions,
): Pick<Recommender, 'train' | 'startTraining' | 'remoteTraining'> {
  const { session, bucket, orders, prefix, files, cluster, serverless, standing } = options;
  const places = [cluster, serverless, ...(standing ? [standing.jobs] : [])];
  const jobsOf = (training: RemoteTraining) => places.find(({ engine }) => engine === training.engine) as SparkJobs;

  async function remoteTraining(): Promise<RemoteTraining | undefined> {
    return latestOf(await Promise.all(places.map((jobs) => jobs.latest())));
  }

  /** The key has the contents' hash: a training that begins meanwhile finds its own program. */
  async function upload(name: string): Promise<string> {
    const body = readFileSync(assetOf(`spark/${name}`));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const Key = `${prefix}program/${hash}/${name}`;
    await session.client(S3Client).send(new PutObjectCommand({ Bucket: bucket, Key, Body: body }));
    return `s3://${bucket}/${Key}`;
  }

  async function start(asked: TrainOptions, { signal, onNote }: WorkOptions): Promise<RemoteTraining> {
    const run = randomBytes(6).toString('hex');
    const [main, purchasesSql] = await Promise.all([upload('als.py'), upload('purchases.sql')]);
    const places = { lake: [`s3://${bucket}/${orders}`], purchasesSql, out: files.place };
    const program: SparkProgram = { run, main, arguments: programArguments(run, places, asked) };
    signal.throwIfAborted();
    const startOn = (jobs: SparkJobs) => {
      onNote?.(`trains on ${jobs.estimate}`);
      return jobs.start(program);
    };
    if (asked.serverless) return startOn(serverless);
    if (standing) return startOn(standing.jobs);
    try {
      return await startOn(cluster);
    } catch (error) {
      if (!(error instanceof NoSubnetError)) throw error;
      onNote?.('this account has no default subnet for a cluster, so EMR Serverless trains');
      return startOn(serverless);
    }
  }

  async function startTraining(asked: TrainOptions, work: WorkOptions): Promise<RemoteTraining> {
    refuse(asked);
    const found = await remoteTraining();
    if (found?.state !== 'running') return start(asked, work);
    work.onNote?.(`a training is under way: ${found.engine} ${found.id}, since ${found.startedAt}`);
    return found;
  }

  return {
    remoteTraining,
    startTraining,
    async train(asked, work) {
      const started = await startTraining(asked, work);
      const look = () => jobsOf(started).look(started.id);
      const wait = options.wait ?? createPoll(WAIT_MS_MAX);
      const done = await followTraining(started, { ...work, look, isTransient, wait, cluster: standing?.cluster });
      if (done.cost !== null) work.onNote?.(`it cost about ${dollars(done.cost)} by the price list`);
      const published = await latestRun(files);
      if (published?.about.run === started.run) {
        if (published.future) work.onNote?.(futureNote(published.future));
        return published.about;
      }
      throw new AlakazamError('failed', `${done.engine} ${done.id} ended well, and published no model ${started.run}`, {
        hint: `its logs: ${done.logs}`,
      });
    },
  };
}

/** Throws an `AlakazamError` for what is about this machine. */
function refuse({ engine, threads, tune }: TrainOptions): void {
  if (engine === 'built-in') {
    throw new AlakazamError('usage', '--engine is "built-in"; valid on the aws target: spark', {
      hint: 'leave --engine out, or add --target local',
    });
  }
  if (threads !== undefined) {
    throw new AlakazamError('usage', '--threads is for this machine; on the aws target Spark takes what it has', {
      hint: 'leave --threads out',
    });
  }
  if (tune) {
    throw new AlakazamError('usage', '--tune is for this machine; each try would be a training that costs money', {
      hint: 'alakazam train --tune 5m --target local finds options, which train --target aws takes as flags',
    });
  }
}
