import { defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { type Reconciliation, reconcile } from '../reconciliation/reconcile.js';
import { answer, type Column } from '../terminal/answer.js';
import { pounds, whole } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';

const columns: readonly Column<Reconciliation>[] = [
  { name: 'pass', value: ({ pass }) => String(pass) },
  { name: 'streamed', value: ({ streamed }) => streamed },
  { name: 'rejected', value: ({ rejected }) => rejected },
  { name: 'guests', value: ({ guests }) => guests },
  { name: 'history', value: ({ history }) => history },
  { name: 'repeated', value: ({ repeated }) => repeated },
  { name: 'streamRevenue', value: ({ revenue }) => revenue.stream },
  { name: 'historyRevenue', value: ({ revenue }) => revenue.history },
];

export const verify = defineCommand({
  name: 'verify',
  summary: 'prove that no order was lost or doubled',
  examples: [
    ['alakazam verify', 'PASS, or exactly what is missing'],
    ['alakazam verify -o json', 'for a program; exits with 3 if there is a difference'],
  ],
  options: { output: outputOption },
  async run({ pipeline, terminal, signal }, { output }) {
    const stream = await pipeline.stream();
    let throughMs = 0;
    for await (const { arrivalMs } of stream.read({ from: { last: 1 } })) throughMs = arrivalMs;
    const history = await pipeline.history();
    await history.update(signal);
    const progress = terminal.progress();
    const sinceMs = await stream.heldSinceMs();
    const since = sinceMs > 0 ? new Date(sinceMs).toISOString() : undefined;
    const result = await reconcile(stream, history, {
      signal,
      throughMs,
      sinceMs,
      onProgress: (read) => progress.update(read, undefined),
    }).finally(() => progress.stop());
    if (output === 'table' || (output === undefined && terminal.isInteractive))
      await terminal.write(drawn(terminal, result));
    else await answer(terminal, output, columns, [result], since ? { since, ...result } : result);
    if (since) terminal.say(`the stream has forgotten what arrived before ${since}: that was not compared`);
    if (output !== 'json') for (const difference of result.differences) terminal.say(difference);
    return result.pass ? undefined : 'difference';
  },
});

function drawn(
  terminal: Terminal,
  { pass, streamed, rejected, guests, history, repeated, revenue }: Reconciliation,
): string {
  const width = Math.max(whole(streamed).length, 9);
  const row = (sign: string, count: number, what: string, note = '') =>
    `${sign} ${whole(count).padStart(width)}  ${what.padEnd(34)}${note}`.trimEnd();
  const verdict = pass ? terminal.style('green', 'PASS') : terminal.style('red', 'FAIL');
  return `${[
    row(' ', streamed, 'orders in the stream', pounds(revenue.stream)),
    row('=', history, 'in the order history', pounds(revenue.history)),
    row('+', guests, 'of guests, who have no history'),
    row('+', repeated, 'that came more than once'),
    row(' ', rejected, 'lines that were not orders, kept as rejected'),
    verdict,
  ].join('\n')}\n`;
}
