/**
 * Tells whether the lake holds the whole stream, without opening the stream: a question that was asked before is answered before
 * LMDB would be loaded.
 */
import { join } from 'node:path';
import { replaceFile } from '../durable-file.js';
import { readNoLink } from '../no-links.js';
import { readManifest, versionOf } from './manifest.local.js';

const NAME = 'fresh.json';

interface Freshness {
  /** Of the store of the stream: see `stampOf`. It was taken before the lake was brought up to date. */
  readonly stamp: string;
  /** Of the lake that held the whole stream then. */
  readonly version: string;
}

/**
 * Remembers that the lake of this version holds every order of the stream of this stamp. What can't be remembered is not, as on a
 * full disk: then it is found out in the longer way.
 */
export function keepFreshness(directory: string, stamp: string, version: string): void {
  const kept = read(directory);
  if (kept?.stamp === stamp && kept.version === version) return;
  try {
    replaceFile(join(directory, NAME), JSON.stringify({ stamp, version } satisfies Freshness));
  } catch {}
}

/** Version of the lake if it holds every order of the stream of this stamp; undefined if that is not known. */
export function freshVersion(directory: string, stamp: string | undefined): string | undefined {
  const kept = read(directory);
  if (stamp === undefined || kept?.stamp !== stamp) return undefined;
  return kept.version === versionOf(readManifest(directory)) ? kept.version : undefined;
}

function read(directory: string): Partial<Freshness> | undefined {
  try {
    return JSON.parse(readNoLink(join(directory, NAME))) as Partial<Freshness>;
  } catch {
    // Absent, damaged or a link: then it is found out in the longer way.
    return undefined;
  }
}
