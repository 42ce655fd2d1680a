/** The warehouse's part of the stack. */
import type { StackParts } from '../stack/parts.js';

export const warehouseParts: StackParts = {
  stage: 'warehouse',
  rows: [],
  needs: {},
  usage: {
    WorkGroup: [{ what: 'read by queries, at least 10 MB each', unit: 'TB' }],
  },
};
