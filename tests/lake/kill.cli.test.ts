/** `kill -9` at any moment while the lake is written, and queries that go on all the while. */
import { readdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { readManifest } from '../../src/lake/manifest.local.js';
import { openTables } from '../../src/lake/tables.local.js';
import { seeded } from '../fixtures/random.js';
import { runCli, spawnCli, temporaryDirectory } from '../run-cli.js';

const KILLS = Number(process.env['ALAKAZAM_KILLS'] ?? 50);
const SEED = Number(process.env['ALAKAZAM_KILL_SEED'] ?? 20_111_209);
const MINUTES = 60_000;

const home = temporaryDirectory();
const directory = join(home, 'lake');

/** Arrivals, the last of them, and the sum of their numbers: where there is neither gap nor double, one follows from another. */
const ARRIVALS = 'SELECT count(*), max(sequence), sum(sequence) FROM order_arrivals';

async function done(line: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(line.split(' '), { home });
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return stdout;
}

/** Runs it and kills it after a while; false if it came to its end before. */
async function killedAfter(line: string, delayMs: number): Promise<boolean> {
  const child = spawnCli(line.split(' '), { home }, ['ignore', 'ignore', 'pipe']);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...ended) => resolve(ended)),
  );
  clearTimeout(timer);
  if (signal === 'SIGKILL') return true;
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return false;
}

interface Reader {
  readonly reads: () => number;
  stop(): Promise<void>;
}

/** Asks whenever there is reason to, until it is stopped. Every answer is of a whole lake, and none of an older one. */
function reading(reasons: AsyncIterable<unknown>, stop: () => void, ask: () => Promise<readonly number[]>): Reader {
  let reads = 0;
  const ended = (async () => {
    let before = 0;
    for await (const _ of reasons) {
      const [count = 0, last = 0, sum = 0] = await ask();
      expect([last, sum, count >= before]).toEqual([count, (count * (count + 1)) / 2, true]);
      before = count;
      reads++;
    }
  })();
  ended.catch(() => undefined);
  onTestFinished(stop);
  return {
    reads: () => reads,
    stop() {
      stop();
      return ended;
    },
  };
}

/** Asks the command line, one time after the other. */
function readingByQuery(): Reader {
  let isStopped = false;
  async function* always() {
    while (!isStopped) yield;
  }
  const stop = () => {
    isStopped = true;
  };
  return reading(always(), stop, async () => {
    const { code, stdout, stderr } = await runCli(['query', '--sql', ARRIVALS], { home });
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trim().split('\t').map(Number);
  });
}

/** Reads the lake as it is, at every change, and waits for nobody who writes. */
async function readingAsItIs(): Promise<Reader> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  const watcher = new AbortController();
  async function* changes() {
    try {
      for await (const { filename } of watch(directory, watcher)) if (filename === 'manifest.json') yield;
    } catch (error) {
      if (!watcher.signal.aborted) throw error;
    }
  }
  return reading(
    changes(),
    () => watcher.abort(),
    async () => {
      const { views, release } = openTables(directory);
      try {
        await connection.run(views);
        return (await connection.runAndReadAll(ARRIVALS)).getRows()[0]?.map(Number) ?? [];
      } finally {
        release();
      }
    },
  );
}

test(
  `${KILLS} times kill -9 leaves neither gap nor double, and disturbs no query`,
  async () => {
    const random = seeded(SEED);
    const between = (from: number, to: number) => Math.floor(from + random() * (to - from));
    await done('generate --count 140000');
    await done('query --sql SELECT/**/1');
    const readers = [await readingAsItIs(), readingByQuery()];
    const kills: Record<string, number> = {};
    for (let n = 0; Object.values(kills).reduce((sum, each) => sum + each, 0) < KILLS; n++) {
      const line = ['lake status', 'lake compact', 'lake rebuild'][n % 3] as string;
      if (line !== 'lake rebuild') await done(`generate --count ${between(1, 40)} --seed ${n + 2}`);
      // A start takes about 150 ms, and making the lake again a second.
      if (await killedAfter(line, between(100, line === 'lake rebuild' ? 1500 : 600)))
        kills[line] = (kills[line] ?? 0) + 1;
    }
    for (const { stop } of readers) await stop();
    console.log(`${JSON.stringify(kills)}, reads ${readers.map(({ reads }) => reads())}, seed ${SEED}`);

    await done('generate --count 1 --seed 1');
    const verified = JSON.parse(await done('verify -o json')) as { pass: boolean; streamed: number };
    expect(verified.pass).toBe(true);
    const { files, replaced } = readManifest(directory);
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(verified.streamed);
    const left = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1));
    const expected = [
      'fresh.json',
      'manifest.json',
      'writer.mdb',
      'writer.mdb-lock',
      ...[...files, ...replaced].map(({ path }) => path),
    ];
    expect(left.sort()).toEqual(expected.sort());
    expect(readers.map(({ reads }) => reads() > 5)).toEqual([true, true]);
  },
  5 * MINUTES,
);
