import { defineCommand } from '../command.js';
import type { LakeStatus } from '../lake/lake.js';
import { outputOption } from '../options.js';
import { answer, type Column } from '../terminal/answer.js';
import { bytes, whole } from '../terminal/numbers.js';

const ACTIONS = ['status', 'compact', 'rebuild'] as const;

type Month = LakeStatus['months'][number];

const columns: readonly Column<Month>[] = [
  { name: 'month', value: ({ month }) => month },
  {
    name: 'arrivals',
    title: 'orders',
    isNumber: true,
    value: ({ arrivals }) => arrivals,
    show: ({ arrivals }) => whole(arrivals),
  },
  { name: 'files', isNumber: true, value: ({ files }) => files },
  { name: 'bytes', title: 'size', isNumber: true, value: ({ bytes }) => bytes, show: (month) => bytes(month.bytes) },
];

export const lake = defineCommand({
  name: 'lake',
  summary: 'look after the data lake: every order, as Parquet',
  examples: [
    ['alakazam lake status', 'what it holds, by month of the order date'],
    ['alakazam lake compact', 'join the files of each month to one'],
    ['alakazam lake rebuild', 'make it again from the stream'],
  ],
  argument: { name: 'action', about: 'what to do', choices: ACTIONS },
  options: { output: outputOption },
  async run(context, { output }, action) {
    const { pipeline, terminal, signal } = context;
    const lake = await pipeline.lake();
    const progress = terminal.progress();
    const options = { signal, onProgress: (done: number, total: number) => progress.update(done, total) };
    try {
      if (action === 'rebuild') await lake.rebuild(options);
      else await lake.update(options);
      if (action === 'compact') await lake.compact(options);
    } finally {
      progress.stop();
    }
    const status = await lake.status();
    await answer(terminal, output, columns, status.months, { json: status });
    terminal.say(summaryOf(status));
    return undefined;
  },
});

function summaryOf({ arrivals, replaced, bytes: size, place }: LakeStatus): string {
  const again = replaced > 0 ? `, ${whole(replaced)} of them replaced by a later arrival` : '';
  return `${whole(arrivals)} orders${again}; ${bytes(size)} in ${place}`;
}
