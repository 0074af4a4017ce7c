import type { Argument, Command, Option } from 'commander';

/** A command as completion and the manual show it. */
export interface CommandNode {
  /** The words from the program's name on, without it; empty for the program. */
  readonly words: readonly string[];
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ValueNode[];
  readonly commands: readonly CommandNode[];
}

export interface OptionNode {
  /** `--json`; of `-V, --version` both. */
  readonly flags: readonly string[];
  /** As commander writes it: `--config <file>`. */
  readonly text: string;
  readonly description: string;
  /** Undefined: the option takes no value. */
  readonly value: ValueNode | undefined;
  readonly byDefault: string | undefined;
  readonly isRequired: boolean;
}

export interface ValueNode {
  readonly name: string;
  readonly description: string;
  /** Empty: anything. */
  readonly choices: readonly string[];
  readonly kind: 'file' | 'folder' | 'other';
}

/** Reads a program's commands and options; hidden ones are left out. */
export function readCommandTree(command: Command, words: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  return {
    words,
    description: command.description(),
    options: help.visibleOptions(command).map(readOption),
    arguments: command.registeredArguments.map(readArgument),
    commands: help
      .visibleCommands(command)
      .filter(each => each.name() !== 'help')
      .map(each => readCommandTree(each, [...words, each.name()])),
  };
}

/** Returns the command and all below it, each before those below it. */
export function allCommands(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

function readOption(option: Option): OptionNode {
  const { flags, description, short, long, required, optional, argChoices = [], defaultValue, mandatory } = option;
  const name = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? '';
  const shown = defaultValue === undefined || typeof defaultValue === 'boolean' ? undefined : String(defaultValue);
  return {
    flags: [short, long].filter(flag => flag !== undefined),
    text: flags,
    description,
    value: required || optional ? { name, description: '', choices: argChoices, kind: kindOf(name) } : undefined,
    byDefault: shown,
    isRequired: mandatory,
  };
}

function readArgument(argument: Argument): ValueNode {
  const name = argument.name();
  return { name, description: argument.description, choices: argument.argChoices ?? [], kind: kindOf(name) };
}

/** By the names that our commands give: `<file>`, `<dir>`. */
function kindOf(name: string): ValueNode['kind'] {
  if (/(^|-)file$/.test(name)) {
    return 'file';
  }
  return /^(dir|folder)$/.test(name) ? 'folder' : 'other';
}
