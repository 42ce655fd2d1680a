/** Reads a file in a thread of its own, ahead of who works on its batches. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assetOf } from '../../assets.js';
import { AlakazamError, type ErrorCode } from '../../errors.js';
import { openInput } from './input.js';
import type { OrderHeader } from './order-header.js';
import { type FilePosition, type ScannedBatch, type ScanOptions, scanFile } from './scan-file.js';

/** Batches that may wait to be worked on. */
const AHEAD = 1;
const THREAD = assetOf('dist/scan.thread.js');

/** What the thread is given. */
export interface Assignment {
  readonly path: string;
  readonly header: OrderHeader;
  readonly from: FilePosition | undefined;
  readonly isLoop: boolean;
  readonly limit: number;
  readonly batchSize: number;
  readonly ahead: number;
}

/** What the thread answers. */
export type ScanMessage =
  | { readonly batch: ScannedBatch }
  | { readonly error: { readonly code?: ErrorCode; readonly message: string; readonly hint?: string | undefined } }
  | 'end';

/** Like `scanFile`, of which it reads what is next meanwhile; `batchSize` is asked once. */
export async function* scanAhead(
  path: string,
  header: OrderHeader,
  options: ScanOptions,
): AsyncGenerator<ScannedBatch> {
  if (!existsSync(THREAD)) {
    // Not built: the sources are run as they are.
    yield* scanFile(await openInput(path), header, options);
    return;
  }
  const { from, isLoop, limit, batchSize } = options;
  const assignment: Assignment = { path, header, from, isLoop, limit, batchSize: batchSize(), ahead: AHEAD };
  const thread = new Worker(THREAD, {
    workerData: assignment,
    resourceLimits: { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 64 },
  });
  const answers: ScanMessage[] = [];
  let wake = () => {};
  thread.on('message', (answer: ScanMessage) => {
    answers.push(answer);
    wake();
  });
  thread.on('error', (error) => {
    answers.push({ error: { message: error.message } });
    wake();
  });
  try {
    for (;;) {
      while (answers.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const answer = answers.shift() as ScanMessage;
      if (answer === 'end') return;
      if ('error' in answer) {
        const { code, message, hint } = answer.error;
        throw code ? new AlakazamError(code, message, { hint }) : new Error(message);
      }
      thread.postMessage('more');
      yield answer.batch;
    }
  } finally {
    await thread.terminate();
  }
}
