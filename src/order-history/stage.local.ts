/** The order history as a stage of the embedded target. */
import type { Stage } from '../stage.js';
import type { LocalHistory } from './history.local.js';
import { historyView } from './history-view.js';

export function localHistoryStage(open: () => Promise<LocalHistory>): Stage {
  return {
    name: 'order history',
    view: async () => historyView(await open()),
    followsGenerate: true,
    async erase() {
      const history = await open();
      // It forgets its customers once it sees another stream.
      await history.update();
      await history.erase();
    },
  };
}
