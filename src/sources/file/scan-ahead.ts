/** Scans a file in a thread of its own, ahead of the reader of its batches. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assetOf } from '../../assets.js';
import { AlakazamError, type ErrorCode } from '../../errors.js';
import { openInput } from './input.js';
import type { OrderHeader } from './order-header.js';
import { type FilePosition, type ScannedBatch, type ScanOptions, scanFile } from './scan-file.js';

/** So many batches may wait for the reader. */
const AHEAD = 1;
const THREAD = assetOf('dist/scan.thread.js');

/** What the thread receives. */
export interface Assignment {
  readonly path: string;
  readonly header: OrderHeader;
  readonly from: FilePosition | undefined;
  readonly isLoop: boolean;
  readonly limit: number;
  readonly batchSize: number;
  readonly ahead: number;
}

/** What the thread sends. */
export type ScanMessage =
  | { readonly batch: ScannedBatch }
  | { readonly error: { readonly code?: ErrorCode; readonly message: string; readonly hint?: string | undefined } }
  | 'end';

/** Like `scanFile`, but scans the next batch while the reader works on this one. `batchSize` is asked once. */
export async function* scanAhead(
  path: string,
  header: OrderHeader,
  options: ScanOptions,
): AsyncGenerator<ScannedBatch> {
  if (!existsSync(THREAD)) {
    // There is no built thread when the sources are run as they are.
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
