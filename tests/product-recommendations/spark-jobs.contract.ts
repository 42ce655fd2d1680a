/** What every place promises that runs the training program; each driver's test is one call of this. */
import { describe, expect, test } from 'vitest';
import type { SparkJobs } from '../../src/product-recommendations/spark-jobs.js';
import { NoSubnetError } from '../../src/product-recommendations/training-failures.js';

export interface SparkJobsFixture {
  open(): SparkJobs;
  /** What it says that a job will cost, and what one that ended did cost. */
  readonly estimate: RegExp;
  readonly cost: unknown;
  /** What becomes of the job that was started last. */
  runs(): void;
  ends(): void;
  fails(reason: string): void;
  /** So many calls that start a job are answered by this error. */
  refuse(type: string, message: string, times?: number): void;
}

const PROGRAM = { run: 'abc123', main: 's3://lake/als.py', arguments: ['--run', 'abc123'] };

/** Where AWS bills a training. */
export const BILLED = {
  estimate: /about \$\d+\.\d\d .*\(list price of us-east-1 on 2025-06-01\)$/,
  cost: expect.stringMatching(/^\d+\.\d+$/),
};

export function testSparkJobs(name: string, fixture: SparkJobsFixture) {
  const { open, runs, ends, fails, refuse } = fixture;
  describe(`${name}: Spark jobs`, () => {
    test('there is none before one is started, and its price is known', async () => {
      expect(await open().latest()).toBeUndefined();
      expect(open().estimate).toMatch(fixture.estimate);
    });

    test('one that was started is the latest, and runs until it ends', async () => {
      const started = await open().start(PROGRAM);
      expect(started).toMatchObject({ engine: open().engine, run: 'abc123', state: 'running', endedAt: null });
      expect(started.logs).toMatch(new RegExp(`^s3://lake/recommendations/logs/.*${started.id}/$`));
      expect(new Date(started.startedAt).toISOString()).toBe(started.startedAt);
      expect(await open().latest()).toEqual(started);
      runs();
      expect(await open().look(started.id)).toMatchObject({ id: started.id, state: 'running' });
      ends();
      const ended = await open().look(started.id);
      expect(ended).toMatchObject({ id: started.id, run: 'abc123', state: 'done' });
      expect(ended.cost).toEqual(fixture.cost);
      expect(await open().latest()).toEqual(ended);
    });

    test('one that fails says why', async () => {
      const { id } = await open().start(PROGRAM);
      fails('the lake has no column order_id');
      expect(await open().look(id)).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('the lake has no column order_id'),
      });
    });

    test('the one under way is the latest, whatever ended after it', async () => {
      const first = await open().start(PROGRAM);
      const second = await open().start({ ...PROGRAM, run: 'def456' });
      ends();
      expect(second.id).not.toBe(first.id);
      expect((await open().latest())?.id).toBe(first.id);
    });

    test('a start that is throttled is repeated, and starts one', async () => {
      refuse('ThrottlingException', 'Rate exceeded', 3);
      const { id } = await open().start(PROGRAM);
      expect((await open().latest())?.id).toBe(id);
    });

    test('a refusal says what to do', async () => {
      refuse('ValidationException', 'not authorized to perform iam:CreateServiceLinkedRole');
      await expect(open().start(PROGRAM)).rejects.toMatchObject({
        hint: expect.stringContaining('aws iam create-service-linked-role'),
      });
      refuse('ValidationException', 'No default VPC for this user');
      await expect(open().start(PROGRAM)).rejects.toBeInstanceOf(NoSubnetError);
      refuse('AccessDeniedException', 'no');
      await expect(open().start(PROGRAM)).rejects.toMatchObject({ code: 'access' });
      expect(await open().latest()).toBeUndefined();
    });
  });
}
