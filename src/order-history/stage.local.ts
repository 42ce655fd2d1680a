/** The order history as a stage of the embedded target. */
import type { Stage } from '../stage.js';
import type { OrderHistory } from './history.js';
import { historyView } from './history-view.js';

export function localHistoryStage(open: () => Promise<OrderHistory>): Stage {
  return { name: 'order history', view: async () => historyView(await open()), followsGenerate: true };
}
