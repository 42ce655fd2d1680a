/** Shows what the alarm has to say, as it says it, and the rate meanwhile. */

import type { Column, Format } from '../terminal/answer.js';
import { openAnswer } from '../terminal/answer.js';
import { whole } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';
import type { AlarmMessage, RateAlarm } from './alarm.js';
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
  const open = openAnswer(terminal, output, columns, { piped: 'ndjson', table: ({ 0: message }) => lineOf(message) });
  const progress = terminal.progress();
  const show = async () => {
    const { state, rate } = await alarm.status();
    progress.update(0, undefined, `${state}, ${whole(rate.lastSecond)} orders in the last second`);
  };
  await show();
  const timer = setInterval(() => void show().catch(() => undefined), SHOW_MS);
  try {
    for await (const message of alarm.watch(signal, LAST_WORDS_MS)) {
      await open.write([message]);
      const delivery = await also?.send(message, signal);
      if (delivery && delivery.outcome !== 'delivered') terminal.warn(`${also?.name}: ${delivery.reason}`);
    }
  } finally {
    clearInterval(timer);
    progress.stop();
  }
  await open.end();
}

function lineOf(message: AlarmMessage | undefined): string {
  return message ? `${message.text}\n` : '';
}
