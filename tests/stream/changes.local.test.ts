/** Whoever waits for the file of the stream hears of each change, and of none twice. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fileChanges } from '../../src/stream/changes.local.js';
import { temporaryDirectory } from '../run-cli.js';

vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  // Without the looks that are made all the same, only a change or the signal ends a wait.
  return {
    ...real,
    setTimeout: vi.fn((_: number, value: unknown, options: object) => real.setTimeout(1e6, value, options)),
  };
});

function watched(path: string) {
  const changes = fileChanges(path);
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
    changes.close();
  });
  return { next: () => changes.next(stop.signal), stop };
}

function newFile(): string {
  const path = join(temporaryDirectory(), 'stream.mdb');
  writeFileSync(path, '');
  return path;
}

test('a write ends the wait, also one before it', async () => {
  const path = newFile();
  const { next } = watched(path);
  for (let i = 0; i < 3; i++) {
    const waiting = next();
    appendFileSync(path, 'x');
    await waiting;
  }
});

test('the signal ends the wait', async () => {
  const { next, stop } = watched(newFile());
  const waiting = next();
  stop.abort();
  await waiting;
});

test('where nothing can be watched, it looks now and then', async () => {
  const { next, stop } = watched(join(temporaryDirectory(), 'nowhere', 'stream.mdb'));
  const waiting = next();
  expect(vi.mocked(delay).mock.lastCall?.[0]).toBe(20);
  stop.abort();
  await waiting;
});
