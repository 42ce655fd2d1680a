import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import type { AlarmMessage } from '../../src/rate-alarm/alarm.js';
import { webhookReceiver } from '../fixtures/webhook-receiver.js';
import { type CliOptions, runCli, startCli, temporaryDirectory } from '../run-cli.js';
import { showOnTerminal, tooWide } from './on-terminal.js';
import { HEADER, writeFile } from './sample.js';

const directory = temporaryDirectory();
const run = (args: string, options: CliOptions) => runCli(args.split(' '), options);
const json = async (args: string, options: CliOptions) => JSON.parse((await run(`${args} -o json`, options)).stdout);

describe('with the real clock', () => {
  test('five orders a second raise nothing, also where they are more than ten', async () => {
    const home = temporaryDirectory();
    const { code, stderr } = await run('generate --rate 5 --count 12', { home });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^12 orders streamed/)]);
    expect(await run('alarm history -o json', { home })).toMatchObject({ code: 0, stdout: '[]\n' });
    const { code: state, stdout } = await run('alarm -o json', { home });
    expect([state, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ state: 'OK', episode: null })]);
  });

  test('a flag holds for what its command takes in', async () => {
    const home = temporaryDirectory();
    await run('generate --count 30 --alarm-threshold 30', { home });
    expect(await json('alarm history', { home })).toEqual([]);
    await run('generate --count 30', { home });
    expect(await json('alarm history', { home })).toHaveLength(1);
  });

  test('thirty a second raise one alarm, told at once to who watches and to a webhook, until it is quiet', async () => {
    const { got, url } = await webhookReceiver();
    const home = temporaryDirectory();
    const options = { home, env: { ALAKAZAM_ALARM_QUIET: '5s', ALAKAZAM_ALARM_WEBHOOK: url } };
    const file = join(home, 'got.ndjson');
    const watch = startCli(['alarm', 'watch', '--exec', `cat >> ${file}`], options);
    const generate = startCli(['generate', '--rate', '30', '--count', '90'], options);
    await watch.until(1);
    await expect.poll(() => got, { timeout: 20_000 }).toHaveLength(1);
    // A watcher and a webhook know of it while the orders still come.
    expect(generate.process.exitCode).toBeNull();
    const [began] = got as [AlarmMessage];
    expect(began).toMatchObject({ event: 'began', threshold: 10, windowMs: 1000, counted: 'orders', place: home });
    expect(began.episode?.orders).toBeLessThan(90);
    const ended = new Promise<number | null>((resolve) => generate.process.once('close', resolve));
    expect(await ended).toBe(0);
    const mentioned = /^Orders surge since [^.]*\. Type: alakazam alarm\n90 orders streamed/;
    expect(generate.stderr()).toMatch(mentioned);
    const { code, stdout } = await run('alarm -o json', options);
    expect([code, JSON.parse(stdout).state]).toEqual([3, 'ALARM']);

    await watch.until(2);
    expect((await run('alarm', options)).code).toBe(0);
    await expect.poll(() => got.map(({ event }) => event), { timeout: 20_000 }).toEqual(['began', 'ended']);
    expect(watch.lines.map((line) => JSON.parse(line).id)).toEqual(got.map(({ id }) => id));
    const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
    await expect.poll(lines, { timeout: 20_000 }).toEqual(watch.lines);
    expect(await watch.stop()).toBe(130);
    const history = await json('alarm history --since 7d', options);
    expect(history).toHaveLength(1);
    expect(history[0]).toMatchObject({ id: began.episode?.id, orders: 90, ended: expect.any(String) });
    expect(history[0].notified.map(({ event, via }: { event: string; via: string }) => [event, via])).toEqual([
      ['began', 'webhook'],
      ['ended', 'webhook'],
    ]);
  });
});

/** Twenty orders at once, which is a surge. */
async function surge(options: CliOptions): Promise<void> {
  expect((await run('generate --quiet --count 20', options)).code).toBe(0);
}

describe('a destination', () => {
  test('that refuses is said, with exit code 5, until it takes what is sent again', async () => {
    let status = 410;
    const { got, url } = await webhookReceiver(() => status);
    const home = temporaryDirectory();
    const options = { home, env: { ALAKAZAM_ALARM_WEBHOOK: url, ALAKAZAM_ALARM_QUIET: '1s' } };
    await surge(options);
    await expect.poll(async () => (await json('alarm', options)).state, { timeout: 20_000 }).toBe('OK');
    const shown = await run('alarm', options);
    const place = url.replace('/alarm', '/…');
    expect(shown).toMatchObject({
      code: 5,
      stderr: `warning: 2 messages never reached webhook ${place}: answered HTTP 410\n  alakazam alarm retry     sends what failed again\n`,
    });
    status = 200;
    expect(await run('alarm retry', options)).toMatchObject({ code: 0, stderr: '2 messages to be sent again\n' });
    expect(got.slice(-2).map(({ event }) => event)).toEqual(['began', 'ended']);
    expect(await run('alarm test', options)).toMatchObject({ code: 0, stdout: expect.stringContaining('HTTP 200') });
  });

  test('a test of one that fails fails, and of none says how to have one', async () => {
    const home = temporaryDirectory();
    const options = { home, env: { ALAKAZAM_ALARM_COMMAND: 'echo no network >&2; exit 7' } };
    expect(await run('alarm test', options)).toMatchObject({
      code: 1,
      stdout: 'command echo\tfalse\texit code 7: no network\n',
    });
    expect(await run('alarm test', { home })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: there is nobody to tell\n {2}set ALAKAZAM_ALARM_WEBHOOK or/),
    });
  });
});

