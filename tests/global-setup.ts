/**
 * Once for a whole run: the command line is built, and every process of the run puts its temporary files into one directory.
 * A run that leaves a file in it, or a process that knows of it, has failed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export default function setup(): () => Promise<void> {
  buildIfStale();
  const before = process.env['TMPDIR'];
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'alakazam-tests-'));
  // Workers inherit it, and so does every process that they start.
  process.env['TMPDIR'] = directory;
  return async () => {
    const processes = await processesLeft(directory);
    // What Node 22 and later compiled is kept there for the next start.
    const files = readdirSync(directory).filter((name) => name !== 'node-compile-cache');
    const left = [...processes, ...files.map((name) => join(directory, name))];
    rmSync(directory, { recursive: true, force: true });
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    if (left.length === 0) return;
    console.error(`the tests left behind:\n${left.map((each) => `  ${each}`).join('\n')}`);
    process.exitCode = 1;
  };
}

/** Builds dist/ if something it is made of is newer. */
function buildIfStale(): void {
  const built = join(ROOT, 'dist', 'cli.js');
  const made = existsSync(built) ? statSync(built).mtimeMs : 0;
  const sources = ['src', 'kernel'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, name as string)),
  );
  const newest = Math.max(
    ...[...sources, 'build.js', 'bundle.js', 'sbom.js', 'package.json', 'package-lock.json'].map(
      (path) => statSync(join(ROOT, path)).mtimeMs,
    ),
  );
  if (newest > made) execFileSync(process.execPath, ['build.js'], { cwd: ROOT, stdio: 'inherit' });
}

/** Ends the processes of the run that live on after it, and names them. One that was killed a moment ago may take a while to die. */
async function processesLeft(directory: string): Promise<string[]> {
  for (let tries = 0; tries < 50 && processesWith(directory).length > 0; tries++) await delay(100);
  return processesWith(directory).map(({ pid, command }) => {
    process.kill(pid, 'SIGKILL');
    return `process ${pid}: ${command}`;
  });
}

/** Processes with this directory for their temporary files; Linux alone tells. */
function processesWith(directory: string): { pid: number; command: string }[] {
  return namesIn('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!pid || !read(`/proc/${name}/environ`).includes(`TMPDIR=${directory}`)) return [];
    const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    // Vitest ends its own workers after this.
    return /node_modules\/vitest\//.test(command) ? [] : [{ pid, command }];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process has ended, or belongs to somebody else.
    return '';
  }
}
