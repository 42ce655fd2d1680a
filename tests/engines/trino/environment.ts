/** Trino, the engine inside Athena, with the Java it runs on: in a directory that the tests make themselves. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish } from '../../run-cli.js';

const MAKER = fileURLToPath(new URL('make-environment.py', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));

export interface TrinoEnvironment {
  readonly java: string;
  /** Directory of the server's libraries. */
  readonly libraries: string;
  /** Directory with a directory for each plugin. */
  readonly plugins: string;
}

/** Made on the first call, which takes a minute or two, and kept for as long as its maker stays the same. Throws what is missing. */
export async function trinoEnvironment(): Promise<TrinoEnvironment> {
  const hash = createHash('sha256').update(readFileSync(MAKER)).update(CACHE).digest('hex').slice(0, 12);
  const directory = join(CACHE, `alakazam-trino-${hash}`);
  if (!existsSync(join(directory, 'complete'))) {
    const { code, stderr } = await finish(
      spawn('python3', [MAKER, directory], { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    if (code !== 0) throw new Error(stderr.trim() || `the maker of Trino's directory ended with ${code}`);
  }
  return {
    java: join(directory, 'java', 'bin', 'java'),
    libraries: join(directory, 'server', 'lib'),
    plugins: join(directory, 'plugins'),
  };
}
