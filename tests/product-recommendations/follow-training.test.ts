/** Waiting for a training, when the looks at it fail. */
import { expect, test } from 'vitest';
import { AlakazamError } from '../../src/errors.js';
import { followTraining } from '../../src/product-recommendations/follow-training.js';
import type { RemoteTraining } from '../../src/product-recommendations/recommender.js';

const RUNNING: RemoteTraining = {
  ...{ id: 'j-1', engine: 'EMR cluster', run: 'abc', state: 'running', status: 'STARTING', reason: null },
  ...{ logs: 's3://lake/logs/j-1/', startedAt: '2026-11-27T10:00:00.000Z', endedAt: null, cost: null },
};

function follow(looks: (Error | RemoteTraining)[]) {
  const { signal } = new AbortController();
  return followTraining(RUNNING, {
    signal,
    async look() {
      const next = looks.shift() as Error | RemoteTraining;
      if (next instanceof Error) throw next;
      return next;
    },
    isTransient: (error) => (error as Error).message === 'no answer',
    wait: async () => undefined,
  });
}
const silence = (times: number) => Array.from({ length: times }, () => new Error('no answer'));

test('a look that fails for a while is repeated; each that succeeds begins the count anew', async () => {
  const done = { ...RUNNING, state: 'done' as const, status: 'COMPLETED' };
  expect(await follow([...silence(9), RUNNING, ...silence(9), done])).toBe(done);
});

test('after ten that failed it says that the training goes on', async () => {
  await expect(follow(silence(10))).rejects.toMatchObject({
    message: expect.stringContaining('no answer; the training goes on as EMR cluster j-1'),
    hint: 'alakazam train --status --target aws',
  });
});

test('one that fails for good is not repeated', async () => {
  const looks = [new AlakazamError('access', 'the AWS credentials have expired'), RUNNING];
  await expect(follow(looks)).rejects.toMatchObject({
    code: 'access',
    message: 'the AWS credentials have expired; the training goes on as EMR cluster j-1',
  });
  expect(looks).toEqual([RUNNING]);
});
