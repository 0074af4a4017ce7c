import { allCommands, type CommandNode, type OptionNode } from './command-tree.ts';

export interface ManPageFacts {
  readonly version: string;
  /** What each exit code means. */
  readonly exitCodes: Readonly<Record<number, string>>;
}

/** Renders the manual page of the program (groff_man(7)). */
export function renderManPage(root: CommandNode, { version, exitCodes }: ManPageFacts): string {
  const name = 'onedrive\\-webdav';
  return `${[
    `.TH ONEDRIVE\\-WEBDAV 1 "" "onedrive\\-webdav ${inline(version)}" "User Commands"`,
    '.SH NAME',
    `${name} \\- ${text(root.description)}`,
    '.SH SYNOPSIS',
    `.B ${name}`,
    '.I command',
    '.RI [ options ]',
    '.SH COMMANDS',
    ...allCommands(root)
      .filter(({ words, commands }) => words.length > 0 && (commands.length === 0 || words.length === 1))
      .flatMap(describeCommand),
    '.SH ENVIRONMENT',
    text(
      'Every key of the configuration can be given by a variable: ONEDRIVE_WEBDAV__LISTEN__PORT is listen.port. Lists and groups are YAML or JSON. Flags count before variables, and variables before the file.',
    ),
    '.SH EXIT STATUS',
    ...Object.entries(exitCodes).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH FILES',
    '.TP',
    '.I config.yaml',
    'The configuration; config.example.yaml of the package has all keys.',
    '.SH SEE ALSO',
    text('README.md and the folder docs of the package.'),
  ].join('\n')}\n`;
}

function describeCommand({ words, description, options, arguments: args, commands }: CommandNode): string[] {
  const values = args.map(({ name }) => `\\fI${inline(name)}\\fR`);
  const command = commands.length === 0 ? [] : ['\\fIcommand\\fR'];
  return [
    `.SS ${[words.map(inline).join(' '), ...command, ...values].join(' ')}`,
    text(`${description[0]?.toUpperCase()}${description.slice(1)}.`),
    ...args
      .filter(each => each.description !== '')
      .flatMap(each => ['.TP', `.I ${inline(each.name)}`, text(each.description)]),
    ...options.filter(({ flags }) => !flags.includes('--help')).flatMap(describeOption),
  ];
}

function describeOption({ text: flags, description, byDefault, isRequired }: OptionNode): string[] {
  const remark = byDefault === undefined ? (isRequired ? ' (required)' : '') : ` (default: ${byDefault})`;
  return ['.TP', `.B ${inline(flags)}`, text(`${description}${remark}`)];
}

/** Escapes a text for the middle of a line. */
function inline(line: string): string {
  return line.replaceAll('…', '...').replaceAll('\\', '\\e').replaceAll('-', '\\-');
}

/** Escapes a text that has lines of its own: a dot or an apostrophe at the start would be a request. */
function text(line: string): string {
  return wrap(line)
    .map(each => inline(each).replace(/^[.']/, '\\&$&'))
    .join('\n');
}

/** Longer lines are bad style in a source of roff; escaping makes some longer again. */
const MAX_LINE = 70;

function wrap(line: string): string[] {
  const lines: string[] = [];
  for (const word of line.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < MAX_LINE) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
