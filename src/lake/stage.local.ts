/** The lake as a stage of the embedded target. */
import type { Stage } from '../stage.js';
import type { Lake } from './lake.js';
import { lakeView } from './lake-view.js';

export function localLakeStage(open: () => Promise<Lake>): Stage {
  return { name: 'data lake', view: async () => lakeView(await open()) };
}
