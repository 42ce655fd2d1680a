/** The targets there are; the first is the default. */
import type { Target } from '../pipeline.js';

export const TARGETS = {
  local: async (): Promise<Target> => (await import('./local.js')).local,
  aws: async (): Promise<Target> => (await import('./aws.js')).aws,
};
