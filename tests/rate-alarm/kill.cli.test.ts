/** `kill -9` during bursts, of those who stream and of those who watch: every surge is in the history once, and told. */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmMessage } from '../../src/rate-alarm/alarm.js';
import { reportOf } from '../../src/rate-alarm/episode-report.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { seeded } from '../fixtures/random.js';
import { runCli, spawnCli, temporaryDirectory } from '../run-cli.js';
import { type Arrival, naiveEpisodes } from './naive.js';

const KILLS_OF_EACH = 15;
const BURSTS = 16;
const SEED = Number(process.env['ALAKAZAM_KILL_SEED'] ?? 20_111_129);
const QUIET_MS = 1000;

/** What happened, in its order. */
type Happening = { readonly got: AlarmMessage } | 'kill';

/** Keeps every message that came whole, and answers, if `before` has let whoever sent it live. */
async function receiver(happened: Happening[], before: () => void): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(204, { connection: 'close' }).end();
      return;
    }
    const got = (await json(request).catch(() => undefined)) as AlarmMessage | undefined;
    if (got) {
      happened.push({ got });
      before();
    }
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Bursts of thirty orders, a minute apart. */
const file = Array.from({ length: BURSTS * 30 }, (_, n) => {
  const burst = Math.floor(n / 30);
  return `B${burst},P${n % 30},MUG,1,12/1/2010 8:${10 + burst},2.55,${burst % 3},EIRE\n`;
}).join('');

/** Before it has, a process may not listen for signals yet. */
function hasOpened({ pid }: ChildProcess, name: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((file) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${file}`).endsWith(`/${name}`);
    } catch {
      // It was closed in between.
      return false;
    }
  });
}

test(`${2 * KILLS_OF_EACH} times kill -9`, { timeout: 240_000 }, async () => {
  const { home, open } = await localFixture();
  const happened: Happening[] = [];
  const mortal = new Set<ChildProcess>();
  const kill = (child: ChildProcess) => {
    happened.push('kill');
    // What it had sent may be read after its end, and before an answer to a request that came then.
    child.once('exit', async () => {
      await fetch(url);
      happened.push('kill');
    });
    child.kill('SIGKILL');
  };
  const random = seeded(SEED);
  // Some die when their message has come, before they know.
  const url = await receiver(happened, () => {
    if (random() < 0.4) for (const child of mortal) kill(child);
  });
  const env = { ALAKAZAM_ALARM_QUIET: `${QUIET_MS}ms`, ALAKAZAM_ALARM_WEBHOOK: url };
  const path = join(temporaryDirectory(), 'bursts.csv');
  writeFileSync(path, `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n${file}`);
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => void child.once('exit', (code) => resolve(code)));

  /** Runs it again and again, and kills it; gives the process that comes after the last kill, or the end of it before. */
  async function killed(args: readonly string[]): Promise<ChildProcess> {
    for (let kills = 0; ; kills++) {
      const child = spawnCli(args, { home, env }, 'ignore');
      onTestFinished(() => void child.kill('SIGKILL'));
      if (kills === KILLS_OF_EACH) return child;
      // Some die while they start, most while they stream or send.
      const timer = setTimeout(() => kill(child), 150 + random() * 1600);
      mortal.add(child);
      const code = await ended(child);
      mortal.delete(child);
      clearTimeout(timer);
      if (code !== null) return child;
    }
  }

  const generate = ['generate', '--source', path, '--count', `${BURSTS * 30}`, '--speed', '40'];
  const [streaming, watching] = await Promise.all([killed(generate), killed(['alarm', 'watch'])]);
  if (streaming.exitCode === null) await ended(streaming);
  await expect.poll(() => hasOpened(watching, 'alarm.mdb'), { timeout: 30_000 }).toBe(true);
  const watched = ended(watching);
  watching.kill('SIGINT');
  expect(await watched).toBe(130);
  const alarm = async () => JSON.parse((await runCli(['alarm', 'retry', '-o', 'json'], { home, env })).stdout);
  const settled = async () => {
    const { state, destinations } = await alarm();
    return [state, destinations[0].waiting + destinations[0].failed];
  };
  await expect.poll(settled, { timeout: 30_000 }).toEqual(['OK', 0]);

  const stream = await open();
  const arrivals = Array.from(stream.arrivals(1), ({ arrivalMs, count }) =>
    Array.from({ length: count }, (): Arrival => ({ timeMs: arrivalMs, invoiceNo: '' })),
  ).flat();
  const settings = { threshold: 10, windowMs: 1000, quietMs: QUIET_MS, counted: 'orders' } as const;
  const expected = naiveEpisodes(arrivals, settings, Number.POSITIVE_INFINITY);
  const { stdout } = await runCli(['alarm', 'history', '-o', 'json'], { home, env });
  const plain = expected.map((episode) => ({ ...reportOf(episode, null, []), top: undefined, notified: undefined }));
  const history = JSON.parse(stdout).reverse();
  expect(history.map((each: object) => ({ ...each, top: undefined, notified: undefined }))).toEqual(plain);
  expect(expected.length).toBeGreaterThan(2);

  // Of each surge its beginning and its end, or a message for those that nobody saw in time.
  const messages = happened.flatMap((each) => (each === 'kill' ? [] : [each.got]));
  const distinct = [...new Map(messages.map((each) => [each.id, each])).values()];
  const toldOf = (id: string) =>
    distinct.flatMap(({ event, episode, episodes }) =>
      episode?.id === id || episodes.some((each) => each.id === id) ? [event] : [],
    );
  for (const { id } of history) expect([['began', 'ended'], ['caught-up']]).toContainEqual(toldOf(id).sort());

  // Twice only where somebody was killed who may have had no time to note the answer.
  let repeated = 0;
  for (const [at, each] of happened.entries()) {
    if (each === 'kill') continue;
    const again = happened.findIndex((other, i) => i > at && other !== 'kill' && other.got.id === each.got.id);
    if (again < 0) continue;
    repeated++;
    expect(happened.slice(at, again), `kills between two times ${each.got.id}`).toContain('kill');
  }
  console.log(`${expected.length} surges, ${messages.length} messages, ${repeated} of them again; seed ${SEED}`);
});
