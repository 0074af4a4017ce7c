import { allCommands, type CommandNode, type ValueNode } from './command-tree.ts';

/** Renders a completion script for bash 4 or newer; it needs no other program. */
export function renderBash(root: CommandNode, name: string): string {
  const commands = allCommands(root);
  const id = `_${name.replace(/\W/g, '_')}`;
  return `# bash completion of ${name}; made by "${name} completion bash"
${id}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "$command $word" in
${commands
  .filter(({ words }) => words.length > 0)
  .map(caseOfCommand)
  .join('\n')}
    esac
  done
  local values='' words=''
  case "$command:$previous" in
${commands.flatMap(casesOfValues).join('\n')}
  esac
  case $values in
    '') ;;
    @file) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    @folder) COMPREPLY=($(compgen -d -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    @other) return ;;
    *) COMPREPLY=($(compgen -W "$values" -- "$current")); return ;;
  esac
  case $command in
${commands.map(caseOfWords).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case " $words " in
    *' @file '*) COMPREPLY=($(compgen -W "\${words//@file/}" -- "$current") $(compgen -f -- "$current"))
      compopt -o filenames 2>/dev/null ;;
  esac
}
complete -F ${id} ${name}`;
}

/** A command is known by its words, joined with \`_\`. */
function keyOf(words: readonly string[]): string {
  return words.join('_');
}

function caseOfCommand({ words }: CommandNode): string {
  return `      '${keyOf(words.slice(0, -1))} ${words.at(-1)}') command='${keyOf(words)}' ;;`;
}

function casesOfValues({ words, options }: CommandNode): string[] {
  return options.flatMap(({ flags, value }) =>
    value === undefined ? [] : flags.map(flag => `    '${keyOf(words)}:${flag}') values='${valuesOf(value)}' ;;`),
  );
}

function caseOfWords({ words, options, commands, arguments: args }: CommandNode): string {
  const all = [
    ...commands.map(each => each.words.at(-1)!),
    ...args.flatMap(value => (value.choices.length > 0 ? value.choices : value.kind === 'file' ? ['@file'] : [])),
    ...options.flatMap(({ flags }) => flags),
  ];
  return `    '${keyOf(words)}') words='${all.join(' ')}' ;;`;
}

function valuesOf({ choices, kind }: ValueNode): string {
  return choices.length > 0 ? choices.join(' ') : `@${kind}`;
}
