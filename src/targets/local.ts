/** The embedded target: everything in one directory, no account and no server. */

import { join } from 'node:path';
import { checkHome } from '../engines/lmdb/home.js';
import { openStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import { localLakeStage } from '../lake/stage.local.js';
import { LOCK_STORE } from '../lake/writer-lock.local.js';
import { trackOpenings } from '../once.js';
import { HISTORY_STORE, openLocalHistory } from '../order-history/history.local.js';
import { localHistoryStage } from '../order-history/stage.local.js';
import type { Target } from '../pipeline.js';
import { BOOKMARK_STORE, openBookmarks } from '../stream/bookmarks.lmdb.js';
import { localStreamStage } from '../stream/stage.local.js';
import { openLocalStream, STREAM_STORE } from '../stream/stream.local.js';

export const local: Target = (config, clock) => {
  const home = config.get('home') as string;
  const { once, close } = trackOpenings();
  const stream = once(() => {
    // One store, so that one transaction writes orders and bookmarks.
    const tables = [...STREAM_STORE.tables, ...BOOKMARK_STORE.tables];
    const store = openStore(home, 'stream', { ...STREAM_STORE, tables });
    return openLocalStream(store, openBookmarks(store), clock);
  });
  const history = once(async () => openLocalHistory(openStore(home, 'history', HISTORY_STORE), await stream()));
  const lake = once(async () => {
    const { openLocalLake } = await import('../lake/lake.local.js');
    const directory = join(home, 'lake');
    return openLocalLake(directory, await stream(), openStore(directory, 'writer', LOCK_STORE));
  });

  const warehouse = once(async () => {
    const { openDuckDbWarehouse } = await import('../warehouse/warehouse.duckdb.js');
    const { spillPath } = await import('../lake/spill.local.js');
    return openDuckDbWarehouse(await lake(), () => spillPath(join(home, 'lake')));
  });

  return {
    stream,
    bookmarks: async () => (await stream()).bookmarks,
    history,
    lake,
    async warehouse(engine = 'duckdb') {
      if (engine === 'duckdb') return warehouse();
      throw new AlakazamError('usage', `engine is ${JSON.stringify(engine)}; valid on the local target: duckdb`);
    },
    stages: [localStreamStage(stream), localHistoryStage(history), localLakeStage(lake)],
    place: home,
    checks: () => checkHome(home),
    stack: async () => {
      throw new AlakazamError('failed', `the local target has no stack: all of it is in ${home}`, {
        hint: 'alakazam deploy, without --target local',
      });
    },
    close,
  };
};
