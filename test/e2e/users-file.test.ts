import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer } from '../support/test-server.ts';

it('users of a file come and go while the server runs, and guests read', async () => {
  await using folder = await makeTempDir();
  const path = join(folder.path, 'users.htpasswd');
  await writeFile(path, `dan:${hashSync('one', 4)}\n`);
  const auth = [
    ...['auth:', `  usersFile: {path: "${path}", mounts: {ada: read, "*": write}}`],
    '  anonymous: {mounts: [grace]}',
  ];
  const server = await startTestServer({ yaml: auth });
  try {
    const as = (user: string, password: string) => davClient({ url: server.url, user, password });
    const statusOf = async (user: string, password: string) =>
      (await as(user, password)('PROPFIND', '/ada/', { Depth: '0' })).status;
    expect((await as('DAN', 'one')('PUT', '/grace/file', {}, 'by Dan')).status).toBe(201);
    expect((await as('dan', 'one')('PUT', '/ada/file', {}, 'x')).status).toBe(403);
    const guest = await fetch(`${server.url}/grace/file`);
    expect([guest.status, await guest.text()]).toEqual([200, 'by Dan']);
    expect((await fetch(`${server.url}/ada/`)).status).toBe(401);

    await writeFile(path, `eve:${hashSync('two', 4)}\n`);
    await eventually(async () => expect(await statusOf('dan', 'one')).toBe(401));
    expect(await statusOf('eve', 'two')).toBe(207);

    const { stdout } = await runCommand(['check-config', '--config', join(server.folder, 'config.yaml')]);
    expect(stdout).toContain(`users of ${path}: read ada, write *`);
    expect(stdout).toContain('guests without a password: read, grace');
  } finally {
    await server.stop();
  }
});
