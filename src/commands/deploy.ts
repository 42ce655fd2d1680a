import { defineCommand } from '../command.js';
import { flinkConnectorOption, outputOption, paramOption, partOptions } from '../options.js';
import { partParameters } from '../stack/optional-parts.js';
import { costLines, eventColumns, showEvents, shownChangeColumns } from '../stack/rows.js';
import { answer, openAnswer } from '../terminal/answer.js';
import { duration } from '../terminal/numbers.js';

export const deploy = defineCommand({
  name: 'deploy',
  summary: 'put the pipeline into your AWS account, or bring it up to date',
  target: 'aws',
  // After a signal, the plan deletes its change set, its empty stack and its uploads.
  graceMs: 30_000,
  examples: [
    ['alakazam deploy', 'shows what will change and what it costs, then asks'],
    ['alakazam deploy --param AlarmEmail=me@example.com', 'a parameter keeps its value until it is given another'],
    ['alakazam deploy --yes -o ndjson', 'for a program: an event a line'],
    ['alakazam deploy --print-template > template.yaml', 'to deploy it by other means'],
  ],
  options: {
    param: paramOption,
    ...partOptions,
    yes: { flags: '-y, --yes', about: 'do not ask' },
    wait: { flags: '--no-wait', about: 'return as soon as AWS has begun' },
    printTemplate: { flags: '--print-template', about: 'print the template and do nothing' },
    flinkConnector: flinkConnectorOption,
    output: outputOption,
  },
  async run(
    { pipeline, terminal, signal, clock },
    { param, yes, wait, printTemplate, flinkConnector, output, ...parts },
  ) {
    const stack = await pipeline.stack();
    if (printTemplate) {
      await terminal.write(stack.template);
      return undefined;
    }
    const wanted = partParameters(stack.optionalParts, parts.with, parts.without);
    const events = openAnswer(terminal, output, eventColumns);
    await showEvents(terminal, events, 0, stack.settle(signal));
    if (signal.aborted) return undefined;
    const plan = await stack.plan(new Map([...param, ...wanted]), signal, { flinkConnector });
    try {
      if (plan.changes.length === 0) {
        terminal.say(`${await stack.where()} is up to date`);
      } else {
        if (events.isForPeople) await answer(terminal, output, shownChangeColumns(plan.changes), plan.changes);
        for (const line of costLines(plan.cost)) terminal.say(line);
        if (!yes && !(await terminal.confirm(`${plan.isNew ? 'Make' : 'Change'} ${await stack.where()}?`))) {
          terminal.say('nothing was changed');
          return undefined;
        }
        const startMs = clock();
        await showEvents(terminal, events, plan.changes.length, plan.execute(signal, wait));
        if (signal.aborted || !wait) {
          terminal.say('it goes on in AWS; alakazam deploy follows it to its end');
          return undefined;
        }
        terminal.say(`${await stack.where()} is deployed, in ${duration((clock() - startMs) / 1000)}`);
      }
    } finally {
      await plan.discard();
    }
    await showEvents(terminal, events, 0, stack.start(signal));
    if (signal.aborted) return undefined;
    if (output === 'json') {
      const outputs = Object.fromEntries((await stack.outputs()).map(({ name, value }) => [name, value]));
      await answer(terminal, output, [], [], { json: { changes: plan.changes, cost: plan.cost, outputs } });
    }
    terminal.say('  alakazam generate --count 5000 --target aws     streams orders to it');
    terminal.say('  alakazam status                                 shows how it does');
    return undefined;
  },
});
