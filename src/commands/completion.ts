import { COMMON_OPTIONS, type Command, defineCommand, type Options } from '../command.js';
// A circular import, since the table of commands has this command too. The table is complete when a command runs.
import { COMMANDS } from './index.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface Word {
  readonly name: string;
  readonly summary: string;
  readonly argument: readonly string[];
  readonly flags: readonly {
    readonly names: readonly string[];
    readonly about: string;
    readonly choices: readonly string[];
  }[];
}

export const completion = defineCommand({
  name: 'completion',
  summary: 'print the completion script of a shell',
  examples: [
    ['source <(alakazam completion bash)', 'bash; put it in ~/.bashrc'],
    ['source <(alakazam completion zsh)', 'zsh; put it in ~/.zshrc, after compinit'],
    ['alakazam completion fish | source', 'fish; put it in ~/.config/fish/config.fish'],
  ],
  argument: { name: 'shell', about: SHELLS.join(', '), choices: SHELLS },
  options: {},
  async run({ terminal }, _options, shell) {
    const words = COMMANDS.map(wordOf);
    await terminal.write({ bash, zsh, fish }[shell as (typeof SHELLS)[number]](words));
    return undefined;
  },
});

function wordOf({ name, summary, argument, options }: Command<Options>): Word {
  const flags = [...Object.values(options), ...COMMON_OPTIONS].map(({ flags: typed, about, choices = [] }) => ({
    names: typed.split(/[ ,]+/).filter((part) => part.startsWith('-')),
    about: about.replaceAll("'", ''),
    choices,
  }));
  return { name, summary: summary.replaceAll("'", ''), argument: argument?.choices ?? [], flags };
}

function cases(words: readonly Word[]): string {
  return words
    .map(({ name, argument, flags }) => {
      const values = flags
        .filter(({ choices }) => choices.length > 0)
        .map(({ names, choices }) => `      ${names.join('|')}) words="${choices.join(' ')}" ;;`);
      const all = [...argument, ...flags.flatMap(({ names }) => names), '--help'].join(' ');
      return `    ${name})\n      case "$previous" in\n${values.join('\n')}\n      *) words="${all}" ;;\n      esac ;;`;
    })
    .join('\n');
}

function bash(words: readonly Word[]): string {
  return `_alakazam() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${words.map(({ name }) => name).join(' ')} --help --version"
  elif [ "$previous" = --source ] || [ "$previous" = -s ] || [ "$previous" = --home ]; then local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current")); return
  else case "\${COMP_WORDS[1]}" in
${cases(words)}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _alakazam alakazam
`;
}

function zsh(words: readonly Word[]): string {
  return `autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, argument, flags }) => [
    `complete -c alakazam -f -n __fish_use_subcommand -a ${name} -d '${summary}'`,
    ...(argument.length > 0
      ? [`complete -c alakazam -f -n '__fish_seen_subcommand_from ${name}' -a '${argument.join(' ')}'`]
      : []),
    ...flags.map(({ names, about, choices }) => {
      const named = names
        .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
        .join(' ');
      const values = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : '';
      return `complete -c alakazam -n '__fish_seen_subcommand_from ${name}' ${named}${values} -d '${about}'`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
