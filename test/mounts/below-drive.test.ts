import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { User } from '../../src/auth/user.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import { MountTable } from '../../src/mounts/mount-table.ts';
import type { Rights } from '../../src/mounts/rights.ts';
import { SideFiles } from '../../src/mounts/side-files.ts';
import { createViews } from '../../src/mounts/view.ts';
import { describeDrive } from '../contracts/drive.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { driveAt } from '../support/drive-at.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { PASSWORD } from '../support/passwords.ts';
import { openMemoryState } from '../support/state-engines.ts';

const ALL: Rights = { rules: [{ named: { '*': 'write' } }] };
const BELOW: Rights = { ...ALL, below: ['m', 'Projects', 'X'] };
const LOCK_BODY = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const live = () => ({ signal: new AbortController().signal });
const at = (path: string) => toDrivePath(path.split('/').filter(name => name !== ''));

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('text');
}

function viewOver(drive: Drive, rights: Rights): Drive {
  const since = new Date(0);
  const sideFiles = new SideFiles({ store: openMemoryState().sideFiles, clock: fakeClock(), since });
  const mounts = new MountTable({ fixed: [{ name: 'm', drive, readOnly: false }], since, clock: fakeClock() });
  return createViews(mounts, { since, junkRules: [], sideFiles })(rights);
}

async function withFolder(): Promise<Drive> {
  const drive = createMemoryDrive();
  await drive.makeFolder(at('Projects'), live());
  await drive.makeFolder(at('Projects/X'), live());
  return drive;
}

describeDrive('BelowDrive on the way down', async () => ({
  drive: driveAt(viewOver(await withFolder(), BELOW), ['m', 'Projects', 'X']),
}));

describeDrive('BelowDrive with a whole mount', async () => ({
  drive: driveAt(viewOver(createMemoryDrive(), { ...ALL, below: ['M'] }), ['m']),
}));

