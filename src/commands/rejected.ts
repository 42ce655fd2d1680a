import { answer, type Column } from '../answer.js';
import { defineCommand } from '../command.js';
import type { RejectedLine } from '../order-history/stream.js';
import { outputOption, wholeNumber } from '../parse.js';

const columns: readonly Column<RejectedLine>[] = [
  { name: 'source', value: ({ source }) => source, show: ({ source }) => source.split('/').at(-1) as string },
  { name: 'line', isNumber: true, value: ({ line }) => line },
  { name: 'reason', value: ({ reason }) => reason },
  {
    name: 'text',
    title: 'what it said',
    value: ({ text }) => text,
  },
];

export const rejected = defineCommand({
  name: 'rejected',
  summary: 'show the lines that were not orders, and why',
  examples: [
    ['alakazam rejected', 'line numbers and reasons'],
    ['alakazam rejected -o csv > rejected.csv', 'to mend them and stream them again'],
  ],
  options: {
    limit: { flags: '--limit <n>', about: 'at most this many', parse: wholeNumber(1), fallback: 1000 },
    output: outputOption,
  },
  async run({ pipeline, terminal }, { limit, output }) {
    const lines: RejectedLine[] = [];
    let count = 0;
    for await (const line of (await pipeline.stream()).rejected()) if (count++ < limit) lines.push(line);
    await answer(terminal, output, columns, lines);
    if (count === 0) terminal.say('nothing was rejected');
    if (count > limit) terminal.say(`${count - limit} more; --limit ${count} shows them all`);
    return undefined;
  },
});
