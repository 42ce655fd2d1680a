/** A server as a process of its own, on a port of this machine, from before the tests of a file until after them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';

export interface Server {
  /** Where it answers, once the tests run. */
  readonly url: string;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/**
 * Starts the program that `describe` gives for a port. Nobody can keep a port free for another process: where somebody else
 * takes it first, the program ends, and is started on another port.
 */
export function useServer(
  describe: (port: number) => Promise<Program>,
  isReady: (url: string, port: number) => Promise<boolean>,
): Server {
  let url = '';
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    const ends: string[] = [];
    while (ends.length < 5) {
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      const { command, args, cwd, env } = await describe(port);
      const stdio = process.env['ALAKAZAM_TEST_LOGS'] ? 'inherit' : 'ignore';
      child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
      let end: string | undefined;
      child.once('error', ({ message }) => {
        end = message;
      });
      child.once('exit', (code, signal) => {
        end = `exit code ${code ?? signal} on port ${port}`;
      });
      while (end === undefined) {
        if ((await isReady(url, port)) && end === undefined) return;
        await delay(50);
      }
      ends.push(end);
      child = undefined;
    }
    throw new Error(`the server did not start: ${ends.join(', ')}`);
  });
  afterAll(async () => {
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });

  return {
    get url() {
      return url;
    },
  };
}

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether a GET is answered with a status of success. */
export async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok === true;
}
