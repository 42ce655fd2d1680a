/** Brings orders of the stream into the lake, batch by batch: each is durable, whole, with the checkpoint. */
import { type Database, isOutOfMemory } from '../engines/duckdb/database.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { followStream, type SavedCheckpoint } from '../stream/view-checkpoint.js';
import { type Batch, writeFiles, writeLines } from './batch.local.js';
import { filesToJoin } from './compaction.js';
import { joinFiles } from './join-files.local.js';
import type { UpdateOptions } from './lake.js';
import type { Writer } from './writer.local.js';

export interface LakeWriting {
  readonly directory: string;
  readonly stream: NumberedStream;
  readonly engine: () => Promise<Database>;
  readonly writer: Writer;
}

export async function bringIn(lake: LakeWriting, options: UpdateOptions): Promise<void> {
  const { directory, stream, engine, writer } = lake;
  const { signal, onProgress } = options;
  // Others may have written since this process looked at the stream: it must not seem shorter than the lake.
  stream.refresh();
  let reached = writer.manifest.checkpoint;
  const keep = (checkpoint: SavedCheckpoint) => {
    reached = checkpoint;
  };
  const checkpoint = followStream({ read: () => reached, keep }, stream);
  if (!checkpoint.isOfStream()) {
    checkpoint.restart();
    writer.commit({ checkpoint: reached, files: [], replaced: [] });
  }
  const { next, identity } = checkpoint.read();
  const due = stream.last() - next + 1;
  const blocks = stream.from(next)[Symbol.asyncIterator]();
  const nextBatch = () => writeLines(directory, blocks, signal);
  let batch = await nextBatch();
  while (batch && !signal?.aborted) {
    // The lines of the next batch are written while DuckDB works on this one. They are waited for also if that fails: nothing
    // writes any more when this ends.
    const following = nextBatch();
    const { files, replaced } = await engine()
      .then((database) => writeFiles(database, directory, batch as Batch, writer.manifest))
      .finally(() => following.catch(() => undefined));
    // Emptied meanwhile: these orders belong to no stream any more, and what was brought in before goes too.
    if (stream.identity() !== identity) return bringIn(lake, options);
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
  try {
    await joinFiles(engine, { directory, writer, choose: filesToJoin, signal });
  } catch (error) {
    // Joined files are read faster, and say the same: lines so long that they can't be joined stay as they are.
    if (!isOutOfMemory(error)) throw error;
  }
}
