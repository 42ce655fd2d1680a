import { defineCommand } from '../command.js';
import { outputOption, wholeNumber } from '../options.js';
import type { RejectedInput, Stage } from '../stage.js';
import { answer, type Column } from '../terminal/answer.js';
import { whole } from '../terminal/numbers.js';

const columns: readonly Column<RejectedInput>[] = [
  {
    name: 'source',
    value: ({ source }) => source,
    // A person sees the name of a file without its path, and the shard of a record without its sequence number.
    show: ({ source, line }) => (line === null ? source.split(':')[0] : source.split('/').at(-1)) as string,
  },
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
    ['alakazam rejected -o csv > rejected.csv', 'to find them in their file and correct them'],
    ['alakazam rejected --target aws', 'also what waits on the rejected queue'],
  ],
  // SQS hides a received message from other readers. Some calls at the end make the messages visible again.
  graceMs: 5000,
  options: {
    limit: { flags: '--limit <n>', about: 'at most this many', parse: wholeNumber(1), fallback: 1000 },
    output: outputOption,
  },
  async run({ pipeline, terminal, signal }, { limit, output }) {
    const found: RejectedInput[] = [];
    let more = 0;
    let isMoreOnQueue = false;
    for await (const rejected of rejectedBy(pipeline.stages)) {
      if (signal.aborted) break;
      if (found.length < limit) found.push(rejected);
      else if (rejected.line !== null) more++;
      else {
        // A count of the other messages would have to receive each of them from the queue.
        isMoreOnQueue = true;
        break;
      }
    }
    await answer(terminal, output, columns, found);
    if (found.length === 0 && !signal.aborted) terminal.say('nothing was rejected');
    if (more > 0) terminal.say(`${whole(more)} more; --limit ${limit + more} shows them all`);
    if (isMoreOnQueue) terminal.say('more are on the rejected queue; alakazam status says how many');
    return undefined;
  },
});

async function* rejectedBy(stages: readonly Stage[]): AsyncGenerator<RejectedInput> {
  for (const { rejected } of stages) if (rejected) yield* rejected();
}
