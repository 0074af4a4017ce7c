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
  local values='' words='' options=''
  case "$command:$previous" in
${commands.flatMap(casesOfValues).join('\n')}
  esac
  if [[ -z $values ]]; then
    case $command in
${commands.map(caseOfWords).join('\n')}
    esac
    # Options only where somebody asks for them, or where nothing else can stand.
    if [[ $current == -* || -z $words ]]; then words=$options; fi
    values=$words
  fi
  case $values in
    @file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
    @folder) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
    @other) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current") ;;
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

function caseOfWords({ words, options, commands, arguments: [first] }: CommandNode): string {
  const names = commands.map(each => each.words.at(-1)!).join(' ');
  const next = names !== '' || first === undefined ? names : valuesOf(first);
  return `      '${keyOf(words)}') words='${next}' options='${options.flatMap(({ flags }) => flags).join(' ')}' ;;`;
}

function valuesOf({ choices, kind }: ValueNode): string {
  return choices.length > 0 ? choices.join(' ') : `@${kind}`;
}
