/** Limits how long an attempt to reach a destination takes. */

/** A signal that says stop after so many milliseconds, as `AbortSignal.timeout`. */
export type Deadline = (ms: number) => AbortSignal;

/** Acts once, when the first of the signals says stop. The function that it gives lets go of them. */
export function whenStopped(signals: readonly AbortSignal[], act: () => void): () => void {
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', stop);
  };
  const stop = () => {
    release();
    act();
  };
  // Not AbortSignal.any: the signal that it makes is lost to the garbage collection at times.
  // https://github.com/nodejs/node/pull/57867
  for (const signal of signals) signal.addEventListener('abort', stop);
  if (signals.some(({ aborted }) => aborted)) stop();
  return release;
}
