import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { objectionToNode } from '../../src/emulator/node-version.ts';
import * as emulator from '../../src/emulator/public.ts';
import { microsoftClient } from '../support/microsoft-client.ts';

const HOSTS = {
  login: 'login.microsoftonline.com',
  graph: 'graph.microsoft.com',
  sharepoint: 'contoso.sharepoint.com',
  personal: 'contoso-my.sharepoint.com',
};
const BIN = fileURLToPath(new URL('../../src/emulator/bin.ts', import.meta.url));

it.each([
  ['v20.19.2', 'onedrive-emulator needs Node.js 24 or newer; this is v20.19.2 (/usr/bin/node)'],
  ['v24.0.0', undefined],
  ['v100.1.0', undefined],
])('Node.js %s', (version, objection) => {
  expect(objectionToNode(version, '/usr/bin/node')).toBe(objection);
});

it('the export has what the README shows', () => {
  expect(emulator).toMatchObject({ createEmulator: expect.any(Function), seedSampleTenant: expect.any(Function) });
});

it('the program answers as Graph, and ends on a signal', async () => {
  const child = spawn(process.execPath, [BIN, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const { caFile, mailboxes, ...address } = JSON.parse(line).emulator;
    const client = await microsoftClient({ ...address, caPem: await readFile(caFile, 'utf8'), hosts: HOSTS });
    expect((await client.graph(`/users/${mailboxes[0]}/drive`)).json).toMatchObject({ driveType: 'business' });
    await client.close();
    child.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});

it('the program refuses a flag that it does not have', async () => {
  const child = spawn(process.execPath, [BIN, '--no-such-flag'], { stdio: 'ignore' });
  expect((await once(child, 'exit'))[0]).toBe(2);
});
