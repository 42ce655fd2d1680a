/** What somebody sees who watches the alarm. */
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { AlarmMessage, RateAlarm } from '../../src/rate-alarm/alarm.js';
import type { Notifier } from '../../src/rate-alarm/notifier.js';
import { watchAlarm } from '../../src/rate-alarm/watching.js';
import { openTerminal } from '../../src/terminal/terminal.js';
import { LANTERN, messageOf } from './reports.js';

const status = { state: 'OK', rate: { lastSecond: 0, lastMinute: 0 } };

/** Gives these messages, and ends when the signal says stop. */
const alarmWith = (messages: readonly AlarmMessage[]) =>
  ({
    status: async () => status,
    async *watch(signal: AbortSignal) {
      yield* messages;
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  }) as unknown as RateAlarm;

async function watched(also: Notifier | undefined, stop: AbortController, messages: readonly AlarmMessage[]) {
  const stdout = Object.assign(new PassThrough(), { columns: 80 });
  const errors: string[] = [];
  const stderr = new Writable({
    write(chunk, _, done) {
      errors.push(String(chunk));
      done();
    },
  });
  const terminal = openTerminal({ stdin: Readable.from([]), stdout, stderr }, { environment: {}, isQuiet: false });
  const watching = watchAlarm({ terminal, signal: stop.signal, alarm: alarmWith(messages), output: 'table', also });
  const shown = text(stdout);
  await watching;
  stdout.end();
  return { lines: (await shown).trimEnd().split('\n'), errors: errors.join('') };
}

test('a command that never ends holds up no message, and nobody who says stop', async () => {
  const stop = new AbortController();
  const begun: string[] = [];
  const hanging: Notifier = {
    name: 'command hang',
    via: 'command',
    async send({ event }, signal) {
      signal.throwIfAborted();
      begun.push(event);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const messages = [messageOf('began', { episode: LANTERN }), messageOf('ended', { episode: LANTERN })];
  const shown = watched(hanging, stop, messages);
  await expect.poll(() => begun).toEqual(['began']);
  stop.abort();
  const { lines } = await shown;
  expect(lines.filter((line) => !line.startsWith(' ')).map((line) => line.slice(0, 12))).toEqual([
    'Orders surge',
    'The surge of',
  ]);
});

test('a command gets the messages in their order, and why it failed is said', async () => {
  const stop = new AbortController();
  const got: string[] = [];
  const failing: Notifier = {
    name: 'command fail',
    via: 'command',
    async send({ event }) {
      got.push(event);
      if (got.length === 2) stop.abort();
      return { outcome: 'failed', reason: 'exit code 7' };
    },
  };
  const messages = [messageOf('began', { episode: LANTERN }), messageOf('ended', { episode: LANTERN })];
  const { errors } = await watched(failing, stop, messages);
  expect(got).toEqual(['began', 'ended']);
  expect(errors).toBe('warning: command fail: exit code 7\n'.repeat(2));
});

test('a message stands in lines that fit, whatever a description holds', async () => {
  const stop = new AbortController();
  stop.abort();
  const description = `RED\u001b[31m\u0007\n${'MUG '.repeat(30)}`;
  const top = { ...LANTERN.top, product: { stockCode: 'A', description, share: 0.5 } };
  const { lines } = await watched(undefined, stop, [messageOf('began', { episode: { ...LANTERN, top } as never })]);
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(lines.join('\n')).not.toMatch(/[^\P{Cc}\n]/u);
  expect(lines.map((line) => line.trim()).join(' ')).toContain(`RED [31m ${'MUG '.repeat(30).trim()}`);
});
