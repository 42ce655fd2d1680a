import { defineCommand } from '../command.js';

export const reset = defineCommand({
  name: 'reset',
  summary: 'empty the pipeline',
  examples: [
    ['alakazam reset', 'asks first'],
    ['alakazam reset --yes', 'does not ask'],
  ],
  options: { yes: { flags: '-y, --yes', about: 'do not ask' } },
  async run({ pipeline, terminal }, { yes }) {
    const { stages, place } = pipeline;
    const held = await Promise.all(stages.flatMap((stage) => stage.contents?.() ?? []));
    const contents = `${held.filter((each) => each !== undefined).join(', ')} in ${place}`;
    if (!yes && !(await terminal.confirm(`Empty the pipeline? It holds ${contents}.`))) {
      terminal.say('nothing was changed');
      return undefined;
    }
    for (const stage of stages) await stage.clear?.();
    terminal.say(`emptied; it held ${contents}`);
    return undefined;
  },
});
