/** The embedded target: everything in one directory, no account and no server. */
import { checkHome } from '../engines/lmdb/home.js';
import { openStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import { trackOpenings } from '../once.js';
import { HISTORY_STORE, openLocalHistory } from '../order-history/history.local.js';
import { orderHistoryStage } from '../order-history/stage.local.js';
import type { Target } from '../pipeline.js';
import { streamStage } from '../stream/stage.local.js';
import { openLocalStream, STREAM_STORE } from '../stream/stream.local.js';

export const local: Target = (config, clock) => {
  const home = config.get('home') as string;
  const { once, close } = trackOpenings();
  const stream = once(() => openLocalStream(openStore(home, 'stream', STREAM_STORE), clock));
  const history = once(async () => openLocalHistory(openStore(home, 'history', HISTORY_STORE), await stream()));

  return {
    stream,
    bookmarks: async () => (await stream()).bookmarks,
    history,
    stages: [streamStage(stream), orderHistoryStage(history)],
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
