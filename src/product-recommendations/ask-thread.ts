/** A question to a thread that answers each message with one of its own, in their order. */
import type { Worker } from 'node:worker_threads';

/** One question at a time. Rejects if the thread fails or ends before it answers. */
export function askThread<T>(thread: Worker, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onEnd(thread, reject);
    thread.once('message', (answer: T) => {
      forget();
      resolve(answer);
    });
    thread.postMessage(message);
  });
}

/** Calls back with the reason when a thread fails or ends. Gives a function after which it does not. */
export function onEnd(thread: Worker, hear: (error: Error) => void): () => void {
  const ended = () => hear(new Error('a thread ended before its work was done'));
  thread.once('error', hear);
  thread.once('exit', ended);
  return () => void thread.off('error', hear).off('exit', ended);
}
