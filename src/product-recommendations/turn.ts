/** Long work on the main thread, in pieces: between two of them, whoever waits for a signal or draws the progress gets its turn. */
import { setImmediate } from 'node:timers/promises';

/** Throws if the signal says stop. */
export async function takeTurn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
