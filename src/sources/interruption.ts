/** Ends an iteration when somebody says stop. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * The values of `source` until `signal` aborts. The iteration then ends at once, even while it waits for a value: a pipe may
 * be idle for ever. After each value the event loop turns, without which no signal is heard: the built-in shop and LMDB
 * never wait.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const values = source[Symbol.asyncIterator]();
  let isWaiting = false;
  try {
    while (!signal.aborted) {
      isWaiting = true;
      const next = await orStopped(values.next(), signal);
      if (next === 'stopped') return;
      isWaiting = false;
      if (next.done) return;
      yield next.value;
      await nextTurn();
    }
  } finally {
    const closed = values.return?.()?.catch(() => undefined);
    // A source that still waits is not awaited here: it closes only when its wait ends, which may be never.
    if (!isWaiting) await closed;
  }
}

/**
 * A value, or 'stopped' as soon as `signal` aborts.
 * Not `Promise.race` with one promise for all: that would keep every value in memory until the signal.
 */
export async function orStopped<T>(value: Promise<T>, signal: AbortSignal): Promise<T | 'stopped'> {
  let stop = () => {};
  try {
    return await new Promise<T | 'stopped'>((resolve, reject) => {
      stop = () => resolve('stopped');
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      value.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
