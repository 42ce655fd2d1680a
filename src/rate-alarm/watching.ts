/** Shows what the alarm has to say, as it says it, and the rate meanwhile. */
import { type Column, type Format, openAnswer } from '../terminal/answer.js';
import { wrapped } from '../terminal/cells.js';
import { counted } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';
import { printable } from '../terminal/text.js';
import type { AlarmMessage, RateAlarm } from './alarm.js';
import { whenStopped } from './deadline.js';
import type { Notifier } from './notifier.js';

const columns: readonly Column<AlarmMessage>[] = [
  { name: 'event', value: ({ event }) => event },
  { name: 'episode', value: ({ episode }) => episode?.id ?? null },
  { name: 'text', value: ({ text }) => text },
];

/** How often the rate is shown. */
const SHOW_MS = 1000;

export interface Watching {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly alarm: RateAlarm;
  readonly output: Format | undefined;
  /** Gets every message besides. */
  readonly also: Notifier | undefined;
}

/** Whoever says stop does not want to wait. */
const LAST_WORDS_MS = 300;

/** Until the signal says stop. */
export async function watchAlarm({ terminal, signal, alarm, output, also }: Watching): Promise<void> {
  const table = ([message]: readonly AlarmMessage[]) => (message ? drawMessage(message, terminal) : '');
  const open = openAnswer(terminal, output, columns, { piped: 'ndjson', table });
  const progress = terminal.progress();
  const show = async () => {
    const { state, rate } = await alarm.status();
    progress.update(undefined, undefined, `${state}, ${counted(rate.lastSecond, 'order')} in the last second`);
  };
  await show();
  const timer = setInterval(() => void show().catch(() => undefined), SHOW_MS);
  const queue = also && queueOf(also, terminal, signal);
  try {
    for await (const message of alarm.watch(signal, LAST_WORDS_MS)) {
      await open.write([message]);
      queue?.add(message);
      await show();
    }
    await queue?.end();
  } finally {
    clearInterval(timer);
    progress.stop();
  }
  await open.end();
}

/** Hands messages over one after the other, while the alarm goes on: a destination that is slow delays nothing else. */
function queueOf(notifier: Notifier, terminal: Terminal, signal: AbortSignal) {
  const giveUp = new AbortController();
  const release = whenStopped([signal], () => void setTimeout(() => giveUp.abort(), LAST_WORDS_MS).unref());
  let last: Promise<void> = Promise.resolve();
  async function send(message: AlarmMessage): Promise<void> {
    const sent = await notifier.send(message, giveUp.signal);
    if (sent.outcome !== 'delivered') terminal.warn(`${notifier.name}: ${sent.reason}`);
  }
  return {
    add(message: AlarmMessage): void {
      // It fails for nothing else than the signal.
      last = last.then(() => send(message)).catch(() => undefined);
    },
    end: () => last.finally(release),
  };
}

/** In lines that fit, with the command as it has to be typed here. */
function drawMessage({ text }: AlarmMessage, { columns, typed }: Terminal): string {
  const [first = '', ...more] = wrapped(printable(typed(text)), columns - 2);
  return [first, ...more.map((line) => `  ${line}`)].map((line) => `${line}\n`).join('');
}
