import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { makeShare, visitor } from '../support/shares.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;

let server: TestServer;
let dav: Dav;
let guest: Dav;

beforeAll(async () => {
  server = await startTestServer({
    yaml: ['shares: {}'],
    mounts: ['{ mailbox: ada@contoso.com, name: redirected, root: /open, download: redirect }'],
  });
  const { ada } = server.mailboxes;
  ada.mkdir('/open/below');
  ada.mkdir('/inbox');
  await ada.put('/open/a.bin', Buffer.alloc(MIB, 'a'));
  dav = davClient(server);
  guest = visitor(server);
}, 60_000);
afterAll(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

const status = async (answer: Promise<{ status: number }>) => (await answer).status;

describe('shares over an emulated Microsoft', () => {
  it('follow the download policy of their mount, and survive a restart', async () => {
    const made = await makeShare(dav, '/redirected/', { kind: 'read' });
    const counted = await makeShare(dav, '/redirected/a.bin', { kind: 'read', maxDownloads: 2 });
    const led = await guest('GET', `${made.root}a.bin`);
    expect([led.status, led.headers.get('Referrer-Policy')]).toEqual([302, 'no-referrer']);
    expect(led.headers.get('Location')).not.toContain(made.token);
    expect(await status(guest('GET', `${counted.root}a.bin`))).toBe(200);
    await server.restart();
    dav = davClient(server);
    guest = visitor(server);
    expect(await status(guest('GET', `${made.root}a.bin`))).toBe(302);
    const answers = [
      await status(guest('GET', `${counted.root}a.bin`)),
      await status(guest('GET', `${counted.root}a.bin`)),
    ];
    expect(answers).toEqual([200, 410]);
  });

  it('take large files, and leave nothing behind when a client breaks off', async () => {
    const made = await makeShare(dav, '/ada/inbox/', { kind: 'upload' });
    expect(await status(guest('PUT', `${made.root}large.bin`, {}, Buffer.alloc(11 * MIB, 'x')))).toBe(201);
    expect(server.mailboxes.ada.stat('/inbox/large.bin')?.size).toBe(11 * MIB);
    expect(await status(guest('PUT', `${made.root}large.bin`, {}, Buffer.alloc(11 * MIB, 'y')))).toBe(403);
    expect(await status(guest('PUT', `${made.root}bad:name.txt`, {}, 'x'))).toBe(400);
    const shown = hrefsOf((await guest('PROPFIND', made.root, { Depth: '1' })).text);
    expect(shown).toEqual([made.root, `${made.root}large.bin`]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });

  it('keep to the folder when it is renamed or replaced in OneDrive', async () => {
    const { ada } = server.mailboxes;
    ada.mkdir('/moving');
    await ada.put('/moving/a.txt', 'shared');
    const made = await makeShare(dav, '/ada/moving/', { kind: 'read' });
    expect(await status(guest('GET', `${made.root}a.txt`))).toBe(200);
    expect(await status(dav('MOVE', '/ada/moving/', { Destination: '/ada/moved/' }))).toBe(201);
    expect(await status(guest('GET', `${made.root}a.txt`))).toBe(404);
    await dav('MKCOL', '/ada/moving/');
    await dav('PUT', '/ada/moving/a.txt', {}, 'private');
    const answer = await guest('GET', `${made.root}a.txt`);
    expect([answer.status, answer.text.includes('private')]).toEqual([403, false]);
    await dav('DELETE', '/ada/moving/');
    await dav('MOVE', '/ada/moved/', { Destination: '/ada/moving/' });
    expect((await guest('GET', `${made.root}a.txt`)).text).toBe('shared');
  });

  it('are closed and opened again with the configuration, without a restart', async () => {
    const made = await makeShare(dav, '/ada/open/', { kind: 'read' });
    const open = () => status(guest('PROPFIND', made.root, { Depth: '0' }));
    const now: [string[], number][] = [];
    for (const yaml of [
      'shares: {kinds: [upload]}',
      'shares: {users: [nobody]}',
      'shares: {mounts: [grace]}',
      'shares: {requirePassword: true}',
      'shares: null',
      'shares: {users: ["test*"], mounts: [ada]}',
    ]) {
      await server.reload({ yaml: [yaml] });
      now.push([[yaml], await open()]);
    }
    expect(now.map(([, answer]) => answer)).toEqual([403, 403, 403, 403, 404, 207]);
  });
});
