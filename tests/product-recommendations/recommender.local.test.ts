import { expect, test } from 'vitest';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { startLocalRecommender } from './local-recommender.js';
import { testRecommender } from './recommender.contract.js';

testRecommender('local', startLocalRecommender);

test('what is about machines elsewhere is refused, before anything is done', async () => {
  const { recommender } = await startLocalRecommender();
  const work = { signal: new AbortController().signal };
  const refused = (flag: string) => ({
    code: 'usage',
    message: `${flag} is for machines elsewhere; the local target trains in this process`,
    hint: `leave ${flag} out, or add --target aws`,
  });
  await expect(recommender.startTraining(TRAIN_DEFAULTS, work)).rejects.toMatchObject(refused('--no-wait'));
  await expect(recommender.remoteTraining()).rejects.toMatchObject(refused('--status'));
  const serverless = recommender.train({ ...TRAIN_DEFAULTS, serverless: true }, work);
  await expect(serverless).rejects.toMatchObject(refused('--serverless'));
});
