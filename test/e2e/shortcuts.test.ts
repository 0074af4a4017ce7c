import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { act, entriesOf } from '../support/browser-client.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { lockInfo } from '../support/locks.ts';
import { basic } from '../support/raw-http.ts';
import { makeShare, visitor } from '../support/shares.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { unzip } from '../support/unzip.ts';

let server: TestServer;
let dav: Dav;

beforeEach(async () => {
  server = await startTestServer({
    mounts: ['{ mailbox: ada@contoso.com, name: follow, shortcuts: follow }'],
    seed: async emulator => {
      const [ada, grace] = ['ada@contoso.com', 'grace@contoso.com'].map(upn => emulator.mailbox(upn));
      await grace!.put('/teams/100% shared/deep/plan.txt', 'the plan');
      await grace!.put('/teams/100% shared/notes.txt', 'notes');
      await grace!.put('/private.txt', 'private');
      await ada!.put('/own/mine.txt', 'mine');
      const point = (name: string, path: string) =>
        ada!.plant(name, {
          kind: 'remoteItem',
          remoteItem: { driveId: grace!.driveId, itemId: grace!.stat(path)!.id },
        });
      await point('/own/team', '/teams/100% shared');
      await point('/notes', '/teams/100% shared/notes.txt');
    },
  });
  dav = davClient(server);
});
afterEach(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

const statusOf = async (...request: Parameters<Dav>) => (await dav(...request)).status;
const members = async (folder: string) => {
  const { status, text } = await dav('PROPFIND', folder, { Depth: '1' });
  return [status, ...hrefsOf(text).slice(1).sort()];
};

async function unzipped(folder: string, query = ''): Promise<Record<string, string>> {
  const headers = basic(server.user, server.password);
  const answer = await fetch(`${server.url}${folder}?view=zip${query}`, { headers });
  return unzip(Buffer.from(await answer.arrayBuffer()));
}

describe('a zip of files that somebody replaces', () => {
  it('has the version of the moment in which each is read, whatever a listing said before', async () => {
    const { ada } = server.mailboxes;
    await ada.put('/own/same.txt', 'old');
    await members('/ada/own/');
    await ada.put('/own/mine.txt', 'mine, and longer than it was');
    await ada.put('/own/same.txt', 'new');
    expect(await unzipped('/ada/own/')).toMatchObject({
      'mine.txt': 'mine, and longer than it was',
      'same.txt': 'new',
    });
  });

  it('has the whole of one version where it is replaced while its bytes are asked for, or breaks', async () => {
    const { ada } = server.mailboxes;
    await ada.put('/own/large.bin', 'a'.repeat(300_000));
    const replaced = Promise.withResolvers<void>();
    let downloads = 0;
    server.emulator.setFault(operation => {
      downloads += operation === 'download' ? 1 : 0;
      return operation === 'download' && downloads === 1 ? { delayUntil: replaced.promise } : undefined;
    });
    const zip = unzipped('/ada/own/', '&name=large.bin').catch((error: unknown) => ({ error }));
    await eventually(() => expect(downloads).toBe(1));
    await ada.put('/own/large.bin', 'b'.repeat(400_000));
    replaced.resolve();
    const found = await zip;
    server.emulator.setFault(undefined);
    expect('error' in found || /^(a{300000}|b{400000})$/.test(found['large.bin'] ?? '')).toBe(true);
  });
});

describe('B7 shortcuts with shortcuts: follow', () => {
  it('are folders with what their target has in it, at any depth', async () => {
    expect(await members('/follow/own/')).toEqual([207, '/follow/own/mine.txt', '/follow/own/team/']);
    expect(await members('/follow/own/team/')).toEqual([207, '/follow/own/team/deep/', '/follow/own/team/notes.txt']);
    expect(await members('/follow/own/team/deep/')).toEqual([207, '/follow/own/team/deep/plan.txt']);
    expect((await dav('GET', '/follow/own/team/deep/plan.txt')).text).toBe('the plan');
    expect(await statusOf('GET', '/follow/own/team/nothing')).toBe(404);
    expect(await statusOf('GET', '/follow/own/team/../../private.txt')).toBe(404);
  });

  it('are written through: files, folders, times, removals and moves inside', async () => {
    const { grace } = server.mailboxes;
    expect(await statusOf('PUT', '/follow/own/team/new.txt', {}, 'new')).toBe(201);
    expect(await statusOf('PUT', '/follow/own/team/notes.txt', { 'X-OC-Mtime': '1700000000' }, 'other notes')).toBe(
      204,
    );
    expect(await statusOf('MKCOL', '/follow/own/team/folder/')).toBe(201);
    expect(
      await statusOf('MOVE', '/follow/own/team/new.txt', { Destination: '/follow/own/team/folder/moved.txt' }),
    ).toBe(201);
    expect(await statusOf('DELETE', '/follow/own/team/deep/plan.txt')).toBe(204);
    const paths = Object.keys(grace.tree()).filter(path => path.startsWith('/teams/100% shared/'));
    expect(paths.sort()).toEqual([
      '/teams/100% shared/',
      '/teams/100% shared/deep/',
      '/teams/100% shared/folder/',
      '/teams/100% shared/folder/moved.txt',
      '/teams/100% shared/notes.txt',
    ]);
    expect((await grace.read('/teams/100% shared/notes.txt')).toString()).toBe('other notes');
    expect(grace.stat('/teams/100% shared/notes.txt')!.modified.getTime()).toBe(1_700_000_000_000);
  });

  it('of a file show, read and write their target, under their own name', async () => {
    const listed = await dav('PROPFIND', '/follow/', { Depth: '1' });
    const alone = await dav('PROPFIND', '/follow/notes', { Depth: '0' });
    const etagIn = (text: string) => /\/follow\/notes<[\s\S]*?<D:getetag>([^<]+)</.exec(text)?.[1];
    expect(etagIn(listed.text)).toBe(etagIn(alone.text));
    const got = await dav('GET', '/follow/notes');
    expect([got.status, got.text]).toEqual([200, 'notes']);
    expect(await statusOf('PUT', '/follow/notes', { 'If-Match': got.headers.get('etag')! }, 'changed')).toBe(204);
    expect((await server.mailboxes.grace.read('/teams/100% shared/notes.txt')).toString()).toBe('changed');
    expect(await statusOf('PUT', '/follow/notes', { 'If-Match': got.headers.get('etag')! }, 'lost')).toBe(412);
  });

  it('are removed and moved alone: their target stays', async () => {
    const before = server.mailboxes.grace.tree();
    expect(await statusOf('MOVE', '/follow/own/team', { Destination: '/follow/squad' })).toBe(201);
    expect(await members('/follow/squad/')).toEqual([207, '/follow/squad/deep/', '/follow/squad/notes.txt']);
    expect(await statusOf('GET', '/follow/own/team/notes.txt')).toBe(404);
    expect(await statusOf('DELETE', '/follow/squad/')).toBe(204);
    expect(await statusOf('DELETE', '/follow/notes')).toBe(204);
    expect(Object.keys(server.mailboxes.grace.tree())).toEqual(Object.keys(before));
    expect(Object.keys(server.mailboxes.ada.tree()).sort()).toEqual(['/own/', '/own/mine.txt']);
  });

  it('are replaced alone by what is moved or copied over them', async () => {
    expect(await statusOf('COPY', '/follow/own/mine.txt', { Destination: '/follow/notes' })).toBe(204);
    expect((await server.mailboxes.ada.read('/notes')).toString()).toBe('mine');
    expect((await server.mailboxes.grace.read('/teams/100% shared/notes.txt')).toString()).toBe('notes');
  });

  it('are copied as what they lead to; what goes across is copied by content, and moved whole', async () => {
    expect(await statusOf('COPY', '/follow/own/team/', { Destination: '/follow/copy/' })).toBe(201);
    expect((await server.mailboxes.ada.read('/copy/deep/plan.txt')).toString()).toBe('the plan');
    expect(await statusOf('MOVE', '/follow/own/mine.txt', { Destination: '/follow/own/team/mine.txt' })).toBe(201);
    expect((await server.mailboxes.grace.read('/teams/100% shared/mine.txt')).toString()).toBe('mine');
    expect(server.mailboxes.ada.stat('/own/mine.txt')).toBeUndefined();
  });

  it('have the locks of their target, which another mount of it knows', async () => {
    const locked = await dav('LOCK', '/follow/own/team/notes.txt', {}, lockInfo());
    expect(locked.status).toBe(200);
    expect(await statusOf('PUT', '/grace/teams/100%25%20shared/notes.txt', {}, 'x')).toBe(423);
    const token = locked.headers.get('lock-token')!;
    expect(await statusOf('PUT', '/follow/own/team/notes.txt', { If: `(${token})` }, 'y')).toBe(204);
    expect(await statusOf('UNLOCK', '/follow/own/team/notes.txt', { 'Lock-Token': token })).toBe(204);
    expect(await statusOf('PUT', '/grace/teams/100%25%20shared/notes.txt', {}, 'x')).toBe(204);
  });

  it('follow their target when it is moved, and are 404 inside when Graph says that it is gone', async () => {
    expect((await members('/follow/own/team/')).length).toBe(3);
    expect(await statusOf('MOVE', '/grace/teams/100%25%20shared/', { Destination: '/grace/elsewhere/' })).toBe(201);
    await server.restart();
    dav = davClient(server);
    expect((await dav('GET', '/follow/own/team/deep/plan.txt')).text).toBe('the plan');
    server.mailboxes.grace.remove('/elsewhere');
    await server.restart();
    dav = davClient(server);
    expect(await statusOf('GET', '/follow/own/team/deep/plan.txt')).toBe(404);
    expect(await members('/follow/own/')).toEqual([207, '/follow/own/mine.txt', '/follow/own/team/']);
  });

  it('show, read and restore the versions of their target, and search it, under their own name', async () => {
    await server.mailboxes.grace.put('/teams/100% shared/notes.txt', 'second notes');
    const view = async (path: string) => JSON.parse((await dav('GET', path)).text);
    expect(await view('/follow/notes?view=details')).toMatchObject({ name: 'notes', size: 12 });
    const { versions } = await view('/follow/notes?view=versions');
    expect(versions.map(({ size }: { size: number }) => size)).toEqual([12, 5]);
    expect((await dav('GET', `/follow/notes?view=version&id=${versions[1].id}`)).text).toBe('notes');
    const restored = await act(dav, '/follow/notes?action=restore-version', { input: { id: versions[1].id } });
    expect(JSON.parse(restored.text).entry).toMatchObject({ name: 'notes', size: 5 });
    expect((await dav('GET', '/follow/notes')).text).toBe('notes');
    const found = await dav('GET', '/follow/own/team/?view=search&q=plan');
    expect(entriesOf(found).map(({ path }) => path)).toEqual([['deep', 'plan.txt']]);
    expect(entriesOf(await dav('GET', '/follow/?view=search&q=private'))).toEqual([]);
    for (const path of ['own/team/notes.txt?view=versions', 'own/team/?view=search&q=plan', 'notes?view=thumbnail']) {
      expect([path, await statusOf('GET', `/ada/${path}`)]).toEqual([path, 403]);
    }
  });

  it('are in a zip as what they lead to; where they are not followed, folders are empty and files are refused', async () => {
    expect(await unzipped('/follow/own/')).toEqual({
      'mine.txt': 'mine',
      'team/': '',
      'team/deep/': '',
      'team/deep/plan.txt': 'the plan',
      'team/notes.txt': 'notes',
    });
    expect(await unzipped('/follow/', '&name=notes')).toEqual({ notes: 'notes' });
    expect(await unzipped('/ada/own/')).toEqual({ 'mine.txt': 'mine', 'team/': '' });
    expect(await statusOf('GET', '/ada/?view=zip&name=notes')).toBe(403);
  });

  it('are not followed by a mount that does not say so', async () => {
    expect(await statusOf('GET', '/ada/own/team/notes.txt')).toBe(403);
    expect(await statusOf('PROPFIND', '/ada/own/team/', { Depth: '1' })).toBe(403);
    expect(await members('/ada/own/')).toEqual([207, '/ada/own/mine.txt', '/ada/own/team/']);
  });
});

describe('a share of a folder with shortcuts that are followed', () => {
  it('opens the folder, and nothing that a shortcut leads to', async () => {
    await server.reload({
      yaml: ['shares: {}'],
      mounts: ['{ mailbox: ada@contoso.com, name: follow, shortcuts: follow }'],
    });
    for (const kind of ['read', 'upload']) {
      const { root } = await makeShare(dav, '/follow/own/', { kind });
      const guest = visitor(server);
      const answers = await Promise.all([
        guest('PROPFIND', `${root}team/`, { Depth: '1' }),
        guest('GET', `${root}team/notes.txt`),
        guest('GET', `${root}team/deep/plan.txt`),
        guest('PUT', `${root}team/new.txt`, {}, 'new'),
        guest('MKCOL', `${root}team/new/`),
      ]);
      expect([kind, ...answers.map(({ status }) => status)]).toEqual([kind, 403, 403, 403, 403, 403]);
      expect(answers.map(({ text }) => text).join()).not.toMatch(/the plan|notes|grace|shared\b/);
    }
    const { root } = await makeShare(dav, '/follow/own/', { kind: 'read' });
    expect((await visitor(server)('GET', `${root}mine.txt`)).text).toBe('mine');
    // What a shortcut leads to can be shared by itself.
    const team = await makeShare(dav, '/follow/own/team/', { kind: 'read' });
    expect((await visitor(server)('GET', `${team.root}deep/plan.txt`)).text).toBe('the plan');
    expect(server.mailboxes.grace.stat('/teams/100% shared/new.txt')).toBeUndefined();
  });
});
