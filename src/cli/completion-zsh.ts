import { allCommands, type CommandNode, type OptionNode, type ValueNode } from './command-tree.ts';

/** Renders a completion script for zsh (zshcompsys(1), "_arguments"). */
export function renderZsh(root: CommandNode, name: string): string {
  const id = `_${name.replace(/\W/g, '_')}`;
  const functions = allCommands(root).map(node => renderFunction(node, id));
  return `#compdef ${name}
# zsh completion of ${name}; made by "${name} completion zsh"
${functions.join('\n')}
if [ "$funcstack[1]" = "_${name}" ]; then
  ${id} "$@"
else
  compdef ${id} ${name}
fi`;
}

function renderFunction(node: CommandNode, id: string): string {
  const specs = node.options.flatMap(specsOf);
  const call = (lines: readonly string[]) => `  _arguments -s ${['', ...lines].join(' \\\n    ')}`;
  if (node.commands.length === 0) {
    return `${functionOf(node, id)}() {\n${call([...specs, ...node.arguments.map(specOfArgument)])}\n}`;
  }
  const commands = node.commands.map(
    ({ words, description }) => `    ${quote(`${colonless(words.at(-1)!)}:${description}`)}`,
  );
  const calls = node.commands.map(each => `        ${quote(each.words.at(-1)!)}) ${functionOf(each, id)} ;;`);
  return `${functionOf(node, id)}() {
  local line state
  local -a commands=(
${commands.join('\n')}
  )
${call(['-C', ...specs, "'1: :->command'", "'*:: :->rest'"])}
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${calls.join('\n')}
      esac ;;
  esac
}`;
}

function functionOf({ words }: CommandNode, id: string): string {
  return [id, ...words.map(word => word.replace(/\W/g, '_'))].join('__');
}

function specsOf({ flags, description, value }: OptionNode): string[] {
  return flags.map(flag => quote(`${flag}[${bracketed(description)}]${value === undefined ? '' : actionOf(value)}`));
}

function specOfArgument(value: ValueNode, index: number): string {
  const isAnything = value.choices.length === 0 && value.kind === 'other';
  // Otherwise an option in its place would not be completed (zshcompsys(1), "_guard").
  const guard = isAnything ? `_guard "^-*" "${bracketed(value.name)}"` : '';
  return quote(`${index + 1}${actionOf(value)}${guard}`);
}

function actionOf({ name, choices, kind }: ValueNode): string {
  const actions = { file: '_files', folder: '_files -/', other: '' };
  return `:${bracketed(name)}:${choices.length > 0 ? `(${choices.join(' ')})` : actions[kind]}`;
}

/** Brackets end a description, and colons separate the parts. */
function bracketed(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function colonless(text: string): string {
  return text.replaceAll(':', '\\:');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
