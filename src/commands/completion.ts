import { type Command, defineCommand, type Options, optionsOf } from '../command.js';
import { text } from '../options.js';
// A circular import, since the table of commands has this command too. The table is complete when a command runs.
import { COMMANDS } from './index.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface Word {
  readonly name: string;
  readonly summary: string;
  readonly argument: readonly string[];
  /** True if the shell asks the program what may come. */
  readonly isAsked: boolean;
  readonly flags: readonly {
    readonly names: readonly string[];
    readonly about: string;
    readonly choices: readonly string[];
    readonly isAsked: boolean;
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
  explains: true,
  argument: { name: 'shell', about: SHELLS.join(', '), choices: SHELLS },
  options: {
    after: {
      flags: '--after <words>',
      about: 'print what the shell asks for: what may come after these words',
      parse: text,
    },
  },
  async run(context, { after }, shell) {
    const { terminal } = context;
    if (after !== undefined) {
      const [name, ...typed] = after.split(/\s+/);
      const offered = COMMANDS.find((each) => each.name === name)?.offers?.(context, typed) ?? [];
      // fish alone shows what a word is.
      await terminal.write(
        offered.map(([word, about]) => `${shell === 'fish' ? `${word}\t${about}` : word}\n`).join(''),
      );
      return undefined;
    }
    const words = COMMANDS.map(wordOf);
    await terminal.write({ bash, zsh, fish }[shell as (typeof SHELLS)[number]](words));
    return undefined;
  },
});

function wordOf(command: Command<Options>): Word {
  const { name, summary, argument, offers } = command;
  const flags = optionsOf(command).map(({ flags: typed, about, choices = [], isOffered }) => ({
    names: typed.split(/[ ,]+/).filter((part) => part.startsWith('-')),
    about: about.replaceAll("'", ''),
    choices,
    isAsked: isOffered === true,
  }));
  const isAsked = offers !== undefined;
  return {
    name,
    summary: summary.replaceAll("'", ''),
    argument: isAsked ? [] : (argument?.choices ?? []),
    isAsked,
    flags,
  };
}

function cases(words: readonly Word[]): string {
  return words
    .map(({ name, argument, isAsked, flags }) => {
      const values = flags
        .filter(({ choices, isAsked }) => choices.length > 0 || isAsked)
        .map(
          ({ names, choices, isAsked }) =>
            `      ${names.join('|')}) words="${isAsked ? ASK_IN_BASH : choices.join(' ')}" ;;`,
        );
      const all = [...argument, ...flags.flatMap(({ names }) => names), '--help'].join(' ');
      return `    ${name})\n      case "$previous" in\n${values.join('\n')}\n      *) words="${all}"${isAsked ? `; [[ $current == -* ]] || words="$words ${ASK_IN_BASH}"` : ''} ;;\n      esac ;;`;
    })
    .join('\n');
}

/** Flags whose value is a file or a directory. */
const PATHS = ['--source', '-s', '--home', '--directory', '--to', '--file', '-f', '--flink-connector'];

const ASK_IN_BASH = '$(_alakazam_asks "$before")';
const ASK_IN_FISH = '(alakazam completion fish --after (string join " " -- (commandline -opc)[2..-1]))';

function bash(words: readonly Word[]): string {
  return `_alakazam_asks() { alakazam completion bash --after "$1" 2>/dev/null; }
_alakazam() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at=$COMP_CWORD key="" words="" first=1
  # Flags of the program itself may stand before the command.
  while [[ $first -lt $COMP_CWORD && \${COMP_WORDS[first]} == -* ]]; do first=$((first+1)); done
  # To bash the = of name=value is a word of its own.
  if [ "$at" -le $((first+1)) ]; then :
  elif [ "$current" = = ]; then at=$((at-1)); key="\${COMP_WORDS[at]}="; current=""
  elif [ "\${COMP_WORDS[at-1]}" = = ]; then at=$((at-2)); key="\${COMP_WORDS[at]}="; fi
  local previous="\${COMP_WORDS[at-1]}" before="\${COMP_WORDS[*]:first:at-first}"
  if [ "$COMP_CWORD" -eq "$first" ]; then words="${words.map(({ name }) => name).join(' ')} --help --version"
  elif [[ " ${PATHS.join(' ')} " == *" $previous "* ]]; then local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current")); return
  else case "\${COMP_WORDS[first]}" in
${cases(words)}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$key$current"))
  COMPREPLY=("\${COMPREPLY[@]#"$key"}")
  # No backslash before a =, and no blank after one.
  case "\${COMPREPLY[0]}" in
    *=) compopt +o filenames -o nospace 2>/dev/null ;;
    *=*) compopt +o filenames 2>/dev/null ;;
  esac
}
complete -o filenames -F _alakazam alakazam
`;
}

function zsh(words: readonly Word[]): string {
  return `autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, argument, isAsked, flags }) => [
    `complete -c alakazam -f -n __fish_use_subcommand -a ${name} -d '${summary}'`,
    ...(argument.length > 0
      ? [`complete -c alakazam -f -n '__fish_seen_subcommand_from ${name}' -a '${argument.join(' ')}'`]
      : []),
    ...(isAsked ? [`complete -c alakazam -f -n '__fish_seen_subcommand_from ${name}' -a '${ASK_IN_FISH}'`] : []),
    ...flags.map(({ names, about, choices, isAsked }) => {
      const named = names
        .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
        .join(' ');
      const offered = isAsked ? ASK_IN_FISH : choices.join(' ');
      const values = offered === '' ? '' : ` -x -a '${offered}'`;
      return `complete -c alakazam -n '__fish_seen_subcommand_from ${name}' ${named}${values} -d '${about}'`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
