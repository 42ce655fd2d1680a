/** Signals, and an answer that can't be written: the command ends, and says with what. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { finish, PROGRAM, runCli, spawnCli, startCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, manyOrders, writeFile } from './sample.js';

const directory = temporaryDirectory();
const home = join(directory, 'home');
const many = writeFile(directory, 'many.csv', manyOrders(3000));
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

let fifos = 0;
function makeFifo(): string {
  const path = join(directory, `fifo-${fifos++}`);
  execFileSync('mkfifo', [path]);
  return path;
}

/** What a file of /proc says, or '' for a process or file that is gone. */
function proc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process watches its standard input: the file of its event loop lists it. */
function watchesStdin(pid: number): boolean {
  const links = readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === 'anon_inode:[eventpoll]';
    } catch {
      return false;
    }
  });
  return links.some((fd) => /^tfd:\s+0 /m.test(proc(`${pid}/fdinfo/${fd}`)));
}

const isRead = (path: string) => readdirSync('/proc').some((pid) => proc(`${pid}/cmdline`) === `cat\0--\0${path}\0`);

/** Whether a process has a store open, or has ended. */
function isAtWork({ pid, exitCode }: { pid?: number | undefined; exitCode: number | null }): boolean {
  if (exitCode !== null) return true;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('.mdb'));
  } catch {
    return false;
  }
}

/** A file of which no line is an order, but for one: a loop over none would end. */
function rejectedLines(): string {
  return writeFile(
    directory,
    'rejected.csv',
    `${HEADER}1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n${'1,A,MUG,six,12/1/2010 8:26,2.55,5,EIRE\n'.repeat(40_000)}`,
  );
}

beforeAll(async () => {
  expect((await runCli(['generate', '--source', many, '--count', '3000'], { home })).code).toBe(0);
});

