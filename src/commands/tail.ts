import { type Context, defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { moment, momentMs, outputOption, type PointInTime, wholeNumber } from '../options.js';
import { orderColumns, ordersOf, orderTable } from '../orders/rows.js';
import type { StreamBlock, StreamStart } from '../stream/stream.js';
import { type Format, openAnswer } from '../terminal/answer.js';

export const tail = defineCommand({
  name: 'tail',
  summary: 'watch orders arrive in the order history',
  examples: [
    ['alakazam tail orders', 'the last ten, then whatever comes'],
    ['alakazam tail orders --since 10m', 'what arrived in the last ten minutes, then whatever comes'],
    ['alakazam tail orders --customer 17850 -n 5', 'one customer'],
    ['alakazam tail orders --since start --no-follow -o csv', 'everything, as a file'],
  ],
  argument: { name: 'what', about: 'orders', choices: ['orders'] },
  options: {
    lines: {
      flags: '-n, --lines <n>',
      about: 'how many of the last orders to begin with (default: 10)',
      parse: wholeNumber(0),
    },
    since: {
      flags: '--since <when>',
      about: 'begin with what arrived since: 10m, 2011-11-09T08:00, or start',
      parse: moment,
    },
    customer: { flags: '--customer <id>', about: 'orders of this customer alone', parse: wholeNumber(0) },
    guests: { flags: '--guests', about: 'follow the stream instead, which has the orders of guests too' },
    follow: { flags: '--no-follow', about: 'end at the last order there is' },
    output: outputOption,
  },
  async run(context, { lines, since, customer, guests, follow, output }) {
    const { pipeline, signal, clock } = context;
    if (guests && customer !== undefined) {
      throw new AlakazamError(
        'usage',
        `--guests and --customer ${customer} exclude each other: a guest has no customer id`,
      );
    }
    if (lines !== undefined && since !== undefined) {
      throw new AlakazamError('usage', `--lines ${lines} and --since exclude each other`);
    }
    if (output === 'json' && follow) {
      throw new AlakazamError('usage', '-o json is one value, and a tail has no end', {
        hint: 'use -o ndjson, or add --no-follow',
      });
    }
    const from = since === undefined ? { last: lines ?? 10 } : startOf(since, clock());
    const options = { from, customer, signal: follow ? signal : undefined };
    const blocks = guests ? (await pipeline.stream()).read(options) : (await pipeline.history()).tail(options);
    const count = await show(context, blocks, output);
    if (count === 0 && !signal.aborted) {
      const { size } = await pipeline.stream();
      context.terminal.say(
        size !== undefined && size() > 0
          ? 'none of the orders there are is one of these; alakazam tail orders --no-follow shows the last ten'
          : 'no orders yet; alakazam generate --count 100 makes some',
      );
    }
    return undefined;
  },
});

function startOf(since: PointInTime, nowMs: number): StreamStart {
  return since === 'start' ? 'first' : { sinceMs: momentMs(since, nowMs) };
}

async function show(
  { terminal, signal }: Context,
  blocks: AsyncIterable<StreamBlock>,
  output: Format | undefined,
): Promise<number> {
  const answer = openAnswer(terminal, output, orderColumns, { table: orderTable(terminal.columns), piped: 'ndjson' });
  let count = 0;
  for await (const { orders } of blocks) {
    await answer.write(ordersOf(orders));
    count += orders.count;
    if (signal.aborted) break;
  }
  await answer.end();
  return count;
}
