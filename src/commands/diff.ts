import { defineCommand } from '../command.js';
import { flinkConnectorOption, outputOption, paramOption, partOptions } from '../options.js';
import { partParameters } from '../stack/optional-parts.js';
import { changeColumns, costLines, shownChangeColumns } from '../stack/rows.js';
import { answer } from '../terminal/answer.js';

export const diff = defineCommand({
  name: 'diff',
  summary: 'show what deploy would change',
  target: 'aws',
  // After a signal, the plan deletes its change set, its empty stack and its uploads.
  graceMs: 30_000,
  examples: [
    ['alakazam diff', 'exits with 3 if there is a difference'],
    ['alakazam diff -p StreamMode=PROVISIONED -p StreamShards=4', 'what parameters would change, and cost'],
  ],
  options: {
    param: paramOption,
    ...partOptions,
    flinkConnector: flinkConnectorOption,
    output: outputOption,
  },
  async run({ pipeline, terminal, signal }, { param, flinkConnector, output, ...parts }) {
    const stack = await pipeline.stack();
    const wanted = partParameters(stack.optionalParts, parts.with, parts.without);
    const plan = await stack.plan(new Map([...param, ...wanted]), signal, { flinkConnector });
    await plan.discard();
    const { changes, cost } = plan;
    await answer(terminal, output, changeColumns, changes, {
      json: { changes, cost },
      table: shownChangeColumns(changes),
    });
    if (changes.length === 0) terminal.say(`${await stack.where()} is up to date`);
    for (const text of costLines(cost)) terminal.say(text);
    return changes.length > 0 ? 'difference' : undefined;
  },
});
