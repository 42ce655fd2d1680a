import { type Context, defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { costColumns, costLines } from '../stack/rows.js';
import type { Part } from '../stack/stack.js';
import { answer, type Column } from '../terminal/answer.js';
import { counted } from '../terminal/numbers.js';

const columns: readonly Column<Part>[] = [
  { name: 'name', title: 'part', value: ({ name }) => name },
  {
    name: 'isHealthy',
    title: '',
    value: ({ isHealthy }) => String(isHealthy),
    show: ({ isHealthy }) => (isHealthy ? 'ok' : 'LOOK'),
    style: ({ isHealthy }) => (isHealthy ? 'green' : 'red'),
  },
  { name: 'health', value: ({ health }) => health },
  { name: 'throughput', title: 'in the last hour', value: ({ throughput }) => throughput },
  { name: 'lag', title: 'behind', value: ({ lag }) => lag },
  { name: 'waiting', value: ({ waiting }) => waiting },
];

export const status = defineCommand({
  name: 'status',
  summary: 'show how each part of the stack does, and what it costs',
  target: 'aws',
  // After a signal, a replay says how many records it has sent.
  graceMs: 10_000,
  examples: [
    ['alakazam status', 'health, throughput, what is behind, what waits'],
    ['alakazam status --costs', 'what each part costs'],
    ['alakazam status --replay', 'process failed and rejected records again'],
  ],
  options: {
    replay: { flags: '--replay', about: 'send failed and rejected records through process-orders again' },
    costs: { flags: '--costs', about: 'what each part costs' },
    output: outputOption,
  },
  async run(context, { replay, costs, output }) {
    const { pipeline, terminal } = context;
    if (replay) return sendAgain(context);
    const stack = await pipeline.stack();
    const [parts, cost] = await Promise.all([stack.parts(), stack.cost()]);
    if (costs) await answer(terminal, output, costColumns, cost.items, { json: cost });
    else await answer(terminal, output, columns, parts, { json: { parts, cost } });
    for (const text of costLines(cost)) terminal.say(text);
    if (!costs && parts.some(({ waiting }) => waiting !== '')) {
      terminal.say('  alakazam rejected --target aws     shows what was rejected, and why');
      terminal.say('  alakazam status --replay           sends what waits through again');
    }
    return costs || parts.every(({ isHealthy }) => isHealthy) ? undefined : 'failed';
  },
});

async function sendAgain({ pipeline, terminal, signal }: Context) {
  const progress = terminal.progress('record');
  let records = 0;
  let failed = 0;
  const problems: string[] = [];
  try {
    for (const { replay } of pipeline.stages) {
      if (!replay) continue;
      for await (const replayed of replay(signal)) {
        records += replayed.records;
        failed += replayed.failed;
        if (replayed.problem) problems.push(replayed.problem);
        progress.update(records, undefined, replayed.from);
      }
    }
  } finally {
    progress.stop();
  }
  for (const problem of problems) terminal.warn(problem);
  terminal.say(`${counted(records - failed, 'record')} went through, ${counted(failed, 'record')} stay where they are`);
  return failed > 0 ? ('partial' as const) : undefined;
}
