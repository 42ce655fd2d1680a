/** One bit of a home changes, anywhere: every reader gives what it gave before, or says that something is damaged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { seeded } from '../fixtures/random.js';
import { ROOT, runCli, temporaryDirectory } from '../run-cli.js';
import type { HomeToRead, Readings } from './read-home.js';

/** Of each file. Other runs than those of every day: `ALAKAZAM_FLIPS=1000`. */
const FLIPS = Number(process.env['ALAKAZAM_FLIPS'] ?? 100);
const SEED = 20_111_209;
const FILES = ['stream.mdb', 'history.mdb', 'alarm.mdb'];
const ORDERS = 1500;
const CUSTOMERS = 30;
/** A reader that hangs is killed after so long. */
const PATIENCE_MS = 30_000;

/** Reads homes in a process that is begun again where a home has ended it. */
async function openReader() {
  const script = join(ROOT, 'node_modules', '.cache', 'alakazam', 'read-home.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('read-home.ts', import.meta.url))],
    ...{ outfile: script, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' },
  });
  let child: ChildProcess | undefined;
  let lines: AsyncIterator<string>;
  return {
    /** A text where the process has ended. */
    async read(home: HomeToRead): Promise<Readings | string> {
      if (!child || child.exitCode !== null || child.signalCode !== null) {
        child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
        child.stdin?.on('error', () => undefined);
        lines = (createInterface({ input: child.stdout as NodeJS.ReadableStream }) as Interface)[
          Symbol.asyncIterator
        ]();
      }
      child.stdin?.write(`${JSON.stringify(home)}\n`);
      const timer = setTimeout(() => child?.kill('SIGKILL'), PATIENCE_MS);
      const { value, done } = await lines.next();
      clearTimeout(timer);
      if (!done) return JSON.parse(value);
      await new Promise((resolve) =>
        (child?.exitCode ?? child?.signalCode) ? resolve(0) : child?.once('exit', resolve),
      );
      return `${child.exitCode} ${child.signalCode}`;
    },
    close: () => void child?.kill(),
  };
}

/** Seven lines an invoice, every third of a guest, and lines that are no orders in between. */
function manyLines(): string {
  const lines = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'];
  for (let i = 0; i < ORDERS; i++) {
    const invoice = Math.floor(i / 7);
    const customer = i % 3 === 0 ? '' : 12_000 + (invoice % CUSTOMERS);
    lines.push(`${536_000 + invoice},P${i % 7},THING ${i % 7},${i + 1},12/1/2010 8:26,1.50,${customer},EIRE`);
    if (i % 50 === 0) lines.push(`no order ${i}`);
  }
  return lines.join('\n');
}

/** What a changed bit did, where it did no harm undefined. */
function harmOf(readings: Readings | string, truth: Readings): 'damage' | string | undefined {
  if (typeof readings === 'string') return `the process ended: ${readings}`;
  const others = Object.entries(readings).filter(
    ([name, each]) => JSON.stringify(each) !== JSON.stringify(truth[name]),
  );
  const worst = others.find(([, each]) => 'answer' in each) ?? others.find(([, each]) => 'bug' in each);
  if (worst) return `${worst[0]} gave ${JSON.stringify(worst[1]).slice(0, 200)}`;
  return others.length > 0 ? 'damage' : undefined;
}

test('of a bit that has changed nothing is answered wrongly', { timeout: 1_800_000 }, async () => {
  const directory = temporaryDirectory();
  const [home, copy] = [join(directory, 'home'), join(directory, 'copy')];
  const csv = join(directory, 'orders.csv');
  writeFileSync(csv, manyLines());
  // A surge that nobody could be told of.
  const env = { ALAKAZAM_ALARM_WEBHOOK: 'http://127.0.0.1:9/' };
  expect((await runCli(['generate', '--source', csv, '--count', `${ORDERS}`], { home, env })).code).toBe(0);
  const reader = await openReader();
  onTestFinished(() => reader.close());
  const of = {
    customers: [...Array.from({ length: CUSTOMERS + 1 }, (_, i) => 12_000 + i), 11_999],
    orderId: '536000-P1',
  };
  const nowMs = Date.now() + 86_400_000;
  function readAfter(file: string, bytes: Buffer): Promise<Readings | string> {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    for (const name of FILES) copyFileSync(join(home, name), join(copy, name));
    writeFileSync(join(copy, file), bytes);
    return reader.read({ home: copy, ...of, nowMs });
  }
  const truth = await readAfter('stream.mdb', readFileSync(join(home, 'stream.mdb')));
  expect(Object.values(truth).filter((each) => !('answer' in each))).toEqual([]);

  const random = seeded(SEED);
  const harms: string[] = [];
  for (const file of FILES) {
    const bytes = readFileSync(join(home, file));
    let noticed = 0;
    for (let i = 0; i < FLIPS; i++) {
      const bit = Math.floor(random() * bytes.length * 8);
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const harm = harmOf(await readAfter(file, changed), truth as Readings);
      if (harm === 'damage') noticed++;
      else if (harm !== undefined) harms.push(`bit ${bit} of ${file}: ${harm}`);
    }
    expect(noticed, file).toBeGreaterThan(0);
  }
  // LMDB follows a page number beyond the end of its file, and the system ends the process: no answer, and no silence either.
  const endings = harms.filter((harm) => /the process ended: null SIG(BUS|SEGV)/.test(harm));
  expect(harms.filter((harm) => !endings.includes(harm))).toEqual([]);
  expect(endings.length).toBeLessThanOrEqual(Math.ceil((FLIPS * FILES.length) / 100));
});