describe('BelowDrive', () => {
  it('shows the folders above without a look at the drive, in the spelling in which the folder was given', async () => {
    const never = new Proxy({} as Drive, {
      get: (_, name) => () => {
        throw new Error(`asked for ${String(name)}`);
      },
    });
    const view = viewOver(never, { ...ALL, below: ['M', 'projects', 'X'] });
    const names = async (path: string) => (await view.list(at(path), live())).map(({ kind, name }) => [kind, name]);
    expect([await names('/'), await names('/m'), await names('/m/PROJECTS')]).toEqual([
      [['folder', 'M']],
      [['folder', 'projects']],
      [['folder', 'X']],
    ]);
    expect(await view.stat(at('/m/Projects'), live())).toMatchObject({ kind: 'folder', name: 'projects' });
    expect(await view.stat(ROOT, live())).toMatchObject({ kind: 'folder', name: '' });
    expect((await view.list(ROOT, live()))[0]).toEqual(await view.stat(at('/m'), live()));
    expect([view.tellsChanges(at('/m')), await view.syncToken(at('/m'), live())]).toEqual([false, undefined]);
    expect(await view.changes(ROOT, { ...live(), level: 1 })).toEqual({ kind: 'unsupported' });
  });

  it('tells what may be changed, and gives the folders above the space of its drive', async () => {
    const view = viewOver(await withFolder(), BELOW);
    const access = ['/', '/m', '/m/Projects', '/m/Projects/X', '/m/projects/x/new', '/m/Projects/Xy', '/other'].map(
      path => view.access(at(path)),
    );
    expect(access).toEqual(['read', 'read', 'read', 'write', 'write', 'read', 'read']);
    expect(await view.quota(ROOT, live())).toEqual(await view.quota(at('/m/Projects/X'), live()));
    await expect(view.quota(at('/m/other'), live())).rejects.toMatchObject({ code: 'forbidden' });
    const readOnly = viewOver(await withFolder(), { ...BELOW, readOnly: true });
    expect(readOnly.access(at('/m/Projects/X/new'))).toBe('read');
  });

  it('refuses each operation outside by itself, whatever was asked before', async () => {
    const drive = await withFolder();
    const view = viewOver(drive, BELOW);
    for (const path of ['Projects/X/file', 'Projects/file']) {
      await drive.write(at(path), bytes(), live());
    }
    const [file, open, to] = [at('/m/Projects/file'), at('/m/Projects/X/file'), at('/m/Projects/X/to')];
    const transfer = { ...live(), overwrite: true };
    const operations: Record<string, () => Promise<unknown>> = {
      stat: () => view.stat(file, live()),
      list: () => view.list(at('/m/Beside'), live()),
      read: () => view.read(file, live()),
      write: () => view.write(file, bytes(), live()),
      makeFolder: () => view.makeFolder(at('/m/Projects/new'), live()),
      remove: () => view.remove(file, live()),
      'copy from': () => view.copy(file, to, { ...transfer, depth: 'infinity' }),
      'copy from above': () => view.copy(at('/m'), to, { ...transfer, depth: 0 }),
      'copy to': () => view.copy(open, file, { ...transfer, depth: 'infinity' }),
      'move from': () => view.move(file, to, transfer),
      'move to': () => view.move(open, file, transfer),
      setTimes: () => view.setTimes(file, { modified: new Date(0) }, live()),
      'setTimes above': () => view.setTimes(at('/m/Projects'), { modified: new Date(0) }, live()),
      downloadUrl: () => view.downloadUrl(file, live()),
      changes: () => view.changes(at('/m/Beside'), { ...live(), level: 1 }),
      syncToken: () => view.syncToken(at('/m/Beside'), live()),
      search: () => view.search(at('/m/Beside'), 'x', { ...live(), limit: 1 }),
      details: () => view.details(file, live()),
      thumbnail: () => view.thumbnail(file, { ...live(), size: 'small' }),
      versions: () => view.versions(file, live()),
      readVersion: () => view.readVersion(file, '1', live()),
      restoreVersion: () => view.restoreVersion(file, '1', live()),
      scratch: () => view.scratch(file, live()),
      prepare: () => view.prepare(file, live()),
    };
    const before = await drive.list(at('Projects'), live());
    for (const [name, operation] of Object.entries(operations)) {
      await expect(operation(), name).rejects.toMatchObject({ code: expect.stringMatching(/^(forbidden|read-only)$/) });
    }
    expect(await drive.list(at('Projects'), live())).toEqual(before);
    expect(await drive.list(at('Projects/X'), live())).toHaveLength(1);
    const above = at('/m');
    expect(await view.search(above, 'file', { ...live(), limit: 1 })).toBeUndefined();
    expect(await view.details(above, live())).toBeUndefined();
    for (const operation of [
      view.read(above, live()),
      view.downloadUrl(above, live()),
      view.thumbnail(above, { ...live(), size: 'small' }),
      view.versions(above, live()),
      view.readVersion(above, '1', live()),
      view.restoreVersion(above, '1', live()),
    ]) {
      await expect(operation).rejects.toMatchObject({ code: 'is-folder' });
    }
    await expect(view.makeFolder(at('/m/Projects'), live())).rejects.toMatchObject({ code: 'exists' });
  });

  it('hides the canonical paths of what is not open, and companions that are not', async () => {
    const inner = await withFolder();
    const drive = new Proxy(inner, {
      get: (target, name) =>
        name === 'companions'
          ? async () => [at('Projects/twin'), at('Projects/X/twin'), at('Projects/X')]
          : Reflect.get(target, name).bind(target),
    });
    const [whole, view] = [viewOver(drive, ALL), viewOver(drive, BELOW)];
    for (const path of ['/m/Projects/X', '/m/projects/x/a']) {
      expect(view.canonicalPath(at(path))).toEqual(whole.canonicalPath(at(path)));
    }
    expect(view.canonicalPath(at('/m'))).toEqual([]);
    expect(view.canonicalPath(at('/m/Projects/a'))).not.toEqual(whole.canonicalPath(at('/m/Projects/a')));
    expect(view.canonicalPath(at('/m/Projects/a'))[0]).toBe('-');
    expect(await view.companions(at('/m/Projects/X'))).toEqual([at('/m/Projects/X/twin')]);
    expect(await view.companions(at('/m/Projects'))).toEqual([]);
  });
});

