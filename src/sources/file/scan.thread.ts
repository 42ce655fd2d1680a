/** The thread of `scan-ahead.ts`: scans a file, a few batches ahead of the reader, and sends the batches to it. */
import { parentPort, workerData } from 'node:worker_threads';
import { AlakazamError, reasonOf } from '../../errors.js';
import { openInput } from './input.js';
import type { Assignment, ScanMessage } from './scan-ahead.js';
import { scanFile } from './scan-file.js';

const port = parentPort as NonNullable<typeof parentPort>;
const { path, header, from, isLoop, limit, batchSize, ahead } = workerData as Assignment;

let credit = ahead;
let wake = () => {};
port.on('message', () => {
  credit++;
  wake();
});

function answer(what: ScanMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(what, transfer);
}

try {
  const options = { from, isLoop, limit, batchSize: () => batchSize };
  for await (const batch of scanFile(await openInput(path), header, options)) {
    while (credit <= 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    credit--;
    const { lines, ends, customers, unnumbered } = batch.orders;
    answer(
      { batch },
      [lines, ends, customers, unnumbered].map(({ buffer }) => buffer as ArrayBuffer),
    );
  }
  answer('end');
} catch (error) {
  const isOurs = error instanceof AlakazamError;
  answer({
    error: isOurs ? { code: error.code, message: error.message, hint: error.hint } : { message: reasonOf(error) },
  });
}
port.close();
