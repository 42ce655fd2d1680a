import { resolve } from 'node:path';
import { defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import type { LakeStatus } from '../lake/lake.js';
import { outputOption, path } from '../options.js';
import { answer, type Column } from '../terminal/answer.js';
import { bytes, counted, whole } from '../terminal/numbers.js';

const ACTIONS = ['status', 'compact', 'rebuild', 'export', 'backfill'] as const;

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
  // Until DuckDB has stopped, and what it had begun to write is removed.
  graceMs: 5000,
  summary: 'look after the data lake: every order, as Parquet',
  examples: [
    ['alakazam lake status', 'what it holds, by month of the order date'],
    ['alakazam lake compact', 'join the files of each month to one'],
    ['alakazam lake rebuild', 'make it again from the stream'],
    ['alakazam lake backfill --target aws', 'bring in what the stream has and the lake lacks'],
    ['alakazam lake export --to orders.parquet', 'copy all orders; also to a .csv file or a directory'],
  ],
  argument: { name: 'action', about: 'what to do', choices: ACTIONS },
  options: {
    to: { flags: '--to <path>', about: 'where export copies the orders', parse: path },
    output: outputOption,
  },
  async run(context, { to, output }, action) {
    if ((action === 'export') !== (to !== undefined)) {
      throw new AlakazamError('usage', to === undefined ? 'export where?' : `--to is for export, not for ${action}`, {
        hint: 'alakazam lake export --to orders.parquet',
      });
    }
    const { pipeline, terminal, signal } = context;
    const lake = await pipeline.lake();
    const progress = terminal.progress();
    const options = { signal, onProgress: (done: number, total: number) => progress.update(done, total) };
    try {
      if (action === 'rebuild') await lake.rebuild(options);
      else await lake.update(options);
      if (action === 'compact') await lake.compact(options);
      if (action === 'backfill') {
        const onProgress = (read: number) => progress.update(read, undefined);
        const count = await lake.backfill({ signal, onProgress });
        terminal.say(
          `${counted(count, 'order')} brought in${signal.aborted ? '; the same command goes on from there' : ''}`,
        );
      }
      // A part of the lake would look like all of it.
      if (signal.aborted) return undefined;
      if (to !== undefined) {
        const count = await lake.export(resolve(context.directory, to), options);
        const isCutOff = signal.aborted && count === 0;
        terminal.say(isCutOff ? 'interrupted; nothing was exported' : `${counted(count, 'order')} exported to ${to}`);
        return undefined;
      }
    } finally {
      progress.stop();
    }
    const { notes = [], ...status } = await lake.status(signal);
    if (signal.aborted) return undefined;
    await answer(terminal, output, columns, status.months, { json: status });
    terminal.say(summaryOf(status));
    for (const note of notes) terminal.say(note);
    return undefined;
  },
});

function summaryOf({ arrivals, replaced, bytes: size, place }: LakeStatus): string {
  const again = replaced > 0 ? `, ${whole(replaced)} of them replaced by a later arrival` : '';
  return `${counted(arrivals, 'order')}${again}; ${bytes(size)} in ${place}`;
}
