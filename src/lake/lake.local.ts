/** The lake on this machine: Parquet files by month of the order date, written and read by DuckDB. */
import { type Database, machineError, openDatabase } from '../engines/duckdb/database.js';
import { stampOf } from '../engines/lmdb/file.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { whileLocked } from '../engines/lmdb/writer-lock.js';
import { AlakazamError } from '../errors.js';
import type { Through } from '../stage.js';
import { lagging } from '../stream/lag.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { followStream } from '../stream/view-checkpoint.js';
import { UNHEARD, type Waiting } from '../waiting.js';
import { bringIn } from './bring-in.local.js';
import { keepFreshness } from './freshness.local.js';
import { joinFiles } from './join-files.local.js';
import type { Lake, UpdateOptions } from './lake.js';
import { type Manifest, readManifest, versionOf } from './manifest.local.js';
import { readLake } from './read.local.js';
import { spillPath } from './spill.local.js';
import { openNewLakeWriter, openWriter, type Writer } from './writer.local.js';

export interface LakeOptions {
  readonly stream: NumberedStream;
  /** Opens the lock of the process that writes. Who only reads needs none. */
  readonly openLock: () => Promise<LocalStore>;
  readonly waiting?: Waiting | undefined;
}

export function openLocalLake(directory: string, { stream, openLock, waiting = UNHEARD }: LakeOptions): Lake {
  let opened: Promise<Database> | undefined;
  let lock: Promise<LocalStore> | undefined;
  const lockOf = async () => {
    lock ??= openLock();
    return lock;
  };
  const place = { directory, lockOf, interrupt: () => void opened?.then((database) => database.interrupt()) };
  /** Loaded and opened when it is first needed: an unchanged lake is often asked for something else. */
  function engine(): Promise<Database> {
    opened ??= openDatabase({ spillTo: spillPath(directory) });
    return opened;
  }

  const through = (): Through => {
    const { arrivalMs = 0, next = 1 } = readManifest(directory).checkpoint ?? {};
    return { arrivalMs, next };
  };
  const mayLag = lagging({ name: 'data lake', waiting, through });
  const update = (options?: UpdateOptions) => mayLag(() => bringUpToDate(options));

  async function bringUpToDate(options: UpdateOptions = {}): Promise<void> {
    const stamp = stampOf(stream.path);
    stream.refresh();
    let manifest = readManifest(directory);
    if (!isUpToDate(manifest)) {
      const writing = { ...place, mayGiveUp: true };
      await whileWriting(writing, options.signal, openWriter, (writer) =>
        bringIn({ directory, stream, engine, writer }, options),
      );
      manifest = readManifest(directory);
    }
    if (stamp !== undefined && isUpToDate(manifest)) keepFreshness(directory, stamp, versionOf(manifest));
  }

  function isUpToDate({ checkpoint }: Manifest): boolean {
    const { isOfStream, read } = followStream({ read: () => checkpoint, keep() {} }, stream);
    return isOfStream() && read().next === stream.last() + 1;
  }

  return {
    update,
    async compact({ signal } = {}) {
      const choose = <File>(files: readonly File[]) => (files.length > 1 ? files : []);
      await whileWriting(place, signal, openWriter, (writer) =>
        joinFiles(engine, { directory, writer, choose, signal }),
      );
    },
    async rebuild(options = {}) {
      const { signal } = options;
      await whileWriting(place, signal, openNewLakeWriter, async (writer) => {
        await bringIn({ directory, stream, engine, writer }, options);
        if (!signal?.aborted) writer.publish();
      });
      return signal?.aborted ? { arrivalMs: 0, next: 1 } : update(options);
    },
    async backfill() {
      throw new AlakazamError('failed', 'the lake of this target needs no backfill: it reads the stream itself', {
        hint: 'alakazam lake rebuild makes it again',
      });
    },
    ...readLake({ directory, engine, interrupt: place.interrupt }),
    async close() {
      (await opened?.catch(() => undefined))?.close();
      await (await lock?.catch(() => undefined))?.close();
    },
  };
}

interface Writing {
  readonly directory: string;
  readonly lockOf: () => Promise<LocalStore>;
  interrupt(): void;
  /** See `whileLocked`. */
  readonly mayGiveUp?: boolean;
}

/** What nobody needs any more is deleted afterwards. */
async function whileWriting<W extends Writer>(
  { directory, lockOf, interrupt, mayGiveUp }: Writing,
  signal: AbortSignal | undefined,
  open: (directory: string) => W,
  act: (writer: W) => Promise<void>,
): Promise<void> {
  const write = async () => {
    signal?.addEventListener('abort', interrupt);
    try {
      const writer = open(directory);
      try {
        await act(writer);
      } finally {
        writer.clean();
      }
    } catch (error) {
      // The next writer does what was interrupted.
      if (!signal?.aborted) throw machineError(error) ?? error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  };
  await whileLocked(await lockOf(), signal, write, mayGiveUp);
}
