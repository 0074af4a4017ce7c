import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openState } from '../../src/state/sqlite/state.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function writeConfig(folder: string): Promise<{ config: string; dataDir: string }> {
  const dataDir = join(folder, 'data');
  await writeFile(join(folder, 'secret.txt'), 'secret', { mode: 0o600 });
  const config = JSON.stringify({
    listen: { port: 0 },
    dataDir,
    tenant: { tenantId: 't', clientId: 'c', clientSecretFile: join(folder, 'secret.txt') },
    mounts: [{ mailbox: 'ada@contoso.com' }],
    users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
  });
  return { config, dataDir };
}

/** `serve`, with more of a command line before it. */
function serve(file: string, before: readonly string[] = []) {
  const [program, ...args] = [...before, process.execPath, MAIN, 'serve', '--config', file];
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface(child.stdout).on('line', line => said.push((JSON.parse(line) as { msg: string }).msg));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, said, ended };
}

const WAITS = 'another process serves from this dataDir: waiting for its end';
const GIVES_UP = 'stopped before it has served';

describeWith(['mkfifo', 'bwrap'], 'a server that is told to stop before it serves', () => {
  it('ends well, and leaves no state, when it reads its configuration', async () => {
    await using folder = await makeTempDir();
    const { config, dataDir } = await writeConfig(folder.path);
    const file = join(folder.path, 'config.yaml');
    execFileSync('mkfifo', [file]);
    const { child, said, ended } = serve(file);
    // It opens only when the server reads.
    const pipe = await open(file, 'w');
    child.kill('SIGTERM');
    await pipe.writeFile(config);
    await pipe.close();
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(said).toEqual([GIVES_UP]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it.each([
    ['a process', []],
    [
      'the first process of a container',
      ['bwrap', '--dev-bind', '/', '/', '--unshare-pid', '--as-pid-1', '--proc', '/proc'],
    ],
  ])('ends well, and leaves the state as it is, when it waits for it: %s', async (_name, before) => {
    await using folder = await makeTempDir();
    const { config, dataDir } = await writeConfig(folder.path);
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, config);
    const state = openState(dataDir);
    const owner = await readFile(join(dataDir, 'owner.pid'), 'utf8');
    const { child, said, ended } = serve(file, before);
    await eventually(() => expect(said).toContain(WAITS));
    process.kill(before.length === 0 ? child.pid! : await firstChildOf(child), 'SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(said).toEqual([WAITS, GIVES_UP]);
    expect(await readFile(join(dataDir, 'owner.pid'), 'utf8')).toBe(owner);
    await state.close();
  });
});

async function firstChildOf({ pid }: ChildProcess): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ')[0]);
}