describe.each(SIGNALS)('%s', (signal, code) => {
  test('ends a tail that waits', async () => {
    const tail = startCli(['tail', 'orders', '-n', '1'], { home });
    await tail.until(1);
    expect(await tail.stop(signal)).toBe(code);
    expect(tail.stderr()).toBe('');
  });

  test('twice ends at once whoever reads the lake, and leaves no trace of a reader', async () => {
    const child = spawnCli(['evaluate'], { home }, ['ignore', 'ignore', 'ignore']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const readers = join(home, 'lake', 'readers');
    const ended = finish(child);
    await vi.waitUntil(() => existsSync(readers) && readdirSync(readers).length > 0, { timeout: 20_000, interval: 1 });
    const again = setInterval(() => child.kill(signal), 2);
    expect((await ended).code).toBe(code);
    clearInterval(again);
    expect(readdirSync(readers)).toEqual([]);
  });

  test('ends a generate that waits for its time, which says how to go on', async () => {
    const of = join(directory, `home-${signal}`);
    const generate = startCli(['generate', '--source', many, '--rate', '5', '--count', '3000'], { home: of });
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home: of });
    await tail.until(1);
    expect(await generate.stop(signal)).toBe(code);
    expect(generate.stderr()).toMatch(/stopped after \d+ of 3,000; the same command goes on from there/);
  });

  test('ends a generate that waits for standard input', async () => {
    const of = join(directory, `pipe-${signal}`);
    const child = spawnCli(['generate', '--source', '-'], { home: of }, ['pipe', 'pipe', 'pipe']);
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home: of });
    child.stdin?.write(`${HEADER}1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n`);
    await tail.until(1);
    child.kill(signal);
    expect((await finish(child)).code).toBe(code);
  });

  test.each([['-'], ['a FIFO']])('ends a generate before anything came from %s', async (source) => {
    const of = join(directory, `idle-${signal}-${source.length}`);
    const path = source === '-' ? source : makeFifo();
    for (const flags of [[], ['--dry-run']]) {
      const child = spawnCli(['generate', '--verbose', '--source', path, ...flags], { home: of }, [
        'pipe',
        'pipe',
        'pipe',
      ]);
      onTestFinished(() => void child.kill('SIGKILL'));
      await vi.waitUntil(() => (path === '-' ? watchesStdin(child.pid as number) : isRead(path)), 20_000);
      child.kill(signal);
      expect(await finish(child)).toMatchObject({ code, stderr: 'stopped before the first order\n' });
      await vi.waitUntil(() => !isRead(path), 20_000);
    }
  });

  test('ends a generate that waits for more from a FIFO', async () => {
    const of = join(directory, `fifo-${signal}`);
    const path = makeFifo();
    const child = spawnCli(['generate', '--source', path], { home: of }, ['pipe', 'pipe', 'pipe']);
    const writer = openSync(path, 'w');
    onTestFinished(() => closeSync(writer));
    writeSync(writer, `${HEADER}1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n`);
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home: of });
    await tail.until(1);
    child.kill(signal);
    expect(await finish(child)).toMatchObject({ code, stderr: expect.stringContaining('stopped after 1 of 100') });
  });

  test('ends a --dry-run that never waits', async () => {
    const child = spawnCli(['generate', '--dry-run', '--count', '100000000'], { home }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout?.once('data', () => child.kill(signal));
    child.stdout?.resume();
    const [ended] = await once(child, 'exit');
    expect(ended).toBe(code);
  });

  test('ends a verify, which then says nothing of what it did not read', async () => {
    const of = join(directory, `verify-${signal}`);
    expect((await runCli(['generate', '--count', '400000'], { home: of })).code).toBe(0);
    for (const output of ['table', 'json']) {
      const child = spawnCli(['verify', '-o', output], { home: of }, ['ignore', 'pipe', 'pipe']);
      const ended = finish(child);
      // Brought up to date after the history, and before anything is compared.
      await expect.poll(() => existsSync(join(of, 'lake')), { timeout: 60_000 }).toBe(true);
      child.kill(signal);
      expect(await ended).toEqual({
        code,
        stdout: '',
        stderr: expect.stringMatching(/^(interrupted before .*\n)?$/),
      });
      rmSync(join(of, 'lake'), { recursive: true });
    }
  });

  test.each([
    ['a source that never ends', ['generate', '--count', '1000000000']],
    ['a rate that no disk reaches', ['generate', '--count', '1000000000', '--rate', '9000000']],
    ['lines that are all rejected', ['generate', '--source', rejectedLines(), '--accept-rejected', '--loop']],
  ])('ends a generate at full speed: %s', async (what, args) => {
    const of = join(directory, `full-${signal}-${what.split(' ')[1]}`);
    const child = spawnCli(args, { home: of }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = finish(child);
    // It has stored a first batch.
    await vi.waitUntil(() => (statSync(join(of, 'stream.mdb'), { throwIfNoEntry: false })?.size ?? 0) > 500_000, {
      timeout: 20_000,
      interval: 2,
    });
    child.kill(signal);
    expect(await ended).toMatchObject({ code, stderr: expect.stringMatching(/^ {2}stopped after [\d,]+ of/m) });
  });

  test.each(['query revenue-by-month', 'lake rebuild', 'doctor', 'rejected'])(
    'ends %s with its own exit code, whatever it is at',
    async (args) => {
      const child = spawnCli(args.split(' '), { home }, ['ignore', 'pipe', 'pipe']);
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = finish(child);
      await vi.waitUntil(() => isAtWork(child), { timeout: 20_000, interval: 1 });
      child.kill(signal);
      const { code: found, stderr } = await ended;
      // The quick ones may be done.
      expect([0, code]).toContain(found);
      expect(stderr).not.toMatch(/bug|interrupted$/m);
    },
  );

  test('ends a command whose answer nobody reads', async () => {
    const child = spawnCli(['tail', 'orders', '--since', 'start'], { home }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    // It has begun to write; what is not read fills the pipe.
    await once(child.stdout as NodeJS.ReadableStream, 'readable');
    child.kill(signal);
    const [ended] = await once(child, 'exit');
    expect(ended).toBe(code);
  });

  test('a second time ends it at once', async () => {
    const tail = startCli(['tail', 'orders', '-n', '1'], { home });
    await tail.until(1);
    tail.process.kill(signal);
    expect(await tail.stop(signal)).toBe(code);
  });
});

describe('an answer that the disk has no room for', () => {
  test.each(['verify', 'verify -o json', 'tail orders --no-follow', 'history --customer 12001', '--help'])(
    '%s says so, and fails',
    (args) => {
      const full = openSync('/dev/full', 'w');
      onTestFinished(() => closeSync(full));
      const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args.split(' ')], {
        env: { ...process.env, ALAKAZAM_HOME: home },
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
      expect(stderr).toBe("error: can't write the answer: no space left on device\n");
      expect(status).toBe(1);
    },
  );
});