describe('bad input', () => {
  test.each([
    ['alarm', { THRESHOLD: '0' }, 'alarm.threshold is "0" (ALAKAZAM_ALARM_THRESHOLD); valid: a whole number from 1'],
    ['alarm', { WINDOW: '-1s' }, 'alarm.window is "-1s" (ALAKAZAM_ALARM_WINDOW); valid: a time from 100ms to 1m'],
    ['alarm', { QUIET: '2s', WINDOW: '5s' }, 'alarm.quiet is "2s" (ALAKAZAM_ALARM_QUIET), and alarm.window is "5s"'],
    ['alarm', { NOTIFY: 'fax' }, 'alarm.notify is "fax" (ALAKAZAM_ALARM_NOTIFY); valid: began, reminder, ended'],
    ['alarm', { WEBHOOK: 'http://example.org/x' }, 'alarm.webhook is "http://example.org/…" (ALAKAZAM_ALARM_WEBHOOK)'],
    ['alarm look', {}, 'action is "look"; valid: status, watch, history, test, retry'],
    ['alarm --since 7d', {}, '--since is for alarm history, not for alarm status'],
    ['alarm test --exec x', {}, '--exec is for alarm watch, not for alarm test'],
    ['alarm history -n 0', {}, '--number is "0"; valid: a whole number from 1'],
    ['alarm history --since yesterday', {}, '--since is "yesterday"; valid: '],
  ])('%s with %j is wrong usage', async (args, settings, message) => {
    const env = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`ALAKAZAM_ALARM_${key}`, value]));
    const { code, stdout, stderr } = await run(args, { home: directory, env });
    expect(stderr).toContain(`error: ${message}`);
    expect([code, stdout]).toEqual([2, '']);
  });

  test.each([
    ['slack: hello', 'has an unknown key "alarm.slack"; did you mean'],
    ['secret: hunter2', 'and a secret does not belong in a file'],
    ['command: rm -rf /', 'and the file of a project may not say what is run'],
  ])('in a file is wrong usage: %s', async (line, message) => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, '.alakazamrc'), `alarm:\n  ${line}\n`);
    const { code, stderr } = await run('generate --count 1', { home: directory, cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('a store that can not be used', () => {
  test.each([
    ['is noise', (path: string) => writeFileSync(path, Buffer.alloc(30_000, 'noise'))],
    [
      'holds no JSON',
      async (path: string) => {
        const root = open<Buffer, string>({ path, encoding: 'binary' });
        root.openDB<Buffer, string>('meta', { encoding: 'binary' }).putSync('state', Buffer.from('{'));
        await root.close();
      },
    ],
  ])('because it %s stops no order', async (_, damage) => {
    const home = temporaryDirectory();
    await surge({ home });
    const path = join(home, 'alarm.mdb');
    await damage(path);
    const { code, stderr } = await run('generate --count 20', { home });
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/^20 orders streamed .*\nwarning: the rate alarm is behind/),
    ]);
    expect(stderr).toContain(`${path} is damaged`);
    const shown = await run('alarm', { home });
    expect([shown.code, shown.stderr]).toEqual([1, expect.stringMatching(/^error: .* is damaged.*\n {2}delete it: /)]);
  });

  test('because it may not be written stops no order', async () => {
    const home = temporaryDirectory();
    await surge({ home });
    chmodSync(join(home, 'alarm.mdb'), 0o444);
    const { code, stderr } = await run('generate --count 20', { home, isBound: true });
    expect([code, stderr]).toEqual([5, expect.stringContaining('20 orders streamed')]);
    expect(stderr).toContain(`the rate alarm is behind the stream: no permission to write ${home}`);
  });
});

describe('on a terminal of 80 columns', () => {
  test('what others wrote stays harmless, and everything fits', async () => {
    const home = temporaryDirectory();
    const hostile = '\u001b]0;OWNED\u0007\u001b[31mRED\u202e';
    const order = (n: number) => `A${n},P,"${hostile} ${'LONG '.repeat(20)}",1,12/1/2010 8:26,1.00,1,"${hostile}"\n`;
    const path = writeFile(home, 'orders.csv', HEADER + Array.from({ length: 20 }, (_, n) => order(n)).join(''));
    expect((await run(`generate --quiet --source ${path}`, { home })).code).toBe(0);
    for (const args of [['alarm'], ['alarm', 'history']]) {
      const shown = showOnTerminal(args, { home, cwd: home });
      expect(tooWide(shown), args.join(' ')).toEqual([]);
      for (const control of ['\u001b]', '\u0007', '\u202e', '\u001b[31mRED']) expect(shown.raw).not.toContain(control);
    }
    const { lines } = showOnTerminal(['alarm'], { home, cwd: home });
    expect(lines[0]).toMatch(/^ALARM {2}for [\d.]+ (s|min), since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(lines.find((line) => line.endsWith('five minutes'))).toMatch(/█/);
    const rows = showOnTerminal(['alarm', 'history'], { home, cwd: home }).lines;
    expect(rows[0]).toMatch(/^began +ended +peak +orders +customer +product$/);
    expect(rows[1]).toMatch(/^\d{4}.* UTC +it lasts +20 +20 +1 +P$/);
  });
});
