import { defineCommand } from '../command.js';

export const reset = defineCommand({
  name: 'reset',
  summary: 'empty the pipeline',
  examples: [
    ['alakazam reset', 'asks first'],
    ['alakazam reset --yes', 'does not ask'],
    ['alakazam reset --yes --erase', 'leaves no order in the files either'],
  ],
  options: {
    yes: { flags: '-y, --yes', about: 'do not ask' },
    erase: { flags: '--erase', about: 'also overwrite what the files still hold of it' },
  },
  async run({ pipeline, terminal }, { yes, erase }) {
    const { stages, place } = pipeline;
    const held = await Promise.all(stages.flatMap((stage) => stage.contents?.() ?? []));
    const contents = `${held.filter((each) => each !== undefined).join(', ')} in ${place}`;
    if (!yes && !(await terminal.confirm(`Empty the pipeline? It holds ${contents}.`))) {
      terminal.say('nothing was changed');
      return undefined;
    }
    for (const stage of stages) await stage.clear?.();
    // Once all is emptied: what one stage still reads of another would not be overwritten.
    if (erase) for (const stage of stages) await stage.erase?.();
    terminal.say(`emptied; it held ${contents}`);
    if (!erase)
      terminal.say(
        '  alakazam reset --erase     overwrites it too: until new orders take its place, the files still have it',
      );
    return undefined;
  },
});
