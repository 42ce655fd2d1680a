/** Jobs on a Flink that is a process of the tests: `flink-jobs.py`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonEnvironment } from '../python/environment.js';

export interface FlinkJobs {
  /** Starts a job of the application with these properties, from a savepoint or anew. */
  start(job: string, properties: Record<string, string>, savepoint?: string): Promise<void>;
  /** Ends it, and gives the path of its savepoint in this directory. */
  stop(job: string, directory: string): Promise<string>;
  cancel(job: string): Promise<void>;
  /** Throws if it doesn't run. */
  check(job: string): Promise<void>;
  /** The values of those metrics of its operators that have this text in their names. */
  metrics(job: string, text: string): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** `directory` holds the application's files; what Flink leaves lies in `temporary`. */
export async function startFlink(directory: string, temporary: string): Promise<FlinkJobs> {
  const python = join(await pythonEnvironment('flink'), 'python');
  // The emulator would give times in seconds where the binary format has milliseconds.
  const settings = {
    AWS_CBOR_DISABLE: 'true',
    PYTHONDONTWRITEBYTECODE: '1',
    TMPDIR: temporary,
    JAVA_TOOL_OPTIONS: `-Djava.io.tmpdir=${temporary}`,
  };
  const child = spawn(python, ['-W', 'ignore', join(import.meta.dirname, 'flink-jobs.py'), directory], {
    cwd: temporary,
    env: { ...process.env, ...settings },
    stdio: ['pipe', 'pipe', process.env['ALAKAZAM_TEST_LOGS'] ? 'inherit' : 'ignore'],
    // With the Java that it starts.
    detached: true,
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  /** One command at a time. */
  function ask<T>(command: object): Promise<T> {
    const answered = last.then(async () => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('Flink ended');
      const answer = JSON.parse(value);
      if (answer.error) throw new Error(answer.error);
      return answer as T;
    });
    last = answered.catch(() => {});
    return answered;
  }

  return {
    start: (job, properties, savepoint) => ask({ start: job, properties, savepoint: savepoint ?? null }),
    stop: async (job, directory) => (await ask<{ savepoint: string }>({ stop: job, directory })).savepoint,
    cancel: (job) => ask({ cancel: job }),
    async check(job) {
      const { status } = await ask<{ status: string }>({ status: job });
      if (/FAIL|CANCEL|FINISHED/.test(status)) throw new Error(`the job ${job} is ${status}`);
    },
    metrics: async (job, text) => (await ask<{ values: Record<string, number> }>({ metric: job, named: text })).values,
    async close() {
      process.kill(-(child.pid as number), 'SIGKILL');
      await ended;
    },
  };
}
