/** A FIFO or a device, which another process reads for this one. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { AlakazamError } from '../../errors.js';

const OPEN_FILE = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/**
 * The bytes of a file whose opening and reading may take any time. Node would wait in a thread and could not end before that
 * thread, whatever signal came. So `cat` waits instead, and is killed when `signal` aborts.
 */
export async function* readWaitingFile(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  // The name of an open file of this process, as `<(zcat orders.gz)` is one in a shell, leads nowhere in another process.
  const [, number] = OPEN_FILE.exec(path) ?? [];
  const own = path === '/dev/stdin' ? 0 : number === undefined ? undefined : Number(number);
  const child = spawn('cat', own === undefined ? ['--', path] : [], {
    stdio: [own ?? 'ignore', 'pipe', 'ignore'],
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : `cat ended with ${code}`));
  });
  try {
    yield* child.stdout as Readable;
    const reason = await ended;
    if (reason !== undefined && !signal?.aborted) throw new AlakazamError('failed', `can't read ${path}: ${reason}`);
  } finally {
    child.kill('SIGKILL');
  }
}
