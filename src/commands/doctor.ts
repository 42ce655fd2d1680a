import { answer, type Column } from '../answer.js';
import { defineCommand } from '../command.js';
import { outputOption } from '../parse.js';
import type { Check } from '../pipeline.js';

const columns: readonly Column<Check>[] = [
  { name: 'check', value: ({ name }) => name },
  {
    name: 'isGood',
    title: '',
    value: ({ isGood }) => String(isGood),
    show: ({ isGood }) => (isGood ? 'ok' : 'FAILED'),
  },
  { name: 'finding', value: ({ finding }) => finding },
  { name: 'hint', value: ({ hint }) => hint ?? null },
];

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'check that everything needed is there',
  examples: [['alakazam doctor', 'Node, disk, store, write speed']],
  options: { output: outputOption },
  async run({ pipeline, terminal }, { output }) {
    const checks: Check[] = [];
    for await (const check of pipeline.checks()) checks.push(check);
    await answer(terminal, output, columns, checks);
    return checks.every(({ isGood }) => isGood) ? undefined : 'failed';
  },
});
