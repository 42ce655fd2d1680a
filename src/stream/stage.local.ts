/** The order stream as a stage of the embedded target. */
import { statSync } from 'node:fs';
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { bytes, counted } from '../terminal/numbers.js';
import type { NumberedStream } from './numbered-stream.js';

export function localStreamStage(open: () => Promise<NumberedStream>): Stage {
  async function contents(): Promise<string> {
    const { last, bookmarks } = await open();
    return `${counted(last(), 'order')} and ${counted(await bookmarks.rejectedCount(), 'rejected line')}`;
  }

  return {
    name: 'order stream',
    async *checks() {
      yield await check('store', async () => `${await contents()}, ${bytes(statSync((await open()).path).size)}`);
    },
    contents,
    clear: async () => (await open()).clear(),
    erase: async () => (await open()).erase(),
    async *rejected() {
      yield* (await open()).bookmarks.rejected();
    },
    rejectedCount: async () => (await open()).bookmarks.rejectedCount(),
  };
}
