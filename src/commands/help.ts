import { defineCommand } from '../command.js';
import { EXIT_CODES } from '../errors.js';
import { outputOption } from '../options.js';
import { answer } from '../terminal/answer.js';

export const help = defineCommand({
  name: 'help',
  summary: 'explain exit codes',
  examples: [['alakazam help exit-codes', 'what each means']],
  explains: true,
  argument: { name: 'topic', about: 'exit-codes', choices: ['exit-codes'] },
  options: { output: outputOption },
  async run({ terminal }, { output }) {
    const columns = [
      { name: 'code', isNumber: true, value: ({ code }: { code: number }) => code },
      { name: 'meaning', value: ({ meaning }: { meaning: string }) => meaning },
    ];
    await answer(terminal, output, columns, Object.values(EXIT_CODES));
    return undefined;
  },
});
