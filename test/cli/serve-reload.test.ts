import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { configLines } from '../support/test-server.ts';

let emulator: Emulator;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  emulator = await createEmulator();
  await emulator.addMailbox({ upn: 'ada@contoso.com' }).put('/a.txt', 'of Ada');
  emulator.addMailbox({ upn: 'grace@contoso.com' });
});

afterAll(() => emulator.close());

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) {
    await stop();
  }
});

async function serveProcess(yaml: readonly string[] = []) {
  const folder = await makeTempDir();
  stops.push(async () => folder[Symbol.asyncDispose]());
  const file = join(folder.path, 'config.yaml');
  const write = (users: readonly string[], more: readonly string[] = yaml) => {
    const logins = users.map(user => ({ user, passwordHash: PASSWORD_HASH }));
    return writeFile(file, configLines(emulator, logins, { yaml: more }).join('\n'));
  };
  await write(['ada']);
  const server = await startServerProcess(file);
  stops.push(() => server.end('SIGTERM'));
  const statusOf = async (user: string) =>
    (await davClient({ url: server.url, user, password: PASSWORD })('GET', '/ada/a.txt')).status;
  return { file, write, server, statusOf };
}

const said = ({ logged }: ServerProcess, text: string) =>
  eventually(() => expect(logged.map(({ msg }) => msg).join('\n')).toContain(text));

/** Sends SIGHUP as soon as the process catches it, long before it serves. */
async function hangUpEarly(child: ChildProcess): Promise<void> {
  await eventually(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(status)![1]}`);
    expect(caught & 1n).toBe(1n);
  });
  child.kill('SIGHUP');
}

describe('a server process', () => {
  it('reads its configuration again on SIGHUP, and keeps the running one when the new one is bad', async () => {
    const { file, write, server, statusOf } = await serveProcess(['reload: {watch: false}']);
    expect(await statusOf('ada')).toBe(200);
    await write(['bob']);
    server.hangUp();
    await said(server, 'the configuration has been reloaded');
    expect(await statusOf('ada')).toBe(401);
    expect(await statusOf('bob')).toBe(200);
    await writeFile(file, 'users: [');
    server.hangUp();
    await said(server, 'the running one stays');
    expect(await statusOf('bob')).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('reads a changed file by itself, with what needs a restart named, and changes the level of the log', async () => {
    const { write, server, statusOf } = await serveProcess();
    await write(['bob'], ['log: {level: warn}', 'metrics: true']);
    await said(server, 'metrics needs a restart');
    expect(await statusOf('bob')).toBe(200);
    const before = server.logged.length;
    await write(['carol'], ['log: {level: info}']);
    await said(server, 'the configuration has been reloaded');
    expect(server.logged.slice(before).filter(({ msg }) => msg === 'request')).toEqual([]);
    expect(await statusOf('carol')).toBe(200);
  });

  it.runIf(process.platform === 'linux')('does not end by a SIGHUP that comes while it starts', async () => {
    const folder = await makeTempDir();
    stops.push(async () => folder[Symbol.asyncDispose]());
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, configLines(emulator, [{ user: 'ada', passwordHash: PASSWORD_HASH }], {}).join('\n'));
    const server = await startServerProcess(file, child => void hangUpEarly(child));
    stops.push(() => server.end('SIGTERM'));
    await said(server, 'nothing has changed');
  });
});
