/**
 * Hands messages of the alarm to a command of the user: as JSON, one line on standard input. Exit code 0 means that it took the
 * message. What it writes to standard output is dropped; the last line on standard error says why it failed.
 */
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { reasonOf } from '../errors.js';
import { variableOf } from '../settings.js';
import { printable } from '../terminal/text.js';
import type { AlarmMessage } from './alarm.js';
import { type Deadline, whenStopped } from './deadline.js';
import type { Notifier, SendOutcome } from './notifier.js';

const RUN_MS_MAX = 30_000;
/** Of standard error, its end. */
const SAID_CHARACTERS_MAX = 200;

type Child = ChildProcessByStdio<Writable, null, Readable>;

export interface CommandOptions {
  /** For `/bin/sh`. */
  readonly command: string;
  readonly deadline?: Deadline;
}

/** A command that runs for 30 seconds, or when the signal says stop, is ended with all processes of its group. */
export function commandNotifier({ command, deadline = AbortSignal.timeout }: CommandOptions): Notifier {
  return {
    name: nameOfCommand(command),
    via: 'command',
    async send(message, signal) {
      signal.throwIfAborted();
      const limit = deadline(RUN_MS_MAX);
      try {
        const delivery = await run(command, message, [signal, limit]);
        if (delivery.outcome === 'delivered') return delivery;
        signal.throwIfAborted();
        return limit.aborted ? { outcome: 'failed', reason: `was ended after ${RUN_MS_MAX / 1000} s` } : delivery;
      } catch (error) {
        signal.throwIfAborted();
        return { outcome: 'failed', reason: `cannot be started: ${printable(reasonOf(error))}` };
      }
    },
  };
}

async function run(command: string, message: AlarmMessage, signals: readonly AbortSignal[]): Promise<SendOutcome> {
  // The secret is of the webhook.
  const { [variableOf('alarm.secret')]: _, ...env } = process.env;
  // Loaded only where a message is sent: a command that looks at the alarm does without.
  const { spawn } = await import('node:child_process');
  // A process group of its own, so that all that it starts can be ended.
  const child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'ignore', 'pipe'], env });
  const exited = once(child, 'exit');
  // Without a process there may be no pipes either.
  if (child.pid === undefined) await exited;
  const release = whenStopped(signals, () => {
    endGroup(child);
    // A process that left the group may still hold it open.
    child.stderr.destroy();
  });
  try {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_CHARACTERS_MAX);
    });
    // A command that does not read the message may have taken it all the same.
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(message)}\n`);
    const closed = once(child.stderr, 'close').catch(() => undefined);
    const [code, killedBy] = await exited;
    if (code === 0) return { outcome: 'delivered', detail: 'exit code 0' };
    // What it left running would hold standard error open.
    endGroup(child);
    await closed;
    const ended = killedBy ? `was ended by ${killedBy}` : `exit code ${code}`;
    const why = printable(said.trimEnd().split('\n').at(-1) ?? '').trim();
    return { outcome: 'failed', reason: why ? `${ended}: ${why}` : ended };
  } finally {
    release();
    child.stdin.destroy();
    child.stderr.destroy();
  }
}

function endGroup({ pid }: Child): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The program alone: an argument, or a variable before it, may be a secret. */
function nameOfCommand(command: string): string {
  const [program = ''] = command.trim().split(/\s+/, 1);
  return /^[\w./~-]+$/.test(program) ? `command ${program}` : 'command';
}
