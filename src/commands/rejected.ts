import { defineCommand } from '../command.js';
import { outputOption, wholeNumber } from '../options.js';
import type { RejectedInput, Stage } from '../stage.js';
import { type Column, openAnswer } from '../terminal/answer.js';
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
    const open = openAnswer(terminal, output, columns);
    const queues: string[] = [];
    let shown = 0;
    let more = 0;
    for (const stage of pipeline.stages) {
      let of = 0;
      for await (const page of pagesOf(stage, limit - shown, signal)) {
        await open.write(page.rows);
        of += page.rows.length;
        // A count of messages would have to receive each of them from the queue.
        if (page.isCut && !stage.rejectedCount) queues.push(stage.name);
      }
      shown += of;
      if (shown === limit && !signal.aborted) more += ((await stage.rejectedCount?.()) ?? of) - of;
    }
    await open.end();
    if (shown === 0 && !signal.aborted) terminal.say('nothing was rejected');
    if (more > 0) terminal.say(`${whole(more)} more; --limit ${limit + more} shows them all`);
    if (queues.length > 0) terminal.say('more are on the rejected queue; alakazam status says how many');
    return undefined;
  },
});

const PAGE_ROWS = 1000;

/** Up to `limit` of what a stage has rejected, some at a time: there may be a million. */
async function* pagesOf({ rejected }: Stage, limit: number, signal: AbortSignal) {
  let rows: RejectedInput[] = [];
  let left = limit;
  let isCut = false;
  for await (const each of rejected?.() ?? []) {
    if (signal.aborted) break;
    isCut = left-- === 0;
    if (isCut) break;
    rows.push(each);
    if (rows.length < PAGE_ROWS) continue;
    yield { rows, isCut };
    rows = [];
  }
  yield { rows, isCut };
}
