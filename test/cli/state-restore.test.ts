import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { davClient } from '../support/dav-client.ts';
import { lockInfo } from '../support/locks.ts';
import { proppatch, set, textOf } from '../support/properties.ts';
import { startTestServer } from '../support/test-server.ts';

/** The recipe of docs/operations.md, "Backup and restore". */
it('a backup made while the server runs brings locks and properties back into an empty data folder', async () => {
  const server = await startTestServer();
  const [data, copies] = ['data', 'copies'].map(name => join(server.folder, name)) as [string, string];
  await mkdir(copies);
  const dav = davClient(server);
  await dav('PUT', '/ada/kept.txt', {}, 'x');
  await proppatch(dav, '/ada/kept.txt', set('<x:colour>blue</x:colour>'));
  const lock = await dav('LOCK', '/ada/kept.txt', {}, lockInfo());
  const token = lock.headers.get('lock-token')!;

  const config = join(server.folder, 'config.yaml');
  const backup = await runCommand(['state', 'backup', join(copies, 'state.sqlite'), '--config', config]);
  expect([backup.code, backup.stderr]).toEqual([0, '']);
  await copyFile(join(data, 'state.key'), join(copies, 'state.key')).catch(() => undefined);
  expect(await textOf(dav, '/ada/kept.txt', '<x:colour/>')).toBe('blue');
  // Made after the backup: the restored state does not know it.
  await proppatch(dav, '/ada/kept.txt', set('<x:colour>red</x:colour>'), { If: `(${token})` });

  await server.suspend();
  await rm(data, { recursive: true });
  await rename(copies, data);
  await server.restart();

  const again = davClient(server);
  expect(await textOf(again, '/ada/kept.txt', '<x:colour/>')).toBe('blue');
  expect((await again('PUT', '/ada/kept.txt', {}, 'y')).status).toBe(423);
  expect((await again('PUT', '/ada/kept.txt', { If: `(${token})` }, 'y')).status).toBe(204);
  await server.stop();
});
