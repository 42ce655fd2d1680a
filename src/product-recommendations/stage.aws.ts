/** The recommendations as a stage of the AWS target. They hold no orders, so there is nothing to verify. */
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';
import { checkIfPossible } from '../terminal/check.js';
import { modelFinding } from './model-finding.js';
import type { Recommender } from './recommender.js';
import { TRAINING_APPLICATION } from './resources.js';

export function awsRecommendationStage(
  resources: Resources,
  open: () => Promise<Recommender>,
  clock: () => number,
): Stage {
  return {
    name: 'recommendations',
    async *checks() {
      const outputs = await resources.outputs();
      // A stack without this part need not have a model.
      if (!outputs.has(TRAINING_APPLICATION.output)) return;
      yield await checkIfPossible('recommendations', async () => {
        const [run] = await (await open()).runs();
        return run ? modelFinding(run, clock()) : 'no model yet; alakazam train --target aws makes one';
      });
    },
  };
}
