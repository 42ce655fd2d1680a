/** `kill -9` at any moment of a run over the real file, and going on: the same state in the end, byte for byte. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seeded } from '../fixtures/random.js';
import { describeReal } from '../fixtures/real-file.js';
import { runCli, spawnCli, temporaryDirectory } from '../run-cli.js';
import { COUNT, type Digest, digest, unpack } from './real-data.js';

const KILLS = Number(process.env['ALAKAZAM_KILLS'] ?? 20);
const SEED = Number(process.env['ALAKAZAM_KILL_SEED'] ?? 20_101_201);
const MINUTES = 60_000;
const dump = ['tail', 'orders', '--since', 'start', '-o', 'ndjson'];

describeReal(`${KILLS} times kill -9`, () => {
  test(
    'leaves neither a gap nor a double, and a tail misses nothing',
    async () => {
      const startMs = performance.now();
      const random = seeded(SEED);
      const directory = temporaryDirectory();
      const source = await unpack(directory);
      const generate = ['generate', '--source', source, '--count', `${COUNT}`];

      const home = join(directory, 'undisturbed');
      expect((await runCli(generate, { home })).code).toBe(0);
      const orders = await digest([...dump, '--no-follow'], { home });
      const guests = await digest([...dump, '--no-follow', '--guests'], { home });
      const { stdout: verified } = await runCli(['verify', '-o', 'json'], { home });
      expect([orders.lines, guests.lines]).toEqual([406_829, COUNT]);

      // A run that is killed often comes to its end at last: then another begins, until there were enough kills.
      let kills = 0;
      for (let round = 1; kills < KILLS; round++) {
        const home = join(directory, `round-${round}`);
        const tails = [follow(dump, home, orders.lines), follow([...dump, '--guests'], home, guests.lines)] as const;
        for (;;) {
          // In turns a few large commits and many small ones; the first kills hit the creation of the store.
          const isBulk = kills % 2 === 0;
          const isEnough = kills >= KILLS;
          const delayMs = isEnough ? undefined : 30 + random() * (isBulk ? 700 : 1500);
          const wasKilled = await killedAfter(
            [...generate, ...(isBulk || isEnough ? [] : ['--rate', '60000'])],
            home,
            delayMs,
          );
          if (!wasKilled) break;
          kills++;
        }
        expect(await tails[0]).toEqual(orders);
        expect(await tails[1]).toEqual(guests);
        expect(await digest([...dump, '--no-follow'], { home })).toEqual(orders);
        expect(await digest([...dump, '--no-follow', '--guests'], { home })).toEqual(guests);
        expect(await runCli(['verify', '-o', 'json'], { home })).toEqual({ code: 0, stdout: verified, stderr: '' });
        console.log(`round ${round}: ${kills} of ${KILLS} kills, seed ${SEED}`);
      }
      console.log(`${kills} kills in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    },
    (5 + KILLS) * MINUTES,
  );
});

/** Runs it and kills it after a while; false if it came to its end before. */
async function killedAfter(args: string[], home: string, delayMs: number | undefined): Promise<boolean> {
  const child = spawnCli(args, { home }, ['ignore', 'ignore', 'pipe']);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const timer = delayMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), delayMs);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...ended) => resolve(ended)),
  );
  clearTimeout(timer);
  if (signal === 'SIGKILL') return true;
  expect([code, stderr]).toEqual([0, expect.stringContaining('orders streamed')]);
  return false;
}

/** Follows in another process until so many lines have come, and then for as long as it takes to see one too many. */
async function follow(args: string[], home: string, lines: number): Promise<Digest> {
  const child = spawnCli(args, { home }, ['ignore', 'pipe', 'inherit']);
  const hash = createHash('sha256');
  let count = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++;
    if (count >= lines) child.kill('SIGINT');
  }
  return { sha256: hash.digest('hex'), lines: count };
}
