import { defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { KEYS, type Key, SETTINGS, shownValue } from '../settings.js';
import { answer, type Column } from '../terminal/answer.js';

interface Row {
  readonly key: Key;
  readonly value: string | null;
  readonly origin: string;
  readonly about: string;
}

const columns: readonly Column<Row>[] = [
  { name: 'key', value: ({ key }) => key },
  { name: 'value', value: ({ value }) => value },
  { name: 'origin', title: 'from', value: ({ origin }) => origin },
];

export const config = defineCommand({
  name: 'config',
  summary: 'show each setting and where it comes from',
  examples: [
    ['alakazam config', 'flags, ALAKAZAM_*, .alakazamrc of the project, of the user, defaults'],
    ['ALAKAZAM_HOME=/tmp/try alakazam config', 'try another home'],
  ],
  options: { output: outputOption },
  async run({ terminal, config: settings }, { output }) {
    const rows = KEYS.map((key) => {
      const value = settings.get(key);
      return {
        key,
        value: value === undefined ? null : shownValue(key, value),
        origin: settings.origin(key),
        about: SETTINGS[key].about,
      };
    });
    await answer(terminal, output, columns, rows);
    return undefined;
  },
});
