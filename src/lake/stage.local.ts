/** The lake as a stage of the embedded target. */
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { bytes, counted } from '../terminal/numbers.js';
import type { Lake } from './lake.js';
import { lakeView } from './lake-view.js';

export function localLakeStage(open: () => Promise<Lake>): Stage {
  return {
    name: 'data lake',
    view: async () => lakeView(await open()),
    async *checks() {
      yield await check('lake', async () => {
        const lake = await open();
        // Looks at every file.
        lake.tables().release();
        const { arrivals, bytes: size, months } = await lake.status();
        return `${counted(arrivals, 'order')} of ${counted(months.length, 'month')}, ${bytes(size)}`;
      });
    },
    // The stream is emptied before: the lake follows it.
    clear: async () => void (await (await open()).update()),
  };
}
