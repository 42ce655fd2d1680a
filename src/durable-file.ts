/** Files that are there whole, or not at all, whenever the process or the machine stops. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/** Writes beside `path` first, so that a reader finds the old text or the new one. Durable when this returns. */
export function replaceFile(path: string, text: string | Uint8Array): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** A text with its checksum on a line before it. */
export function withChecksum(text: string): string {
  return `${checksumOf(text)}\n${text}`;
}

/** The text that `withChecksum` got, or undefined if it is not as it was written. */
export function checkedText(stored: string): string | undefined {
  const end = stored.indexOf('\n');
  const text = stored.slice(end + 1);
  return end >= 0 && stored.slice(0, end) === checksumOf(text) ? text : undefined;
}

/** CRC-32 in hexadecimal digits. */
export function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** Makes durable which files a directory has. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}
