/** One bit of a home changes, anywhere: every reader gives what it gave before, or says that something is damaged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { seeded } from '../fixtures/random.js';
import { ROOT, runCli, temporaryDirectory } from '../run-cli.js';
import type { HomeToRead, Readings } from './read-home.js';

const FLIPS = Number(process.env['ALAKAZAM_FLIPS'] ?? 300);
const SEED = 20_111_209;
const FILES = (process.env['ALAKAZAM_FILES'] ?? 'stream.mdb,history.mdb,alarm.mdb').split(',');

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
      const timer = setTimeout(() => child?.kill('SIGKILL'), 20_000);
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

test('of a bit that has changed nothing is answered wrongly', { timeout: 600_000 }, async () => {
  const directory = temporaryDirectory();
  const home = join(directory, 'home');
  const env = { ALAKAZAM_ALARM_WEBHOOK: 'http://127.0.0.1:9/' };
  const csv = join(directory, 'orders.csv');
  const generated = await runCli(['generate', '--dry-run', '--count', '1500', '-o', 'csv'], { home, env });
  expect(generated.code).toBe(0);
  const lines = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'];
  for (let i = 0; i < 1500; i++) {
    const minute = String(i % 60).padStart(2, '0');
    lines.push(
      `${536_000 + Math.floor(i / 7)},P${i % 7},THING ${i % 7},${i + 1},12/1/2010 8:${minute},1.50,${i % 3 ? 12_000 + (Math.floor(i / 7) % 90) : ''},EIRE`,
    );
    if (i % 50 === 0) lines.push(`no order ${i}`);
  }
  writeFileSync(csv, lines.join('\n'));
  expect((await runCli(['generate', '--source', csv, '--count', '1500'], { home, env })).code).toBe(0);
  const customers = [...Array.from({ length: 90 }, (_, i) => 12_000 + i), 11_999, 12_500];
  const reader = await openReader();
  const copy = join(directory, 'copy');
  const nowMs = Date.now() + 86_400_000;
  async function readAfter(change: (home: string) => void): Promise<Readings | string> {
    rmSync(copy, { recursive: true, force: true });
    cpSync(home, copy, { recursive: true });
    change(copy);
    return reader.read({ home: copy, customers, orderId: '536000-P1', nowMs });
  }
  const truth = (await readAfter(() => {})) as Readings;
  console.log(
    Object.values(truth).filter((each) => !('answer' in each)),
    Object.fromEntries(Object.entries(truth).map(([k, v]) => [k, 'answer' in v ? v.answer?.length : v])),
  );
  const random = seeded(SEED);
  const counts: Record<string, Record<string, number>> = {};
  const wrong: string[] = [];
  for (const file of FILES) {
    const bytes = readFileSync(join(home, file));
    const count: Record<string, number> = { harmless: 0, detected: 0, wrong: 0, bug: 0, crash: 0 };
    counts[file] = count;
    for (let i = 0; i < FLIPS; i++) {
      const only = process.env['ALAKAZAM_BIT'];
      const bit = only ? Number(only) : Math.floor(random() * bytes.length * 8);
      const readings = await readAfter((copy) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        writeFileSync(join(copy, file), changed);
      });
      const note = (what: string, of = '') => {
        count[what] = (count[what] as number) + 1;
        if (what !== 'harmless' && what !== 'detected') wrong.push(`${file} bit ${bit}: ${what} ${of}`);
      };
      if (typeof readings === 'string') {
        note('crash', readings);
        continue;
      }
      const differing = Object.entries(readings).filter(
        ([name, reading]) => JSON.stringify(reading) !== JSON.stringify(truth[name]),
      );
      const bug = differing.find(([, reading]) => 'bug' in reading);
      const answered = differing.find(([, reading]) => 'answer' in reading);
      if (answered) note('wrong', `${answered[0]} ${JSON.stringify(answered[1]).slice(0, 150)}`);
      else if (bug) note('bug', JSON.stringify(bug).slice(0, 200));
      else note(differing.length > 0 ? 'detected' : 'harmless');
    }
  }
  reader.close();
  console.log(counts);
  console.log(wrong.join('\n'));
});
