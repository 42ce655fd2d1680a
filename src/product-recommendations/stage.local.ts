/** The recommendations as a stage of the embedded target. They hold no orders, so there is nothing to verify. */
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { counted } from '../terminal/numbers.js';
import { modelFinding } from './model-finding.js';
import type { ModelStore } from './model-store.local.js';

export interface StoredModels {
  readonly store: ModelStore;
  /** The version of the lake if it is known to hold the whole stream. */
  readonly knownVersion: () => string | undefined;
}

export function localRecommendationStage(open: () => Promise<StoredModels>, clock: () => number): Stage {
  return {
    name: 'recommendations',
    async *checks() {
      yield await check('recommendations', async () => {
        const { store, knownVersion } = await open();
        if (store.list().length === 0) return 'no model yet; alakazam recommend trains one';
        const run = await store.check();
        const isCurrent = run.lakeVersion !== null && run.lakeVersion === knownVersion();
        const since = isCurrent
          ? 'it knows every order'
          : 'orders may have come since; alakazam train learns from them';
        return `${modelFinding(run, clock())}; ${since}`;
      });
    },
    async contents() {
      const { store } = await open();
      try {
        const models = store.list().length;
        return models === 0 ? undefined : counted(models, 'model');
      } catch {
        return 'a damaged list of models';
      }
    },
    clear: async () => (await open()).store.clear(),
  };
}
