/** Whatever is wrong with a source or a store: one clear message, the right exit code, and nothing lost. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  cpSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { open } from 'lmdb';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { describeUnless, skipBecause } from '../missing.js';
import { type CliOptions, type Finished, openDirectory, runCli, spawnCli } from '../run-cli.js';
import { HEADER, manyOrders, SAMPLE, writeFile } from './sample.js';

const directory = openDirectory();
const isRoot = process.getuid?.() === 0;
const NO_ROOT = 'only root may give files to other users and mount file systems';
const NOBODY = 65_534;
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});

const run = (args: string, options: Partial<CliOptions> = {}) =>
  runCli(args.split(' '), { home, cwd: directory, ...options });

/** One message, at most one hint, no stack; a bug would say that it is one. */
function expectError({ code, stdout, stderr }: Finished, expected: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain('this is a bug');
  expect(
    stderr
      .replace(/^warning: .*\n/gm, '')
      .trim()
      .split('\n').length,
  ).toBeLessThanOrEqual(2);
  expect([code, stdout]).toEqual([expected, '']);
}

async function verified(): Promise<{
  streamed: number;
  pass: boolean;
  rejected: number;
  views: { history: { held: number } };
}> {
  const { stdout, stderr } = await run('verify -o json');
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('a .alakazamrc', () => {
  test.each([
    ['a tag that YAML does not know', 'seed: !x 1 # \u001b]0;OWNED\u0007\n'],
    ['a version of YAML that is none', '%YAML 9.9\n---\nseed: 1\n'],
  ])('with %s has nothing of it printed past the terminal', async (_, content) => {
    const cwd = join(directory, `configured-${content.length}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.alakazamrc'), content);
    const { code, stdout, stderr } = await run('config', { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('seed\t1');
  });
});

describe('a source', () => {
  const inFile = async (content: string | Buffer, name = 'bad.csv') =>
    run(`generate --source ${writeFile(directory, name, content)}`);

  test('that is empty', async () => {
    expectError(await inFile(''), 1, /bad\.csv is empty; it should begin with a header: InvoiceNo,StockCode/);
    expectError(await run('generate --source -', { input: '' }), 1, /standard input is empty/);
    expectError(await inFile('\ufeff'), 1, /bad\.csv is empty/);
  });

  test('that is a header alone has no orders, and ends', async () => {
    for (const content of [HEADER, HEADER.trim(), `\ufeff${HEADER}`, `${HEADER}\n\n`]) {
      const { code, stderr } = await inFile(content);
      expect(stderr).toMatch(/^0 orders streamed/);
      expect(code).toBe(0);
    }
    const { code } = await run(`generate --loop --source ${writeFile(directory, 'header.csv', HEADER)}`);
    expect(code).toBe(0);
  });

  test('with a wrong header', async () => {
    expectError(
      await inFile('InvoiceNo,StockCode,Description,Quantity,InvoiceDate,Land\n1,2,3,4,5,6\n'),
      1,
      /has no UnitPrice, CustomerID, Country in its header; its first line is "InvoiceNo/,
    );
    expectError(await inFile('{"json": true}\n'), 1, /has no header; its first line is "\{\\"json/);
    expectError(await inFile(`${'a,'.repeat(100_000)}\n1\n`), 1, /has no header; its first line is "a,a/);
  });

  test('that is a directory, or not there', async () => {
    expectError(await run(`generate --source ${directory}`), 1, /is a directory; --source takes a file/);
    expectError(await run('generate --source nowhere.csv'), 1, /can't read nowhere\.csv: there is no such file/);
    writeFile(directory, 'file', '');
    expectError(await run('generate --source file/below.csv'), 1, /a part of its path is not a directory/);
  });

  test('that may not be read', async (context) => {
    if (!isRoot) skipBecause(NO_ROOT, context);
    const path = writeFile(directory, 'secret.csv', SAMPLE);
    chmodSync(path, 0o600);
    chownSync(path, NOBODY, NOBODY);
    const ended = await run(`generate --source ${path}`, { isBound: true });
    expectError(ended, 4, /can't read .*secret\.csv: no permission to read it/);
  });

  test('that is binary', async () => {
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
    expectError(await inFile(noise), 1, /bad\.csv (is binary|has no header|is in UTF-16)/);
    expectError(await run(`generate --source ${process.execPath}`), 1, /is binary|has no header/);
    expectError(
      await inFile(Buffer.concat([Buffer.from('PK\x03\x04'), noise]), 'book.xlsx'),
      1,
      /is a workbook or a zip archive/,
    );
  });

  test('that turns binary after its header costs its faulty lines alone', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => ((i * 2_654_435_761) >>> 20) & 255));
    const path = join(directory, 'noise.csv');
    writeFileSync(path, Buffer.concat([Buffer.from(SAMPLE), noise, Buffer.from(`\n${SAMPLE.slice(HEADER.length)}`)]));
    const { code } = await run(`generate --source ${path}`);
    expect(code).toBe(0);
    const { streamed, pass, rejected } = await verified();
    expect({ streamed, pass }).toEqual({ streamed: 16, pass: true });
    expect(rejected).toBeGreaterThan(2);
    expect((await run('rejected')).stdout).not.toMatch(/[^\P{Cc}\n\t]/u);
  });

  test('in UTF-16', async () => {
    for (const [name, text] of [
      ['le.csv', Buffer.from(`\ufeff${SAMPLE}`, 'utf16le')],
      ['be.csv', Buffer.from(`\ufeff${SAMPLE}`, 'utf16le').swap16()],
      ['without-mark.csv', Buffer.from(SAMPLE, 'utf16le')],
    ] as const) {
      expectError(
        await inFile(text, name),
        1,
        /is in UTF-16; orders are read in UTF-8 or latin-1\n {2}iconv -f UTF-16/,
      );
    }
  });

  test('with NUL bytes loses those lines alone', async () => {
    const { code } = await inFile(SAMPLE.replace('WHITE HANGING', 'WHITE\0HANGING'), 'nul.csv');
    expect(code).toBe(0);
    expect(await verified()).toMatchObject({ pass: true, streamed: 7, rejected: 2 });
    expect(JSON.parse((await run('rejected -o json')).stdout)[0]).toMatchObject({
      line: 2,
      reason: 'Description holds a NUL byte',
    });
    expectError(await inFile(`${'\0'.repeat(5000)}`, 'nuls.csv'), 1, /nuls\.csv (is binary|is in UTF-16)/);
  });

  test('that is a compressed file cut in the middle keeps what came before', async () => {
    const whole = gzipSync(manyOrders(100_000));
    const path = writeFile(directory, 'cut.csv.gz', whole.subarray(0, whole.length >> 1));
    expectError(
      await run(`generate --source ${path} --count 100000`),
      1,
      /the compressed file ends in the middle; what came before that was taken/,
    );
    const { streamed, pass } = await verified();
    expect(pass).toBe(true);
    expect(streamed).toBeGreaterThan(30_000);
    writeFileSync(path, whole);
    await run(`generate --source ${path} --count 100000`);
    expect(await verified()).toMatchObject({ pass: true, streamed: 100_000, views: { history: { repeated: 0 } } });
    expectError(
      await run('generate --source - --count 100000', { input: whole.subarray(0, 1000) }),
      1,
      /compressed file ends in the middle/,
    );
    const damaged = Buffer.from(whole);
    damaged.fill(7, whole.length >> 1, (whole.length >> 1) + 200);
    expectError(
      await run(`generate --source ${writeFile(directory, 'damaged.gz', damaged)} --count 100000`),
      1,
      /the compressed file is damaged/,
    );
    expectError(
      await inFile(Buffer.from([0x1f, 0x8b]), 'two-bytes.gz'),
      1,
      /compressed file (ends in the middle|is damaged)/,
    );
  });

  test('that was cut since it was read is not read on', async () => {
    const path = writeFile(directory, 'shrinks.csv', SAMPLE);
    await run(`generate --source ${path}`);
    truncateSync(path, 300);
    expectError(await run(`generate --source ${path}`), 1, /was cut since\n {2}read it again with --from start/);
    expect(await verified()).toMatchObject({ pass: true, streamed: 8 });
  });

  test('with one line of a gigabyte, in 300 MB of memory', { timeout: 120_000 }, async () => {
    const child = spawnCli(['generate', '--source', '-'], { home }, ['pipe', 'ignore', 'pipe']);
    const chunk = Buffer.alloc(1 << 20, 'x');
    let peakKb = 0;
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => {
      stderr += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const write = (bytes: string | Buffer) =>
      new Promise<void>((resolve, reject) => child.stdin?.write(bytes, (error) => (error ? reject(error) : resolve())));
    await write(SAMPLE);
    for (let i = 0; i < 1024; i++) {
      await write(chunk);
      if (i % 64 === 0) peakKb = peakOf(child.pid as number);
    }
    await write(`\n${SAMPLE.slice(HEADER.length)}`);
    peakKb = Math.max(peakKb, peakOf(child.pid as number));
    child.stdin?.end();
    expect(await ended).toBe(0);
    expect(stderr).toMatch(/^16 orders streamed from standard input .*, 3 rejected/m);
    expect(peakKb).toBeGreaterThan(10_000);
    expect(peakKb).toBeLessThan(300_000);
    const rows = JSON.parse((await run('rejected -o json')).stdout);
    expect(rows[1].reason).toMatch(/^a line of 1073741824 bytes \(at most \d+\)$/);
  });
});

function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** What only reads, and its exit code. */
const READING = [
  ['verify', 0],
  ['tail orders --no-follow', 0],
  ['history --customer 17850', 0],
  ['rejected', 0],
  ['query top-products', 0],
  ['alarm history', 0],
] as const;

/** A view that could not be written is warned of, and nothing is said to have failed. */
async function expectAnswer(command: string, expected = 0): Promise<Finished> {
  const answered = await run(command);
  expect([command, answered.code, answered.stderr]).toEqual([
    command,
    expected,
    expect.not.stringMatching(/error|bug/),
  ]);
  return answered;
}

describeUnless(isRoot ? undefined : NO_ROOT, 'a disk', () => {
  /** A file system of its own, which root alone can make. */
  function mounted(size: string): string {
    const path = join(directory, `disk-${homes}`);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    onTestFinished(() => void execFileSync('umount', ['-l', path]));
    return path;
  }

  test('that is full loses nothing acknowledged, and the same command goes on when there is room', async () => {
    const disk = mounted('3m');
    home = join(disk, 'home');
    const path = writeFile(directory, 'many.csv', manyOrders(200_000));
    // Who asks for quiet hears of errors alone, and not of the surge.
    const tail = `generate --quiet --source ${path} --count 200000`;
    const full = await run(`${tail} --rate 100000`);
    expectError(
      full,
      1,
      /the disk is full: .*stream\.mdb can't grow; what was acknowledged before is kept\n {2}make room/,
    );
    expectError(await run(tail), 1, /the disk is full/);
    execFileSync('mount', ['-o', 'remount,size=200m', disk]);
    const { streamed: kept, pass } = await verified();
    expect(pass).toBe(true);
    expect(kept).toBeGreaterThan(0);
    expect((await run(tail)).code).toBe(0);
    expect(await verified()).toMatchObject({ pass: true, streamed: 200_000, views: { history: { repeated: 0 } } });
  });

  test('that is full can be read, and reset makes room for orders', async () => {
    home = join(mounted('3m'), 'home');
    const path = writeFile(directory, 'many.csv', manyOrders(200_000));
    await run(`generate --source ${path} --count 200000 --rate 100000`);
    for (const [reading, code] of READING) await expectAnswer(reading, code);
    expect((await expectAnswer('verify -o json')).stdout).toContain('"pass":true');
    expect((await expectAnswer('reset --yes')).stderr).toMatch(/^emptied; it held [\d,]+ orders/m);
    const { stderr } = await run(`generate --source ${path} --count 1000`);
    expect(stderr).toMatch(/^1,000 orders streamed/m);
    expect((await expectAnswer('verify -o json')).stdout).toContain('"pass":true,"streamed":1000,');
  });

  test('that is full from the beginning', async () => {
    const disk = mounted('64k');
    home = join(disk, 'home');
    writeFile(disk, 'filler', '');
    const filler = openSync(join(disk, 'filler'), 'a');
    try {
      for (;;) writeSync(filler, Buffer.alloc(4096));
    } catch {
      expect(fstatSync(filler).size).toBeGreaterThan(0);
    } finally {
      closeSync(filler);
    }
    for (const command of ['generate --source - ', 'verify', 'tail orders --no-follow']) {
      expectError(await run(command.trim(), { input: SAMPLE }), 1, /disk is full|no space left/i);
    }
  });

  test('that is full for the history alone leaves the stream whole', async () => {
    const disk = mounted('1m');
    home = join(directory, `apart-${homes}`);
    mkdirSync(home);
    await run('verify');
    for (const name of ['history.mdb', 'history.mdb-lock']) {
      const [path, there] = [join(home, name), join(disk, name)];
      copyFileSync(path, there);
      // A store is opened through no link.
      execFileSync('mount', ['--bind', there, path]);
      onTestFinished(() => void execFileSync('umount', ['-l', path]));
    }
    const path = writeFile(
      directory,
      'customers.csv',
      HEADER + Array.from({ length: 60_000 }, (_, n) => `${n},A,MUG,1,12/1/2010 8:26,2.55,${n},EIRE\n`).join(''),
    );
    const { code, stderr } = await run(`generate --source ${path} --count 60000`);
    expect(stderr).toMatch(/^60,000 orders streamed/m);
    expect(stderr).toMatch(/warning: the order history is behind the stream: .*(full|space)/);
    expect(stderr).not.toMatch(/Invalid argument|^\s+at /m);
    expect(code).toBe(5);
    execFileSync('mount', ['-o', 'remount,size=50m', disk]);
    expect(await verified()).toMatchObject({ pass: true, streamed: 60_000, views: { history: { held: 60_000 } } });
  });

  test('that is mounted read-only', async () => {
    const disk = mounted('50m');
    home = join(disk, 'home');
    for (const command of ['generate --source -', 'query top-products']) await run(command, { input: SAMPLE });
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    for (const command of ['generate --source -', 'reset --yes']) {
      expectError(await run(command, { input: SAMPLE }), 4, /no permission to write .*home/);
    }
    for (const [reading, code] of READING) await expectAnswer(reading, code);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    expect(await verified()).toMatchObject({ pass: true, streamed: 8 });
  });
});

describe('a store', () => {
  const stream = () => join(home, 'stream.mdb');
  const history = () => join(home, 'history.mdb');
  const commands = ['generate --source -', 'verify', 'history --customer 12001', 'tail orders --no-follow', 'rejected'];

  const whole = join(directory, 'whole-store');
  beforeAll(async () => {
    // From a file, whose batches are always the same: a pipe may pause, and a small block then leaves old pages behind it.
    const many = writeFile(directory, 'many.csv', manyOrders(20_000));
    const { code } = await run(`generate --source ${many} --count 20000`, { home: whole });
    expect(code).toBe(0);
  });
  beforeEach(() => cpSync(whole, home, { recursive: true }));

  test('that belongs to somebody else', async (context) => {
    if (!isRoot) skipBecause(NO_ROOT, context);
    const paths = [home, ...readdirSync(home).map((name) => join(home, name))];
    for (const path of paths) {
      chownSync(path, NOBODY, NOBODY);
      // Who made it lets others read it.
      chmodSync(path, path === home ? 0o755 : 0o644);
    }
    const writing = run('generate --source -', { input: SAMPLE, isBound: true });
    expectError(await writing, 4, /no permission to write .*home-\d+/);
    for (const reading of ['history --customer 12001', 'tail orders --no-follow', 'rejected']) {
      expect(await run(reading, { isBound: true })).toMatchObject({ code: 0 });
    }
    const closed = openDirectory();
    chmodSync(closed, 0o755);
    chownSync(closed, NOBODY, NOBODY);
    expectError(await run('verify', { isBound: true, home: join(closed, 'new') }), 4, /no permission to write/);
    expect(await verified()).toMatchObject({ pass: true, streamed: 20_000 });
    for (const path of paths) chownSync(path, 0, 0);
    expect((await run('verify', { isBound: true })).code).toBe(0);
  });

  test('whose home is a file', async () => {
    const path = writeFile(directory, 'a-file', '');
    const { code, stderr } = await run('verify', { home: path });
    expect(stderr).toMatch(/^error: .*a-file/);
    expect(stderr).not.toContain('this is a bug');
    expect(code).toBe(1);
  });

  test('of a newer version', async () => {
    for (const path of [stream(), history()]) {
      const before = readFileSync(path);
      const root = open<Buffer, string>({ path, encoding: 'binary' });
      const meta = root.openDB<Buffer, string>('meta', { encoding: 'binary' });
      meta.putSync('version', Buffer.from('99'));
      await root.close();
      expectError(
        await run('verify'),
        1,
        /was made by a newer alakazam \(store version 99, known is 2\)\n {2}npm install/,
      );
      writeFileSync(path, before);
    }
    expect(await verified()).toMatchObject({ pass: true, streamed: 20_000 });
  });

  const DAMAGES: [string, (path: string) => void][] = [
    ['cut to half', (path) => truncateSync(path, statSync(path).size >> 1)],
    ['cut to one page', (path) => truncateSync(path, 4096)],
    ['cut to a few bytes', (path) => truncateSync(path, 100)],
    ['zeroed', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ['begun with noise', (path) => overwrite(path, 0, Buffer.alloc(4096, 0xa5))],
    ['text', (path) => writeFileSync(path, 'this is no store\n'.repeat(1000))],
  ];

  test.each(DAMAGES)('whose stream file is %s is named as damaged', async (_, damage) => {
    damage(stream());
    for (const command of commands) {
      expectError(await run(command, { input: SAMPLE }), 1, /stream\.mdb is damaged: .*\n {2}move it away/);
    }
  });

  test.each(DAMAGES)('whose history file is %s is named, and the stream is whole', async (_, damage) => {
    damage(history());
    for (const command of ['verify', 'history --customer 12001', 'tail orders --no-follow']) {
      const { stderr, code } = await run(command);
      expect(stderr).toMatch(/^error: .*history\.mdb is damaged: /);
      // The history can be made again: nobody has to stream anything again for it.
      expect(stderr).not.toContain('stream the orders again');
      expect(code).toBe(1);
    }
    const generate = await run('generate --source -', { input: SAMPLE });
    expect(generate.stderr).toMatch(/^8 orders streamed/m);
    expect(generate.stderr).toMatch(/warning: the order history is behind the stream: .*history\.mdb is damaged/);
    expect(generate.code).toBe(5);
    rmSync(history());
    expect(await verified()).toMatchObject({ pass: true, streamed: 20_008 });
  });

  test('of which a stored block is damaged is named, and what is before it can be read', async () => {
    const bytes = readFileSync(stream());
    const at = bytes.lastIndexOf('MUG 15000,');
    expect(at).toBeGreaterThan(0);
    overwrite(stream(), at, Buffer.from('JUG'));
    for (const command of ['verify', 'tail orders --since start --guests --no-follow']) {
      const { code, stderr } = await run(command);
      expect(stderr).toMatch(
        /^error: .*stream\.mdb is damaged: the orders up to number \d+ can't be read\n {2}move it away/,
      );
      expect(code).toBe(1);
    }
    const { stdout } = await run('tail orders --since start --guests --no-follow');
    expect(stdout.split('\n').length).toBeGreaterThan(10_000);
    expect((await run('tail orders --guests --no-follow')).code).toBe(0);
  });

  test('of which any page is damaged is never answered from in silence, and kills nothing', {
    timeout: 300_000,
  }, async () => {
    const whole = readFileSync(stream());
    const expected = (await run('tail orders --since start --guests --no-follow')).stdout;
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const killed: string[] = [];
    for (let i = 0; i < 24; i++) {
      const page = 2 + random(whole.length / 4096 - 2);
      const noise = Buffer.from(Array.from({ length: 4096 }, () => random(256)));
      writeFileSync(stream(), whole);
      overwrite(stream(), page * 4096, noise);
      const { code, stdout, stderr } = await run('tail orders --since start --guests --no-follow');
      if (code === null || /Segmentation|Assertion/.test(stderr)) killed.push(`page ${page}`);
      else if (code === 0) expect(stdout).toBe(expected);
      else expect(stderr).toMatch(/^error: .*stream\.mdb is damaged/);
    }
    expect(killed).toEqual([]);
  });
});

function overwrite(path: string, at: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}
