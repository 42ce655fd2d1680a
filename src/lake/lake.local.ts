/** The lake on this machine: Parquet files by month of the order date, written and read by DuckDB. */
import { join } from 'node:path';
import { type Database, openDatabase } from '../engines/duckdb/database.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import type { OrderBlock } from '../orders/order-block.js';
import type { Through } from '../stage.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { type Checkpoint, followStream } from '../stream/view-checkpoint.js';
import { type Batch, IDENTITY, TEMPORARY, writeFiles, writeLines } from './batch.local.js';
import { filesToJoin } from './compaction.js';
import { joinFiles } from './join-files.local.js';
import type { Lake, LakeMonth, UpdateOptions } from './lake.js';
import { blockOfRows, LAKE_LINE } from './lake-line.js';
import { readManifest } from './manifest.local.js';
import { openTables } from './tables.local.js';
import { openWriter, type Writer } from './writer.local.js';
import { whileLocked } from './writer-lock.local.js';

/** So many orders become durable together. */
const ORDERS_A_BATCH = 1 << 17;

/** `lock` holds the lock of the process that writes. */
export function openLocalLake(directory: string, stream: NumberedStream, lock: LocalStore): Lake {
  let opened: Promise<Database> | undefined;
  /** Loaded and opened when it is first needed: an unchanged lake is often asked for something else. */
  function engine(): Promise<Database> {
    opened ??= openDatabase({ spillTo: join(directory, TEMPORARY, 'spill') });
    return opened;
  }

  async function write(signal: AbortSignal | undefined, act: (writer: Writer) => Promise<void>): Promise<void> {
    await whileLocked(lock, signal, async () => {
      const writer = openWriter(directory);
      try {
        await act(writer);
      } finally {
        writer.clean();
      }
    });
  }

  async function update(options: UpdateOptions = {}): Promise<Through> {
    stream.refresh();
    if (!isUpToDate()) await write(options.signal, (writer) => bringIn(writer, options));
    return { arrivalMs: readManifest(directory).checkpoint?.arrivalMs ?? 0 };
  }

  function isUpToDate(): boolean {
    const { checkpoint } = readManifest(directory);
    const { isOfStream, read } = followStream({ read: () => checkpoint, keep() {} }, stream);
    return isOfStream() && read().next === stream.last() + 1;
  }

  async function bringIn(writer: Writer, { signal, onProgress }: UpdateOptions): Promise<void> {
    let reached = writer.manifest.checkpoint;
    const keep = (checkpoint: Checkpoint) => {
      reached = checkpoint;
    };
    const checkpoint = followStream({ read: () => reached, keep }, stream);
    if (!checkpoint.isOfStream()) {
      checkpoint.restart();
      writer.commit({ checkpoint: reached, files: [], replaced: [] });
    }
    const { next } = checkpoint.read();
    const due = stream.last() - next + 1;
    const blocks = stream.from(next)[Symbol.asyncIterator]();
    const lines = async () => (signal?.aborted ? undefined : writeLines(directory, blocks, ORDERS_A_BATCH));
    let batch: Batch | undefined = await lines();
    while (batch) {
      // The lines of the next batch are written while DuckDB works on this one.
      const following = lines();
      const { files, replaced } = await writeFiles(await engine(), directory, batch, writer.manifest);
      checkpoint.moveTo(batch.end);
      const { manifest } = writer;
      writer.commit({
        checkpoint: reached,
        files: [...manifest.files, ...files],
        replaced: [...manifest.replaced, ...replaced],
      });
      onProgress?.(batch.last - next + 1, due);
      batch = await following;
    }
    await joinFiles(engine, { directory, writer, choose: filesToJoin, signal });
  }

  async function* lines(from: string): AsyncGenerator<OrderBlock> {
    const { views, release } = openTables(directory);
    try {
      const database = await engine();
      await database.run(views);
      for await (const rows of database.stream(`SELECT ${LAKE_LINE} ${from}`)) yield blockOfRows(rows);
    } finally {
      release();
    }
  }

  return {
    update,
    async compact({ signal } = {}) {
      const choose = <File>(files: readonly File[]) => (files.length > 1 ? files : []);
      await write(signal, (writer) => joinFiles(engine, { directory, writer, choose, signal }));
    },
    async rebuild(options = {}) {
      await write(options.signal, async (writer) => {
        writer.commit({ checkpoint: undefined, files: [], replaced: [] });
        await bringIn(writer, options);
      });
      return update(options);
    },
    async status() {
      const { files, replaced } = readManifest(directory);
      const months = new Map<string, LakeMonth>();
      for (const { month, rows, bytes } of files) {
        const so = months.get(month) ?? { month, arrivals: 0, files: 0, bytes: 0 };
        months.set(month, { month, arrivals: so.arrivals + rows, files: so.files + 1, bytes: so.bytes + bytes });
      }
      const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);
      return {
        place: directory,
        arrivals: sum(files.map(({ rows }) => rows)),
        replaced: sum(replaced.map(({ rows }) => rows)),
        bytes: sum([...files, ...replaced].map(({ bytes }) => bytes)),
        months: [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1)),
      };
    },
    tables: () => openTables(directory),
    all: (sinceMs = 0) => lines(`FROM orders WHERE arrived_at >= make_timestamp(${sinceMs} * 1000)`),
    replacing: () =>
      lines(`FROM orders SEMI JOIN (FROM order_arrivals ANTI JOIN orders USING (sequence)) USING (${IDENTITY})`),
    async close() {
      (await opened?.catch(() => undefined))?.close();
      await lock.close();
    },
  };
}
