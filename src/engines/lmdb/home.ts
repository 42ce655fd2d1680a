/** What `doctor` checks of the directory that holds the embedded pipeline. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, statfs, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AlakazamError } from '../../errors.js';
import { type Check, check } from '../../terminal/check.js';
import { bytes, whole } from '../../terminal/numbers.js';
import { diskError } from '../disk-errors.js';

const SPACE_BYTES_MIN = 200_000_000;
const WRITES = 50;

export async function* checkHome(home: string): AsyncGenerator<Check> {
  yield await check('home', () => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return home;
  });
  yield await check('disk', async () => {
    const { bavail, bsize } = await promisify(statfs)(home);
    if (bavail * bsize < SPACE_BYTES_MIN)
      throw new AlakazamError('failed', `${bytes(bavail * bsize)} free; a year of orders takes about 70 MB`, {
        hint: 'make room',
      });
    return `${bytes(bavail * bsize)} free`;
  });
  yield await check('write speed', () => {
    try {
      return `${writeSpeed(home)} durable writes a second`;
    } catch (error) {
      throw diskError(error, home) ?? error;
    }
  });
}

function writeSpeed(home: string): string {
  // The name can't be foreseen and the file must be new, so nothing is written through a link that somebody has put there.
  const path = join(home, `write-speed-${crypto.randomUUID()}.tmp`);
  const file = openSync(path, 'wx', 0o600);
  try {
    const startMs = performance.now();
    for (let i = 0; i < WRITES; i++) {
      writeSync(file, Buffer.alloc(4096, i));
      fdatasyncSync(file);
    }
    return whole(WRITES / ((performance.now() - startMs) / 1000));
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}
