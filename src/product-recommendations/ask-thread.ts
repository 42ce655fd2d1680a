/** A question to a thread that answers each message with one of its own, in their order. */
import type { Worker } from 'node:worker_threads';

/** One question at a time. Rejects if the thread fails before it answers. */
export function askThread<T>(thread: Worker, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (answer: T) => {
      thread.off('error', reject);
      resolve(answer);
    });
    thread.postMessage(message);
  });
}
