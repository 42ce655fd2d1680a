import { defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { answer, type Column } from '../terminal/answer.js';
import type { Check } from '../terminal/check.js';
import { checkRows } from '../terminal/check-rows.js';

const columns: readonly Column<Check>[] = [
  { name: 'check', value: ({ name }) => name },
  {
    name: 'isGood',
    title: '',
    value: ({ isGood }) => (isGood === null ? null : String(isGood)),
  },
  { name: 'finding', value: ({ finding }) => finding },
  { name: 'hint', value: ({ hint }) => hint ?? null },
];

/** The oldest Node that works: CRC-32 in zlib came with 20.15. */
const NODE_OLDEST = [20, 15] as const;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'check that everything needed is there',
  examples: [
    ['alakazam doctor', 'Node, disk, store, write speed'],
    ['alakazam doctor --target aws', 'credentials, permissions, quotas, stack'],
  ],
  options: { output: outputOption },
  async run({ pipeline, terminal, nodeVersion }, { output }) {
    const checks = [nodeCheck(nodeVersion), ...(await listOf(pipeline.checks()))];
    if (!checks.some(({ isRequired, isGood }) => isRequired && !isGood)) {
      // The stages run their checks at the same time; the checks are listed in the order of the stages.
      const found = await Promise.all(pipeline.stages.map((stage) => listOf(stage.checks?.())));
      checks.push(...found.flat());
    }
    await answer(terminal, output, columns, checks, { table: (found) => checkRows(terminal, found) });
    return checks.some(({ isGood }) => isGood === false) ? 'failed' : undefined;
  },
});

async function listOf(checks: AsyncIterable<Check> | undefined): Promise<Check[]> {
  const list: Check[] = [];
  for await (const check of checks ?? []) list.push(check);
  return list;
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  const isGood = major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1]);
  const check = { name: 'node', isGood, finding: version };
  return isGood ? check : { ...check, hint: `Node ${NODE_OLDEST.join('.')} or later is needed` };
}
