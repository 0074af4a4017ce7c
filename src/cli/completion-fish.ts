import { allCommands, type CommandNode, type OptionNode, type ValueNode } from './command-tree.ts';

/** Renders a completion script for fish 3 or newer. */
export function renderFish(root: CommandNode, name: string): string {
  const lines = allCommands(root).flatMap(node => linesOf(node, root, name));
  return [`# fish completion of ${name}; made by "${name} completion fish"`, `complete -c ${name} -f`, ...lines].join(
    '\n',
  );
}

function linesOf(node: CommandNode, root: CommandNode, name: string): string[] {
  const start = `complete -c ${name} -n ${quote(conditionOf(node, root))}`;
  return [
    ...node.commands.map(({ words, description }) => `${start} -a ${words.at(-1)} -d ${quote(description)}`),
    ...node.arguments.flatMap(value => (isAnything(value) ? [] : [`${start} ${valuesOf(value)}`])),
    ...node.options.map(option => `${start} ${flagsOf(option)}`),
  ];
}

/** True where exactly this command stands on the line, and none of those below it. */
function conditionOf({ words, commands }: CommandNode, root: CommandNode): string {
  const below = (words.length === 0 ? root.commands : commands).map(each => each.words.at(-1)!);
  const seen = words.map(word => `__fish_seen_subcommand_from ${word}`);
  const unseen = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
  return [...seen, ...unseen].join('; and ') || 'true';
}

function flagsOf({ flags, description, value }: OptionNode): string {
  const names = flags.map(flag => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(value === undefined ? [] : [`-r ${valuesOf(value)}`.trim()]), `-d ${quote(description)}`].join(
    ' ',
  );
}

function valuesOf({ choices, kind }: ValueNode): string {
  if (choices.length > 0) {
    return `-a ${quote(choices.join(' '))}`;
  }
  return { file: '-F', folder: `-a ${quote('(__fish_complete_directories)')}`, other: '' }[kind];
}

function isAnything({ choices, kind }: ValueNode): boolean {
  return choices.length === 0 && kind === 'other';
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
