import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCommand } from '../support/command.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

let folder: Awaited<ReturnType<typeof makeTempDir>>;
const scriptOf = (shell: string) => join(folder.path, `completion.${shell}`);

beforeAll(async () => {
  folder = await makeTempDir();
  for (const shell of SHELLS) {
    await writeFile(scriptOf(shell), (await runCommand(['completion', shell])).stdout);
  }
  await writeFile(join(folder.path, 'my config.yaml'), '');
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** A line that ends with the unfinished word, and what it may become. */
const CASES: readonly [line: string, expected: readonly string[]][] = [
  ['re', ['reload']],
  ['state b', ['backup']],
  ['state ', ['check', 'backup', 'repair', 'copy']],
  ['log-level w', ['warn']],
  ['log-level --for 1h de', ['debug']],
  ['serve --log-level e', ['error']],
  ['status --wa', ['--watch']],
  ['people sign-out --j', ['--json']],
  ['completion z', ['zsh']],
  ['people rev', ['revoke']],
  ['locks --config x --br', ['--break']],
];
const FILE: readonly [string, readonly string[]] = ['status --config my', ['my config.yaml']];

describe('completion', () => {
  it('knows shells, and gives each a script under the name of the program', async () => {
    expect((await runCommand(['completion', 'tcsh'])).code).toBe(2);
    const { stdout } = await runCommand(['completion', 'bash', '--name', 'odw']);
    expect(stdout).toContain('complete -F _odw odw');
  });

  it.each(SHELLS)('names every command in the script for %s', async shell => {
    const { stdout } = await runCommand(['completion', shell]);
    expect(Object.keys(COMMANDS).filter(name => !stdout.includes(name))).toEqual([]);
  });
});

describeWith('bash', 'completion in bash', () => {
  async function complete(line: string): Promise<string[]> {
    const program = `source "$0"
COMP_WORDS=(onedrive-webdav "$@")
COMP_CWORD=$#
_onedrive_webdav
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ['--norc', '-c', program, scriptOf('bash'), ...line.split(' ')];
    return (await mustRun('bash', args, { cwd: folder.path })).stdout.split('\n').filter(word => word !== '');
  }

  it.each([...CASES, FILE])('of "%s"', async (line, expected) => {
    expect((await complete(line)).sort()).toEqual([...expected].sort());
  });

  it('of an argument that is a file offers files and options', async () => {
    expect(await complete('state backup my')).toEqual(['my config.yaml']);
    expect(await complete('state backup --')).toEqual(expect.arrayContaining(['--config', '--help']));
  });
});

describeWith('fish', 'completion in fish', () => {
  it.each([...CASES, FILE])('of "%s"', async (line, expected) => {
    const program = `source ${scriptOf('fish')}; complete -C 'onedrive-webdav ${line}'`;
    const { stdout } = await mustRun('fish', ['--no-config', '-c', program], { cwd: folder.path });
    const words = stdout.split('\n').map(each => each.split('\t', 1)[0]!.replace(/\\ /g, ' '));
    const current = line.split(' ').at(-1)!;
    // Fish also offers what only contains the word, and shows which is better by its order.
    expect(words.filter(word => word !== '' && word.startsWith(current)).sort()).toEqual([...expected].sort());
  });
});

describeWith('zsh', 'completion in zsh', () => {
  // A terminal of its own: TAB completes the word, and the line that then runs shows it.
  const PROGRAM = `
ready=$'*READY:\\r*' ran=$'*RAN:*:\\r*'
zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal "PS1=; autoload -Uz compinit; compinit -u -D; source $1; onedrive-webdav() { print -r -- \\"RAN:\\$*:\\" }; cd $2; print REA''DY:"
zpty -r terminal answer "$ready"
zpty -w -n terminal "onedrive-webdav $3"$'\\t'$'\\n'
zpty -r terminal answer "$ran"
print -r -- "\${\${answer##*RAN:}%%:*}"
zpty -d terminal`;

  it.each([...CASES.filter(([, { length }]) => length === 1), FILE])('of "%s"', async (line, [expected]) => {
    const { stdout } = await mustRun('zsh', ['-f', '-c', PROGRAM, 'test', scriptOf('zsh'), folder.path, line]);
    const before = line.split(' ').slice(0, -1);
    expect(stdout.trim()).toBe([...before, expected].join(' '));
  });
});
