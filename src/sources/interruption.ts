/** Ends an iteration when somebody says stop. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * The values of `source` until `signal` aborts. The iteration then ends at once, even while it waits for a value: a pipe may
 * be idle for ever. After each value the event loop turns, without which no signal is heard: the built-in shop and LMDB
 * never wait.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const values = source[Symbol.asyncIterator]();
  let stop = () => {};
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
  });
  signal.addEventListener('abort', stop, { once: true });
  let isWaiting = false;
  try {
    while (!signal.aborted) {
      isWaiting = true;
      const next = await Promise.race([values.next(), stopped]);
      if (next === 'stopped') return;
      isWaiting = false;
      if (next.done) return;
      yield next.value;
      await nextTurn();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    const closed = values.return?.()?.catch(() => undefined);
    // A source that waits closes when its wait ends, which may be never.
    if (!isWaiting) await closed;
  }
}
