import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { davClient } from '../support/dav-client.ts';
import { type MadeShare, makeShare, visitor } from '../support/shares.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let share: MadeShare;

beforeAll(async () => {
  server = await startTestServer({ yaml: ['shares: {}'] });
  server.mailboxes.ada.mkdir('/open');
  share = await makeShare(davClient(server), '/ada/open/', {
    kind: 'read',
    maxDownloads: 3,
    password: 'correct horse',
  });
});
afterAll(() => server?.stop());

const cli = (...args: string[]) => runCommand(['shares', ...args, '--config', join(server.folder, 'config.yaml')]);
const open = async () => (await visitor(server, 'correct horse')('PROPFIND', share.root, { Depth: '0' })).status;

it('lists shares, and ends one by the running server, which leaves a line in its audit trail', async () => {
  expect(await open()).toBe(207);
  const listed = await cli();
  expect(listed.stdout).toMatch(
    /^\/ada\/open\/ {2}of tester, to read, ends [\dT:.-]+Z, with a password, downloaded 0 of 3 times, first opened .*Z {2}[0-9a-z]{10}$/m,
  );
  const json = (await cli('--json')).stdout;
  expect(JSON.parse(json)).toEqual([
    expect.objectContaining({
      id: share.id,
      kind: 'read',
      owner: 'tester',
      path: '/ada/open',
      password: true,
      maxDownloads: 3,
    }),
  ]);
  expect(listed.stdout + json).not.toMatch(new RegExp(`${share.token}|argon2|digest`));
  const ended = await cli('--revoke', share.id);
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/^ended: \/ada\/open\//)]);
  expect(await open()).toBe(410);
  expect(server.logged.map(line => JSON.parse(line)).find(({ audit }) => audit === 'share-revoked')).toMatchObject({
    ...{ user: 'tester', address: 'command', share: share.id, path: '/ada/open' },
  });
  const again = await cli('--revoke', share.id);
  expect([again.code === 0, again.stderr]).toEqual([
    false,
    expect.stringContaining(`there is no share "${share.id}" to end`),
  ]);
});

it('ends a share beside a server that has stopped', async () => {
  const other = await makeShare(davClient(server), '/ada/open/', { kind: 'upload' });
  await server.suspend();
  expect((await cli('--revoke', other.id)).stdout).toMatch(/^ended: \/ada\/open\/ {2}of tester, takes uploads/);
  expect((await cli()).stdout).toMatch(/takes uploads, revoked /);
  await server.restart();
  expect((await visitor(server)('PROPFIND', other.root, { Depth: '0' })).status).toBe(410);
});
