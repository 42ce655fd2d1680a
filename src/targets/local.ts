/** The embedded target: everything in one directory, no account and no server. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import type { OrderHistory } from '../order-history/history.js';
import { HISTORY_STORE, openLocalHistory } from '../order-history/history.local.js';
import type { Check, Target } from '../pipeline.js';
import { type LocalOrderStream, openLocalStream, STREAM_STORE } from '../stream/stream.local.js';
import { check } from '../terminal/check.js';
import { bytes, whole } from '../terminal/numbers.js';

export const local: Target = (config, clock) => {
  const home = config.get('home') as string;
  let stream: LocalOrderStream | undefined;
  let history: OrderHistory | undefined;

  function openStream(): LocalOrderStream {
    stream ??= openLocalStream(openStore(home, 'stream', STREAM_STORE), clock);
    return stream;
  }

  function openHistory(): OrderHistory {
    history ??= openLocalHistory(openStore(home, 'history', HISTORY_STORE), openStream());
    return history;
  }

  return {
    stream: async () => openStream(),
    history: async () => openHistory(),
    views: async () => [{ name: 'order history', update: async (signal) => openHistory().update(signal) }],
    // All orders come into the stream by way of a source.
    rejected: () => openStream().rejected(),
    stack: async () => {
      throw new AlakazamError('failed', `the local target has no stack: all of it is in ${home}`, {
        hint: 'alakazam deploy, without --target local',
      });
    },
    async contents() {
      const { orders, rejected } = openStream().size();
      return `${whole(orders)} orders and ${whole(rejected)} rejected lines in ${home}`;
    },
    reset: async () => openStream().clear(),
    checks: () => checks(home, openStream),
    async close() {
      await history?.close();
      await stream?.close();
    },
  };
};

const SPACE_BYTES_MIN = 200_000_000;
const WRITES = 50;

async function* checks(home: string, openStream: () => LocalOrderStream): AsyncGenerator<Check> {
  yield await check('home', () => {
    mkdirSync(home, { recursive: true });
    return home;
  });
  yield await check('disk', async () => {
    const { bavail, bsize } = await statfs(home);
    if (bavail * bsize < SPACE_BYTES_MIN)
      throw new AlakazamError('failed', `${bytes(bavail * bsize)} free; a year of orders takes about 70 MB`, {
        hint: 'make room',
      });
    return `${bytes(bavail * bsize)} free`;
  });
  yield await check('write speed', () => `${writeSpeed(home)} durable writes a second`);
  yield await check('store', () => {
    const { orders, rejected } = openStream().size();
    return `${whole(orders)} orders, ${whole(rejected)} rejected lines, ${bytes(statSync(join(home, 'stream.mdb')).size)}`;
  });
}

function writeSpeed(home: string): string {
  const path = join(home, 'write-speed.tmp');
  const file = openSync(path, 'w');
  try {
    const startMs = performance.now();
    for (let i = 0; i < WRITES; i++) {
      writeSync(file, Buffer.alloc(4096, i));
      fdatasyncSync(file);
    }
    return whole(WRITES / ((performance.now() - startMs) / 1000));
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}
