/** LMDB's lock file. It is mapped, and a page of it for which the disk has no room would kill the process: so it is made whole. */
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room for five hundred readers at once; LMDB would make room for 126. */
const BYTES = 32_768;

/** Makes the lock file of a store that has none. Where nothing may be written, LMDB reads without it. */
export function prepareLockFile(path: string): void {
  if (existsSync(path)) return;
  const made = `${path}.${crypto.randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(made, Buffer.alloc(BYTES), { flag: 'wx', mode: 0o600 });
    // Whole at once, or not at all: another process that finds it may use it.
    linkSync(made, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EEXIST', 'EROFS', 'EACCES', 'EPERM'].includes(code) || !existsSync(dirname(path))) throw error;
  } finally {
    rmSync(made, { force: true });
  }
}
