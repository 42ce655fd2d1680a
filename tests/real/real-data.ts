/** The real file of orders, and what it takes to compare all of them: hashes, not arrays. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { REAL_GZ } from '../fixtures/real-file.js';
import { type CliOptions, spawnCli } from '../run-cli.js';

export const COUNT = 541_909;

/** The file as it is without compression. */
export async function unpack(to: string): Promise<string> {
  const path = join(to, 'OnlineRetail.csv');
  await pipeline(createReadStream(REAL_GZ), createGunzip(), createWriteStream(path));
  return path;
}

export interface Digest {
  readonly sha256: string;
  readonly lines: number;
}

/** Hashes what a command writes, and gives each line to `onLine`. */
export async function digest(args: string[], options: CliOptions, onLine?: (line: string) => void): Promise<Digest> {
  const child = spawnCli(args, options, ['ignore', 'pipe', 'inherit']);
  const hash = createHash('sha256');
  let lines = 0;
  let rest = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    if (!onLine) continue;
    const parts = (rest + chunk.toString('latin1')).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) onLine(part);
  }
  return { sha256: hash.digest('hex'), lines };
}
