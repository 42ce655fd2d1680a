import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commandNotifier } from '../../src/rate-alarm/notifier.command.js';
import { temporaryDirectory } from '../run-cli.js';
import { never, notifierContract, running } from './notifier.contract.js';
import { LANTERN, messageOf } from './reports.js';

/** A pipe with a name: whoever reads it waits for a writer, and reads its end when no writer is left. */
function namedPipe(): string {
  const path = join(temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

const message = messageOf('began', { episode: LANTERN });
const send = (command: string) => commandNotifier({ command, deadline: never }).send(message, running);

notifierContract('a command', async (behaviour, deadline, secret) => {
  const pipe = namedPipe();
  const then = { 'takes it': 'exit 0', fails: 'echo no network >&2; exit 7', 'never answers': 'exec sleep 1000' };
  const notifier = commandNotifier({ command: `TOKEN=${secret}; cat > '${pipe}'; ${then[behaviour]}`, deadline });
  let received: Promise<string> | undefined;
  return {
    notifier,
    // Opened when it is asked for: without a command that writes, it would wait for ever.
    get received() {
      received ??= text(createReadStream(pipe));
      return received;
    },
  };
});

describe('a command', () => {
  test.each([
    ['exit 7', 'exit code 7'],
    ['echo first >&2; printf "no \\033[31mnetwork\\r\\n" >&2; exit 1', 'exit code 1: no  [31mnetwork'],
    ['kill -TERM $$', 'was ended by SIGTERM'],
    ['no-such-program-here 2> /dev/null', 'exit code 127'],
  ])('that fails says why: %s', async (command, reason) => {
    expect(await send(command)).toEqual({ outcome: 'failed', reason });
  });

  test('that says much has the end of it told', async () => {
    const { reason } = (await send('head -c 100000 /dev/zero | tr "\\0" x >&2; echo y >&2; exit 1')) as {
      reason: string;
    };
    expect(reason).toMatch(/^exit code 1: x{198}y$/);
  });

  test('is run without the secret of the webhook', async () => {
    vi.stubEnv('ALAKAZAM_ALARM_SECRET', 'hunter2');
    vi.stubEnv('ALAKAZAM_HOME', 'home');
    onTestFinished(() => void vi.unstubAllEnvs());
    const said = await send('env | grep -E "^ALAKAZAM_(ALARM|HOME)" >&2; exit 1');
    expect(said).toEqual({ outcome: 'failed', reason: 'exit code 1: ALAKAZAM_HOME=home' });
  });

  test('that does not read the message may have taken it', async () => {
    const episodes = Array.from({ length: 5000 }, () => LANTERN);
    const notifier = commandNotifier({ command: 'exit 0', deadline: never });
    const long = messageOf('caught-up', { episodes });
    expect(await notifier.send(long, running)).toEqual({ outcome: 'delivered', detail: 'exit code 0' });
  });

  test.each(['signal', 'limit'])('is ended with all that it started: %s', async (by) => {
    const pipe = namedPipe();
    const command = `exec 3> '${pipe}'; cat > /dev/null; (trap '' TERM; sleep 1000) & echo started >&3; wait`;
    const ends = { signal: new AbortController(), limit: new AbortController() };
    const sent = commandNotifier({ command, deadline: () => ends.limit.signal }).send(message, ends.signal.signal);
    const settled = sent.then(
      () => undefined,
      () => undefined,
    );
    const reading = createReadStream(pipe);
    await once(reading, 'data');
    ends[by as 'signal' | 'limit'].abort();
    // Comes when the shell and what it started have all let go of the pipe.
    await once(reading.resume(), 'end');
    await settled;
  });

  test('that fails leaves nothing running', async () => {
    const pipe = namedPipe();
    const sent = send(`exec 3> '${pipe}'; sleep 1000 & exit 1`);
    const read = text(createReadStream(pipe));
    expect(await sent).toEqual({ outcome: 'failed', reason: 'exit code 1' });
    expect(await read).toBe('');
  });

  test.each([
    ['./notify.sh --token SECRET', 'command ./notify.sh'],
    ['  mail -s Alarm ann@example.org', 'command mail'],
    ['TOKEN=SECRET notify', 'command'],
    ['"$(cat SECRET)"', 'command'],
  ])('%j is called %j', (command, name) => {
    expect(commandNotifier({ command }).name).toBe(name);
  });
});
