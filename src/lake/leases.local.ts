/**
 * Who reads the lake, so that no file is deleted under a reader. A reader leaves an empty file whose name says which process
 * reads which version. A process that has ended holds nothing.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskError } from '../engines/disk-errors.js';
import { isRunning, thisProcess } from '../engines/processes.js';
import { CannotWrite } from '../errors.js';
import { READERS } from './folder.local.js';
import { type Manifest, readManifest } from './manifest.local.js';

export interface Lease {
  readonly manifest: Manifest;
  release(): void;
}

/** Files of the leases of this process. An end that waits for nothing, as by a second Ctrl-C, leaves none. */
const held = new Set<string>();
const releaseAll = () => {
  for (const path of held) rmSync(path, { force: true });
};

/** The current manifest, none of whose files is deleted before `release`. */
export function leaseManifest(directory: string): Lease {
  const readers = join(directory, READERS);
  const { pid, started } = thisProcess();
  for (;;) {
    const { version } = readManifest(directory);
    const path = join(readers, [version, pid, started, randomBytes(6).toString('hex')].join('-'));
    const release = () => {
      rmSync(path, { force: true });
      held.delete(path);
    };
    try {
      mkdirSync(readers, { recursive: true, mode: 0o700 });
      if (held.size === 0) process.off('exit', releaseAll).once('exit', releaseAll);
      held.add(path);
      writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
      // Whoever deletes files looks at the readers after the manifest was replaced. So as long as the manifest is the same
      // now, its files stay.
      const manifest = readManifest(directory);
      if (manifest.version === version) return { manifest, release };
    } catch (error) {
      release();
      const problem = diskError(error, readers);
      // Where nothing can be written, nobody brings in orders either, and nobody deletes a file.
      if (problem instanceof CannotWrite) return { manifest: readManifest(directory), release() {} };
      throw problem ?? error;
    }
    release();
  }
}

/** The oldest version that a process reads, infinite for none. Removes what processes left that have ended. */
export function oldestRead(directory: string): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { name, version, pid, started } of leasesIn(directory)) {
    if (isRunning({ pid, started })) oldest = Math.min(oldest, version);
    else rmSync(join(directory, READERS, name), { force: true });
  }
  return oldest;
}

/** Versions that were read, also by processes that have ended. */
export function namedVersions(directory: string): number[] {
  return leasesIn(directory).map(({ version }) => version);
}

function leasesIn(directory: string) {
  const readers = join(directory, READERS);
  return (existsSync(readers) ? readdirSync(readers) : []).flatMap((name) => {
    const [, version, pid, started = ''] = /^(\d+)-(\d+)-(\d*)-[0-9a-f]{12}$/.exec(name) ?? [];
    return pid === undefined ? [] : [{ name, version: Number(version), pid: Number(pid), started }];
  });
}
