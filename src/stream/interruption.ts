/** Ends an iteration when somebody says stop. */

/**
 * The values of `source` until `signal` aborts. The iteration then ends at once, even while it waits for a value: a pipe may
 * be idle for ever.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const values = source[Symbol.asyncIterator]();
  let stop = () => {};
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      const next = await Promise.race([values.next(), stopped]);
      if (next === 'stopped' || next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // It may never settle, since the source may wait for ever.
    void values.return?.()?.catch(() => undefined);
  }
}
