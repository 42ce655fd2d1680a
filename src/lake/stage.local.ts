/** The lake as a stage of the embedded target. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AlakazamError } from '../errors.js';
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { bytes, counted } from '../terminal/numbers.js';
import { ORDERS } from './folder.local.js';
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
    async erase() {
      const lake = await open();
      // Deletes what was still read when the lake was emptied.
      await lake.compact();
      const { place } = await lake.status();
      const left = filesOf(place).length;
      if (left === 0) return;
      throw new AlakazamError(
        'partial',
        `it is emptied, and ${counted(left, 'file')} of the lake ${left === 1 ? 'is' : 'are'} still read`,
        {
          hint: 'end what reads the lake, then delete the rest: alakazam reset --erase',
        },
      );
    },
  };
}

/** Files that hold orders. */
function filesOf(directory: string): string[] {
  const orders = join(directory, ORDERS);
  const all = existsSync(orders) ? readdirSync(orders, { recursive: true, encoding: 'utf8' }) : [];
  return all.filter((path) => path.endsWith('.parquet'));
}
