import { defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { eventColumns, showEvents } from '../stack/rows.js';
import type { Holding, Remainder } from '../stack/stack.js';
import { answer, type Column, openAnswer } from '../terminal/answer.js';

const holdingColumns = (isWithData: boolean): readonly Column<Holding>[] => [
  {
    name: 'fate',
    title: '',
    value: ({ isKept }) => (isKept && !isWithData ? 'stays' : 'goes'),
    style: ({ isKept }) => (isKept && !isWithData ? 'green' : 'red'),
  },
  { name: 'name', title: 'what', value: ({ name }) => name },
  { name: 'holds', value: ({ holds }) => holds },
];

const remainderColumns: readonly Column<Remainder>[] = [
  { name: 'type', value: ({ type }) => type },
  { name: 'name', value: ({ name }) => name },
  { name: 'access', value: ({ access }) => access },
];

/** The command that reads the data is long, so a person gets it on a line of its own, uncut. */
const shownColumns = remainderColumns.slice(0, -1);

export const destroy = defineCommand({
  name: 'destroy',
  summary: 'take the pipeline out of your AWS account',
  target: 'aws',
  graceMs: 10_000,
  examples: [
    ['alakazam destroy', 'says what goes and what stays, and asks; order history and lake stay'],
    ['alakazam destroy --with-data', 'these too: nothing is left, and nothing is billed any more'],
  ],
  options: {
    withData: { flags: '--with-data', about: 'also delete the order history and the lake, all versions' },
    yes: { flags: '-y, --yes', about: 'do not ask' },
    output: outputOption,
  },
  async run({ pipeline, terminal, signal, config }, { withData, yes, output }) {
    const stack = await pipeline.stack();
    const where = await stack.where();
    const holdings = await stack.holdings();
    if (holdings.length === 0) {
      if (output === 'json') await answer(terminal, output, remainderColumns, []);
      terminal.say(`there is no ${where}, and nothing is left of one`);
      return undefined;
    }
    const events = openAnswer(terminal, output, eventColumns);
    const columns = holdingColumns(withData);
    if (events.isForPeople) await answer(terminal, output, columns, holdings);
    // The answer that a program asks for is what happens then, so it finds on stderr what a person confirms.
    else for (const holding of holdings) terminal.say(columns.map(({ value }) => value(holding)).join('  '));
    const name = config.get('stack') as string;
    if (!yes && (await terminal.ask(`Type ${name} to destroy ${where}:`)) !== name) {
      terminal.say('nothing was changed');
      return undefined;
    }
    await showEvents(terminal, events, 0, stack.destroy(withData, signal));
    if (signal.aborted) {
      terminal.say('stopped; AWS goes on with what it has begun, and alakazam destroy with the rest');
      return undefined;
    }
    const remains = await stack.remains();
    if (remains.length === 0) {
      if (output === 'json') await answer(terminal, output, remainderColumns, remains);
      terminal.say(`${where} is gone, and nothing is left of it`);
      return undefined;
    }
    terminal.say(`${where} is gone. What is left, and is billed for what it stores:`);
    await answer(terminal, output, remainderColumns, remains, { table: shownColumns });
    if (withData) return 'partial';
    for (const { access } of remains) if (access) terminal.say(`  ${access}`);
    terminal.say('  alakazam deploy                  takes these into a new stack');
    terminal.say('  alakazam destroy --with-data     deletes them too');
    return undefined;
  },
});
