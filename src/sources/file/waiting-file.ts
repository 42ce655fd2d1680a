/** A FIFO or a device, which another process reads for this one. */
import { spawn } from 'node:child_process';
import { AlakazamError } from '../../errors.js';

/**
 * The bytes of a file whose opening and reading may take any time. Node would wait in a thread and could not end before that
 * thread, whatever signal came. So `cat` waits instead, and is killed when `signal` aborts.
 */
export async function* readWaitingFile(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const child = spawn('cat', ['--', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : `cat ended with ${code}`));
  });
  try {
    yield* child.stdout;
    const reason = await ended;
    if (reason !== undefined && !signal?.aborted) throw new AlakazamError('failed', `can't read ${path}: ${reason}`);
  } finally {
    child.kill('SIGKILL');
  }
}
