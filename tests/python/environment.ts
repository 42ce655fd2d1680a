/** What the tests need of Python, in virtual environments that they make themselves: nothing is installed by hand. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Each named as the file that says what is in it. One environment cannot hold all: their versions exclude each other. */
const ENVIRONMENTS = ['emulators', 'linters', 'numpy', 'spark'] as const;

/** Flink's is large, and one file of tests needs it: that file makes it. */
export type Environment = (typeof ENVIRONMENTS)[number] | 'flink';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/**
 * The directory of an environment's programs. Made on the first call, which takes about a minute, and kept for as long as
 * its requirements and its place stay the same: its programs hold their own paths. Any number of processes may ask at once.
 */
export async function pythonEnvironment(name: Environment): Promise<string> {
  const requirements = join(HERE, `${name}.txt`);
  const hash = createHash('sha256').update(readFileSync(requirements)).update(CACHE).digest('hex').slice(0, 12);
  const directory = join(CACHE, `alakazam-python-${name}-${hash}`);
  const programs = join(directory, 'bin');
  const isMade = existsSync(join(directory, 'complete')) && existsSync(join(programs, 'python'));
  if (!isMade) await make(directory, requirements);
  return programs;
}

async function make(directory: string, requirements: string): Promise<void> {
  const child = spawn('python3', [join(HERE, 'make-environment.py'), directory, requirements], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') reject(cause);
      else reject(new Error('the tests need python3 (3.11 or later) on the path', { cause }));
    });
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`no Python environment could be made: ${stderr.trim() || `exit code ${code}`}`);
}

/** As a global setup of vitest: no test has to wait for what is made only once. */
export default async function setup(): Promise<void> {
  await Promise.all(ENVIRONMENTS.map(pythonEnvironment));
}