describe('a sign-in for one folder', () => {
  let door: FrontDoorTest;
  let rights: Rights = BELOW;
  const users = new Map<Rights, User>();
  const as = (wanted: Rights): Dav => {
    const dav = davClient({ ...door, user: 'user', password: PASSWORD });
    return async (...request) => {
      rights = wanted;
      return dav(...request);
    };
  };
  let narrow: Dav;
  let whole: Dav;

  beforeAll(async () => {
    const identify = async () => {
      const user = users.get(rights) ?? { name: 'ada', id: 'id-of-ada', rights };
      users.set(rights, user);
      return { user };
    };
    const mounts = ['m', 'other'].map(name => ({ name, drive: createMemoryDrive(), readOnly: false }));
    door = await startFrontDoor({ mounts, pipeline: { identify } });
    [narrow, whole] = [as(BELOW), as(ALL)];
    for (const path of ['/m/Projects', '/m/Projects/X', '/m/Projects/X/sub', '/m/Projects/Xy', '/m/Beside']) {
      expect((await whole('MKCOL', path)).status).toBe(201);
    }
    for (const path of ['/m/file', '/m/Projects/file', '/m/Projects/X/file', '/other/file']) {
      expect((await whole('PUT', path, {}, 'text')).status).toBe(201);
    }
  });
  afterAll(async () => {
    await door?.stop();
  });

  it('works inside as everywhere: all of it, whatever the case of the names above', async () => {
    const inside = '/M/PROJECTS/x';
    expect((await narrow('PUT', `${inside}/new`, {}, 'new')).status).toBe(201);
    expect((await narrow('GET', `${inside}/new`)).text).toBe('new');
    expect((await narrow('MKCOL', `${inside}/folder`)).status).toBe(201);
    expect((await narrow('COPY', `${inside}/new`, { Destination: `${inside}/folder/copy` })).status).toBe(201);
    expect((await narrow('MOVE', `${inside}/new`, { Destination: `${inside}/folder/moved` })).status).toBe(201);
    const { status, text } = await narrow('PROPFIND', `${inside}/folder/`, { Depth: '1' });
    expect([status, hrefsOf(text)]).toEqual([
      207,
      [`${inside}/folder/`, `${inside}/folder/copy`, `${inside}/folder/moved`],
    ]);
    const patch = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x"/></prop></set></propertyupdate>';
    expect((await narrow('PROPPATCH', inside, {}, patch)).status).toBe(207);
    const locked = await narrow('LOCK', `${inside}/folder/copy`, {}, LOCK_BODY);
    expect(locked.status).toBe(200);
    expect((await narrow('DELETE', `${inside}/folder`)).status).toBe(423);
    const token = locked.headers.get('lock-token')!;
    expect((await narrow('UNLOCK', `${inside}/folder/copy`, { 'Lock-Token': token })).status).toBe(204);
    expect((await narrow('DELETE', `${inside}/folder`)).status).toBe(204);
  });

  it('shows the way to the folder, and nothing beside it', async () => {
    const listed = async (path: string) => hrefsOf((await narrow('PROPFIND', path, { Depth: '1' })).text);
    expect(await listed('/')).toEqual(['/', '/m/']);
    expect(await listed('/m/')).toEqual(['/m/', '/m/Projects/']);
    expect(await listed('/m/projects/')).toEqual(['/m/projects/', '/m/projects/X/']);
    expect(await listed('/m/Projects/X/')).toEqual(['/m/Projects/X/', '/m/Projects/X/sub/', '/m/Projects/X/file']);
    const page = await narrow('GET', '/m/Projects/', { Accept: 'text/html' });
    expect([page.status, page.text.includes('X/'), page.text.includes('Xy')]).toEqual([200, true, false]);
    // Windows asks only at the top whether it may write.
    expect((await narrow('OPTIONS', '/')).headers.get('allow')).toContain('DELETE');
  });

  const OUTSIDE = ['/other', '/other/file', '/m/file', '/m/Projects/file', '/m/Projects/Xy', '/m/nothing', '/nothing'];
  it.each(OUTSIDE)('refuses to look at %s, which is never said to be absent', async path => {
    for (const method of [
      'GET',
      'HEAD',
      'PROPFIND',
      'REPORT',
      'DELETE',
      'COPY',
      'MOVE',
      'PROPPATCH',
      'LOCK',
      'UNLOCK',
    ]) {
      const { status, text } = await narrow(
        method,
        path,
        {
          Destination: '/m/Projects/X/stolen',
          'Lock-Token': '<opaquelocktoken:00000000-0000-4000-8000-000000000000>',
          ...(method === 'PROPFIND' ? { Depth: '0' } : {}),
        },
        BODIES[method],
      );
      expect([method, status]).toEqual([method, 403]);
      if (method === 'GET' || method === 'PROPFIND') {
        expect(text).toContain('this sign-in is for /m/Projects/X only');
      }
    }
    expect((await narrow('PUT', path, {}, 'x')).status).toBe(403);
    expect((await narrow('MKCOL', path)).status).toBe(403);
    expect((await narrow('PROPFIND', '/m/Projects/X/stolen', { Depth: '0' })).status).toBe(404);
  });

  const BODIES: Record<string, string | undefined> = {
    LOCK: LOCK_BODY,
    PROPPATCH: '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x"/></prop></set></propertyupdate>',
    REPORT: '<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop/></sync-collection>',
  };

  it.each([
    ['MKCOL', '/m/Projects/X', 403],
    ['PUT', '/m/Projects/X', 405],
    ['DELETE', '/m/Projects/X', 403],
    ['DELETE', '/m/Projects', 403],
    ['DELETE', '/', 403],
    ['PUT', '/m/Projects', 403],
    ['MKCOL', '/m/Projects', 403],
    ['LOCK', '/m/Projects', 403],
    ['LOCK', '/m', 403],
    ['LOCK', '/', 403],
    ['PROPPATCH', '/m/Projects', 403],
    ['PROPPATCH', '/', 403],
  ])('%s %s is %i: the folder and those above stay as they are', async (method, path, status) => {
    const body = method === 'PUT' ? 'x' : BODIES[method];
    expect((await narrow(method, path, {}, body)).status).toBe(status);
    expect((await whole('PROPFIND', '/m/Projects/X', { Depth: '0' })).status).toBe(207);
  });

  it.each([
    ['COPY', '/m/Projects/X/file', '/m/Projects/out'],
    ['COPY', '/m/Projects/X/file', '/other/out'],
    ['COPY', '/m/Projects/X/sub', '/m/Projects/Xz'],
    ['COPY', '/m/Projects/X', '/m/Beside/X'],
    ['COPY', '/m/Projects', '/m/Projects/X/in'],
    ['COPY', '/m/Projects/file', '/m/Projects/X/in'],
    ['COPY', '/m/Projects/X/file', '/m/Projects/X'],
    ['MOVE', '/m/Projects/X/file', '/m/Projects/out'],
    ['MOVE', '/m/Projects/X', '/m/Projects/Y'],
    ['MOVE', '/m/Projects/X', '/m/projects/x'],
    ['MOVE', '/m/Projects/file', '/m/Projects/X/in'],
    ['MOVE', '/m/Projects', '/m/Projects/X/in'],
  ])('%s %s to %s crosses the edge: refused, and nothing has moved', async (method, from, to) => {
    const tree = async () => {
      const paths = ['/', '/m/', '/m/Projects/', '/m/Projects/X/', '/m/Beside/', '/other/'];
      const listings = await Promise.all(paths.map(path => whole('PROPFIND', path, { Depth: '1' })));
      return listings.flatMap(({ text }) => hrefsOf(text));
    };
    const before = await tree();
    expect((await narrow(method, from, { Destination: to })).status).toBe(403);
    expect(await tree()).toEqual(before);
  });

  it('does not end locks outside, though they are of the same person, and obeys those above', async () => {
    const lock = await whole('LOCK', '/m/Projects', { Depth: 'infinity' }, LOCK_BODY);
    const token = lock.headers.get('lock-token')!;
    for (const path of ['/m/Projects', '/m/Projects/file', '/m', '/']) {
      const { status } = await narrow('UNLOCK', path, { 'Lock-Token': token });
      expect([path, status]).toEqual([path, path === '/' ? 409 : 403]);
    }
    expect((await narrow('PUT', '/m/Projects/X/file', {}, 'x')).status).toBe(423);
    expect((await whole('UNLOCK', '/m/Projects', { 'Lock-Token': token })).status).toBe(204);
  });

  it('refuses side files outside, and keeps those inside', async () => {
    expect((await narrow('PUT', '/m/Projects/._X', {}, 'x')).status).toBe(403);
    expect((await narrow('PUT', '/m/.DS_Store', {}, 'x')).status).toBe(403);
    expect((await narrow('PUT', '/m/Projects/X/._file', {}, 'x')).status).toBe(201);
    expect((await narrow('GET', '/m/Projects/X/._file')).text).toBe('x');
  });

  it('of which there is no folder: 404 there, as the drive says, and it cannot be made', async () => {
    const dav = as({ ...ALL, below: ['m', 'Missing'] });
    expect((await dav('PROPFIND', '/m/Missing/', { Depth: '1' })).status).toBe(404);
    expect((await dav('MKCOL', '/m/Missing/')).status).toBe(403);
    expect((await dav('PUT', '/m/Missing', {}, 'x')).status).toBe(403);
    expect((await dav('LOCK', '/m/Missing', {}, LOCK_BODY)).status).toBe(403);
    expect((await dav('PUT', '/m/Missing/file', {}, 'x')).status).toBe(409);
    expect((await whole('PROPFIND', '/m/Missing/', { Depth: '1' })).status).toBe(404);
  });

  it('of a mount that the user may not see opens nothing of it', async () => {
    const dav = as({ rules: [{ named: { other: 'write' } }], below: ['m', 'Projects'] });
    expect((await dav('PROPFIND', '/m/Projects/', { Depth: '1' })).status).toBe(404);
    expect((await dav('PUT', '/m/Projects/new', {}, 'x')).status).toBe(409);
    expect((await dav('GET', '/other/file')).status).toBe(403);
  });
});
