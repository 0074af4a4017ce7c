import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { driveAt } from '../support/drive-at.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { failedConditions, lockInfo, locksOn, takeLock, tokenIn, unlock } from '../support/locks.ts';
import { PASSWORD } from '../support/passwords.ts';
import { outcomes, propfind, proppatch, remove, set, textOf } from '../support/properties.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const live = () => ({ signal: new AbortController().signal });

/** Every entry of a drive by its path, as OneDrive would have it. */
async function treeOf(drive: Drive, path: DrivePath = toDrivePath([])): Promise<string[]> {
  const members = await drive.list(path, live());
  const below = members.map(async ({ kind, name }) => {
    const at = toDrivePath([...path, name]);
    return [`/${at.join('/')}`, ...(kind === 'folder' ? await treeOf(drive, at) : [])];
  });
  return (await Promise.all(below)).flat();
}

describe('junk names', () => {
  let door: FrontDoorTest;
  let ada: Dav;
  let bob: Dav;
  let reader: Dav;
  let folders = 0;
  const drive = withFaults(createMemoryDrive(), { canonicalPath: path => toDrivePath(['drive 1', ...path]) });

  beforeAll(async () => {
    await drive.makeFolder(toDrivePath(['Team']), live());
    const mounts = [
      { name: 'm', drive, readOnly: false },
      { name: 'team', drive: driveAt(drive, ['Team']), readOnly: false },
      { name: 'fixed', drive, readOnly: true },
      { name: 'other', drive: createMemoryDrive(), readOnly: false },
    ];
    const user = (name: string, access: 'read' | 'write') => ({
      name,
      mounts: '*' as const,
      access,
    });
    door = await startFrontDoor({
      mounts,
      users: [
        user('ada', 'write'),
        user('bob', 'write'),
        user('reader', 'read'),
        { ...user('guest', 'write'), mounts: [] },
      ],
    });
    const as = (name: string) => davClient({ url: door.url, user: name, password: PASSWORD });
    [ada, bob, reader] = [as('ada'), as('bob'), as('reader')];
  });
  afterAll(async () => {
    await door?.stop();
  });

  /** A folder of its own: `x` and its `._x`, `sub/y` and its `sub/._y`. */
  async function folder(): Promise<string> {
    folders += 1;
    const at = `/m/${folders}`;
    await ada('MKCOL', at);
    await ada('MKCOL', `${at}/sub`);
    for (const name of ['x', '._x', 'sub/y', 'sub/._y']) {
      await ada('PUT', `${at}/${name}`, {}, `in ${name}`);
    }
    return at;
  }

  const statusOf = async (dav: Dav, method: string, path: string, headers = {}, body?: string) =>
    (await dav(method, path, headers, body)).status;
  const get = async (path: string) => {
    const { status, text } = await bob('GET', path);
    return status === 200 ? text : status;
  };
  const members = async (path: string) => hrefsOf((await propfind(bob, path, '<D:resourcetype/>', '1')).text);

  it.each([
    '._photo.jpg',
    '.DS_Store',
    '.apdisk',
    'Thumbs.db',
    'desktop.ini',
    '~$report.docx',
    '.~lock.report.odt#',
    '.ds_store',
    'THUMBS.DB',
    'Desktop.INI',
  ])('%s is a file for users who name it, and does not exist for others', async name => {
    const at = await folder();
    const path = `${at}/${encodeURIComponent(name)}`;
    expect(await statusOf(ada, 'PROPFIND', path, { Depth: '0' })).toBe(404);
    const first = await ada('PUT', path, {}, 'kept');
    expect([first.status, first.headers.get('etag')]).toEqual([201, expect.stringMatching(/^".+"$/)]);
    const { status, headers, text } = await bob('GET', path);
    expect([status, text, headers.get('content-length')]).toEqual([200, 'kept', '4']);
    expect(headers.get('etag')).toBe(first.headers.get('etag'));
    expect(await statusOf(ada, 'HEAD', path)).toBe(200);
    expect(hrefsOf((await propfind(bob, path, '<D:resourcetype/>')).text)).toEqual([path.replaceAll("'", '%27')]);
    expect(await statusOf(ada, 'PUT', path, {}, 'changed')).toBe(204);
    expect(await get(path)).toBe('changed');
    expect(await members(at)).toEqual([`${at}/`, `${at}/x`, `${at}/sub/`].sort());
    expect(await treeOf(drive)).not.toContain(`${at.slice(2)}/${name}`);
    expect(await statusOf(ada, 'DELETE', path)).toBe(204);
    expect(await get(path)).toBe(404);
    expect(await statusOf(ada, 'DELETE', path)).toBe(404);
  });

  it('are served like any other file: ranges, conditions, empty, as a stream', async () => {
    const at = await folder();
    const path = `${at}/._new`;
    expect(await statusOf(ada, 'PUT', path, { 'If-Match': '*' }, 'x')).toBe(412);
    expect(await statusOf(ada, 'PUT', path, { 'If-None-Match': '*' }, '')).toBe(201);
    expect(await statusOf(ada, 'PUT', path, { 'If-None-Match': '*' }, 'x')).toBe(412);
    expect(await get(path)).toBe('');
    expect((await ada('PUT', path, {}, new Blob(['0123456789']).stream())).status).toBe(204);
    const part = await bob('GET', path, { Range: 'bytes=2-4' });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await statusOf(bob, 'GET', path, { Range: 'bytes=10-' })).toBe(416);
    const etag = part.headers.get('etag')!;
    expect(await statusOf(bob, 'GET', path, { 'If-None-Match': etag })).toBe(304);
    expect(await statusOf(ada, 'PUT', path, { 'If-Match': '"other"' }, 'x')).toBe(412);
    expect(await statusOf(ada, 'PUT', path, { 'If-Match': etag }, 'new')).toBe(204);
  });

  it('need a folder to be in', async () => {
    const at = await folder();
    for (const path of [`${at}/missing/._x`, `${at}/x/._y`, '/nomount/._x']) {
      expect(await statusOf(ada, 'PUT', path, {}, 'x')).toBe(409);
      expect(await get(path)).toBe(404);
    }
  });

  it('are refused when they are too long to be junk', async () => {
    const at = await folder();
    expect((await ada('PUT', `${at}/._huge`, {}, Buffer.alloc(17 * 1024 ** 2))).status).toBe(413);
    expect(await get(`${at}/._huge`)).toBe(404);
  });

  it('do not fill a folder: it looks empty, and goes with DELETE and all that was kept in it', async () => {
    folders += 1;
    const at = `/m/${folders}`;
    await ada('MKCOL', at);
    for (const name of ['._a', '.DS_Store']) {
      await ada('PUT', `${at}/${name}`, {}, 'x');
    }
    expect(await members(at)).toEqual([`${at}/`]);
    expect(await statusOf(ada, 'DELETE', `${at}/`)).toBe(204);
    expect(await get(`${at}/._a`)).toBe(404);
    await ada('MKCOL', at);
    expect([await get(`${at}/._a`), await get(`${at}/.DS_Store`)]).toEqual([404, 404]);
  });

  it('._x goes where x goes: MOVE, COPY, DELETE', async () => {
    const at = await folder();
    await ada('MOVE', `${at}/x`, { Destination: `${at}/z` });
    expect([await get(`${at}/._z`), await get(`${at}/._x`)]).toEqual(['in ._x', 404]);
    await ada('COPY', `${at}/z`, { Destination: `${at}/copied` });
    expect([await get(`${at}/._z`), await get(`${at}/._copied`)]).toEqual(['in ._x', 'in ._x']);
    await ada('DELETE', `${at}/z`);
    expect([await get(`${at}/._z`), await get(`${at}/._copied`)]).toEqual([404, 'in ._x']);
  });

  it.each(['COPY', 'MOVE'])('%s over a file leaves nothing of its ._ file', async method => {
    const at = await folder();
    await ada('PUT', `${at}/bare`, {}, 'bare');
    expect(await statusOf(ada, method, `${at}/bare`, { Destination: `${at}/x` })).toBe(204);
    expect([await get(`${at}/x`), await get(`${at}/._x`)]).toEqual(['bare', 404]);
  });

  it('are carried by a folder: MOVE, COPY, and to another mailbox', async () => {
    const at = await folder();
    await ada('PUT', `${at}/.DS_Store`, {}, 'view');
    for (const [method, to] of [
      ['COPY', `${at}-copied`],
      ['MOVE', `${at}-moved`],
    ] as const) {
      expect(await statusOf(ada, method, at, { Destination: to })).toBe(201);
      const names = ['._x', 'sub/._y', '.DS_Store'];
      expect(await Promise.all(names.map(name => get(`${to}/${name}`)))).toEqual(['in ._x', 'in sub/._y', 'view']);
    }
    expect(await get(`${at}/._x`)).toBe(404);
    expect(await statusOf(ada, 'MOVE', `${at}-moved`, { Destination: '/other/moved' })).toBe(201);
    expect([await get('/other/moved/sub/._y'), await get(`${at}-moved/sub/._y`)]).toEqual(['in sub/._y', 404]);
    expect(await statusOf(ada, 'MOVE', '/other/moved/x', { Destination: `${at}-back` })).toBe(201);
    expect(await get(`/m/._${folders}-back`)).toBe('in ._x');
  });

  it('stay with x when it only changes the case of its name, and when a MOVE fails', async () => {
    const at = await folder();
    expect(await statusOf(ada, 'MOVE', `${at}/x`, { Destination: `${at}/X` })).toBeLessThan(300);
    expect(await get(`${at}/._X`)).toBe('in ._x');
    expect(await statusOf(ada, 'MOVE', `${at}/x`, { Destination: `${at}/sub/y`, Overwrite: 'F' })).toBe(412);
    expect([await get(`${at}/._x`), await get(`${at}/sub/._y`)]).toEqual(['in ._x', 'in sub/._y']);
  });

  it('take their properties along, and leave none to a later entry of the same name', async () => {
    const at = await folder();
    const mark = (path: string) => textOf(bob, path, '<x:a/>');
    await proppatch(ada, `${at}/._x`, set('<x:a>1</x:a>'));
    await ada('MOVE', `${at}/x`, { Destination: `${at}/z` });
    await ada('PUT', `${at}/._x`, {}, 'another');
    expect([await mark(`${at}/._z`), await mark(`${at}/._x`)]).toEqual(['1', undefined]);
    await ada('DELETE', `${at}/z`);
    await ada('PUT', `${at}/._z`, {}, 'another');
    expect(await mark(`${at}/._z`)).toBeUndefined();
  });

  it.each(['DELETE', 'MOVE'])('that go with x by %s take no lock with them, and leave none behind', async method => {
    const at = await folder();
    await takeLock(bob, `${at}/._x`);
    const status = await statusOf(ada, method, `${at}/x`, { Destination: `${at}/z` });
    expect([201, 204, 423]).toContain(status);
    expect(await statusOf(ada, 'PUT', `${at}/._x`, {}, 'again')).toBe(status === 423 ? 423 : 201);
  });

  it('of a folder that is written over are gone', async () => {
    const [from, to] = [await folder(), await folder()];
    await ada('PUT', `${to}/sub/.DS_Store`, {}, 'old view');
    expect(await statusOf(ada, 'MOVE', from, { Destination: to })).toBe(204);
    expect([await get(`${to}/sub/.DS_Store`), await get(`${to}/sub/._y`)]).toEqual([404, 'in sub/._y']);
  });

  it('stay apart from x when they are named themselves', async () => {
    const at = await folder();
    expect(await statusOf(ada, 'MOVE', `${at}/._x`, { Destination: `${at}/._w` })).toBe(201);
    expect([await get(`${at}/._w`), await get(`${at}/._x`), await get(`${at}/x`)]).toEqual(['in ._x', 404, 'in x']);
    expect(await statusOf(ada, 'COPY', `${at}/._w`, { Destination: `${at}/._x`, Overwrite: 'F' })).toBe(201);
    expect(await statusOf(ada, 'COPY', `${at}/._w`, { Destination: `${at}/._x`, Overwrite: 'F' })).toBe(412);
    expect(await statusOf(ada, 'COPY', `${at}/._w`, { Destination: `${at}/._x` })).toBe(204);
    expect(await statusOf(ada, 'DELETE', `${at}/._x`)).toBe(204);
    expect([await get(`${at}/x`), await get(`${at}/._w`)]).toEqual(['in x', 'in ._x']);
  });

  it.each(['COPY', 'MOVE'])('a %s makes a file of junk by its new name, and never junk of a file', async method => {
    const at = await folder();
    await ada('PUT', `${at}/.DS_Store`, {}, 'saved');
    expect(await statusOf(ada, method, `${at}/.DS_Store`, { Destination: `${at}/real` })).toBe(201);
    expect(await treeOf(drive)).toContain(`${at.slice(2)}/real`);
    expect(await get(`${at}/real`)).toBe('saved');
    expect(await get(`${at}/.DS_Store`)).toBe(method === 'COPY' ? 'saved' : 404);
    // The server may drop side files one day; a file of OneDrive must not become one by its name.
    for (const name of ['._x', '.DS_Store', '._other']) {
      const { status, text } = await ada(method, `${at}/x`, { Destination: `${at}/${name}` });
      expect([status, text]).toEqual([403, expect.stringContaining('choose another name')]);
    }
    expect([await get(`${at}/x`), await get(`${at}/._x`)]).toEqual(['in x', 'in ._x']);
    expect(await treeOf(drive)).not.toContain(`${at.slice(2)}/.DS_Store`);
  });

  describe('E names that OneDrive reserves and programs need', () => {
    const members = async (path: string) => hrefsOf((await bob('PROPFIND', path, { Depth: '1' })).text);

    it('Joplin makes its folder .lock with locks, lists and removes them; none of it reaches OneDrive', async () => {
      const at = await folder();
      const before = await treeOf(drive);
      expect(await statusOf(ada, 'MKCOL', `${at}/.lock/`)).toBe(201);
      expect(await statusOf(ada, 'MKCOL', `${at}/.lock/`)).toBe(405);
      for (const name of ['1_2_Abc.json', 'second', '%F0%9F%98%80']) {
        expect(await statusOf(ada, 'PUT', `${at}/.lock/${name}`, {}, name)).toBe(201);
      }
      expect(await members(`${at}/.lock/`)).toEqual([
        `${at}/.lock/`,
        ...['1_2_Abc.json', 'second', '%F0%9F%98%80'].map(name => `${at}/.lock/${name}`),
      ]);
      expect(await get(`${at}/.lock/1_2_Abc.json`)).toBe('1_2_Abc.json');
      expect(await statusOf(ada, 'PUT', `${at}/.lock/second`, {}, 'again')).toBe(204);
      expect(await statusOf(ada, 'DELETE', `${at}/.lock/1_2_Abc.json`)).toBe(204);
      expect(await get(`${at}/.lock/1_2_Abc.json`)).toBe(404);
      expect(await members(`${at}/`)).not.toContain(`${at}/.lock/`);
      expect(await treeOf(drive)).toEqual(before);
    });

    it.each(['.DS_Store', 'Thumbs.db', '~$x', '._folder', 'desktop.ini', 'Icon%0D'])(
      'a folder %s never becomes one of OneDrive',
      async name => {
        const at = await folder();
        const before = await treeOf(drive);
        expect(await statusOf(ada, 'MKCOL', `${at}/${name}`)).toBe(201);
        expect(await statusOf(ada, 'MKCOL', `${at}/${name}/sub`)).toBe(201);
        expect(await statusOf(ada, 'PUT', `${at}/${name}/sub/file`, {}, 'x')).toBe(201);
        expect(await get(`${at}/${name}/sub/file`)).toBe('x');
        expect(await treeOf(drive)).toEqual(before);
      },
    );

    it('such a folder follows the rules of folders', async () => {
      const at = await folder();
      await ada('MKCOL', `${at}/.lock`);
      await ada('PUT', `${at}/.lock/a`, {}, 'a');
      expect(await statusOf(ada, 'PUT', `${at}/.lock`, {}, 'x')).toBe(405);
      expect(await statusOf(ada, 'PUT', `${at}/.lock/none/x`, {}, 'x')).toBe(409);
      expect(await statusOf(ada, 'MKCOL', `${at}/.lock/a/b`)).toBe(409);
      expect(await statusOf(ada, 'MKCOL', `${at}/missing/.lock`)).toBe(409);
      expect(await statusOf(reader, 'MKCOL', `${at}/sub/.lock`)).toBe(403);
      expect(await statusOf(reader, 'PUT', `${at}/.lock/b`, {}, 'b')).toBe(403);
      expect(await statusOf(ada, 'PROPFIND', `${at}/.lock/none`, { Depth: '0' })).toBe(404);
      const locked = await ada('LOCK', `${at}/.lock/locked`, {}, lockInfo());
      expect(locked.status).toBe(201);
      expect(await statusOf(bob, 'PUT', `${at}/.lock/locked`, {}, 'b')).toBe(423);
      await ada('UNLOCK', `${at}/.lock/locked`, { 'Lock-Token': locked.headers.get('lock-token')! });
      expect(await statusOf(ada, 'DELETE', `${at}/.lock`)).toBe(204);
      expect(await statusOf(ada, 'PROPFIND', `${at}/.lock`, { Depth: '0' })).toBe(404);
      expect(await get(`${at}/.lock/a`)).toBe(404);
    });

    it('it moves, is copied and goes with the folder that it is in', async () => {
      const at = await folder();
      await ada('MKCOL', `${at}/sub/.lock`);
      await ada('PUT', `${at}/sub/.lock/a`, {}, 'a');
      expect(await statusOf(ada, 'COPY', `${at}/sub`, { Destination: `${at}/copied` })).toBe(201);
      expect(await statusOf(ada, 'MOVE', `${at}/sub`, { Destination: `${at}/moved` })).toBe(201);
      expect([await get(`${at}/copied/.lock/a`), await get(`${at}/moved/.lock/a`)]).toEqual(['a', 'a']);
      expect(await get(`${at}/sub/.lock/a`)).toBe(404);
      await ada('DELETE', `${at}/moved`);
      await ada('MKCOL', `${at}/moved`);
      expect(await get(`${at}/moved/.lock/a`)).toBe(404);
    });

    it.each(['COPY', 'MOVE'])('a %s neither takes it out nor anything of OneDrive into it', async method => {
      const at = await folder();
      await ada('MKCOL', `${at}/.lock`);
      await ada('PUT', `${at}/.lock/a`, {}, 'a');
      const before = await treeOf(drive);
      expect(await statusOf(ada, method, `${at}/.lock`, { Destination: `${at}/real` })).toBe(403);
      for (const from of ['x', 'sub']) {
        expect(await statusOf(ada, method, `${at}/${from}`, { Destination: `${at}/.lock/${from}` })).toBe(403);
        expect(await statusOf(ada, method, `${at}/${from}`, { Destination: `${at}/._${from}2` })).toBe(403);
      }
      expect(await statusOf(ada, method, `${at}/.lock`, { Destination: `${at}/.lock/inside` })).toBe(403);
      expect(await treeOf(drive)).toEqual(before);
      expect(await statusOf(ada, method, `${at}/.lock/a`, { Destination: `${at}/.lock/b` })).toBe(201);
      expect(await statusOf(ada, method, `${at}/.lock`, { Destination: `${at}/sub/.LOCK` })).toBe(201);
      expect(await get(`${at}/sub/.lock/b`)).toBe('a');
      expect((await members(`${at}/sub/.LOCK/`)).at(-1)).toBe(`${at}/sub/.LOCK/b`);
    });

    it('Icon and a carriage return, which macOS puts into folders with an icon of their own, is kept', async () => {
      const at = await folder();
      const finder = { 'User-Agent': 'WebDAVFS/3.0.0 (03008000) Darwin/23.0.0 (x86_64)' };
      const icon = `${at}/Icon%0D`;
      expect(await statusOf(ada, 'PROPFIND', icon, { ...finder, Depth: '0' })).toBe(404);
      expect(await statusOf(ada, 'PUT', icon, finder, '')).toBe(201);
      const { text } = await ada('PROPFIND', icon, { ...finder, Depth: '0' });
      expect(hrefsOf(text)).toEqual([icon]);
      expect(text).not.toContain('\r');
      expect(await statusOf(ada, 'MOVE', icon, { Destination: `${at}/sub/Icon%0D` })).toBe(201);
      for (const other of ['Icon%0A', '%0D', 'Icon%0Dx', 'a%0D']) {
        expect(await statusOf(ada, 'PUT', `${at}/${other}`, {}, 'x')).toBe(400);
      }
    });
  });

  it.each(['COPY', 'MOVE'])('a %s of junk over a folder is refused, and the folder stays', async method => {
    const at = await folder();
    expect(await statusOf(ada, method, `${at}/._x`, { Destination: `${at}/sub` })).toBe(403);
    expect([await get(`${at}/._x`), await get(`${at}/sub/y`)]).toEqual(['in ._x', 'in sub/y']);
  });

  it('are renamed in case only, and not onto themselves', async () => {
    const at = await folder();
    const move = (to: string) => statusOf(ada, 'MOVE', `${at}/._x`, { Destination: `${at}/${to}`, Overwrite: 'F' });
    expect([await move('._X'), await move('._X'), await get(`${at}/._x`)]).toEqual([201, 201, 'in ._x']);
    expect(await move('._x')).toBe(403);
  });

  it('of a mount cannot be read through a name that is no mount', async () => {
    const at = await folder();
    const guest = davClient({ url: door.url, user: 'guest', password: PASSWORD });
    const inside = `/${encodeURIComponent('drive 1')}${at.slice(2)}/._x`;
    for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND']) {
      expect([403, 404, 409]).toContain(await statusOf(guest, method, inside));
    }
    expect(await get(`${at}/._x`)).toBe('in ._x');
  });

  it('that pretend to be there cannot be written, made or given to a file', async () => {
    const name = '/m/.metadata_never_index';
    await ada('PUT', '/m/plain', {}, 'plain');
    expect(await statusOf(ada, 'PUT', name)).toBe(403);
    expect(await statusOf(ada, 'MKCOL', name)).toBe(405);
    expect(await statusOf(ada, 'DELETE', name)).toBe(403);
    expect(await statusOf(ada, 'MOVE', '/m/plain', { Destination: name })).toBe(403);
    expect(await get('/m/plain')).toBe('plain');
  });

  it('that are in OneDrive all the same are listed, read and removed there', async () => {
    const at = await folder();
    const bytes = (async function* () {
      yield Buffer.from('from elsewhere');
    })();
    await drive.write(toDrivePath([...at.split('/').slice(2), '._real']), bytes, live());
    expect(await members(at)).toContain(`${at}/._real`);
    expect(await get(`${at}/._real`)).toBe('from elsewhere');
    expect((await propfind(bob, `${at}/._real`, '<D:getcontentlength/>')).text).toContain('>14<');
    expect(await statusOf(ada, 'MOVE', `${at}/._real`, { Destination: `${at}/renamed` })).toBe(201);
    expect(await statusOf(ada, 'COPY', `${at}/renamed`, { Destination: `${at}/again` })).toBe(201);
    expect([await get(`${at}/renamed`), await get(`${at}/._real`)]).toEqual(['from elsewhere', 404]);
  });

  it('that are in OneDrive all the same can be written, and then be gone', async () => {
    const at = await folder();
    const bytes = (async function* () {
      yield Buffer.from('from elsewhere');
    })();
    await drive.write(toDrivePath([...at.split('/').slice(2), '._real']), bytes, live());
    expect(await statusOf(ada, 'PUT', `${at}/._real`, {}, 'mine')).toBe(204);
    expect(await get(`${at}/._real`)).toBe('mine');
    expect(await statusOf(ada, 'DELETE', `${at}/._real`)).toBe(204);
    expect(await get(`${at}/._real`)).toBe(404);
  });

  it('can be locked like any file, and make their place with LOCK', async () => {
    const at = await folder();
    for (const [name, status] of [
      ['._x', 200],
      ['._new', 201],
    ] as const) {
      const path = `${at}/${name}`;
      const answer = await ada('LOCK', path, { Depth: '0' }, lockInfo());
      expect(answer.status).toBe(status);
      const token = tokenIn(answer);
      const refused = await bob('PUT', path, {}, 'x');
      expect([refused.status, failedConditions(refused).hrefs]).toEqual([423, [path]]);
      expect(await statusOf(bob, 'DELETE', path)).toBe(423);
      expect(await statusOf(ada, 'PUT', path, { If: `(<${token}>)` }, 'mine')).toBe(204);
      expect((await unlock(ada, path, token)).status).toBe(204);
      expect([await statusOf(bob, 'PUT', path, {}, 'x'), await members(at)]).toEqual([204, expect.any(Array)]);
    }
    expect(await members(at)).not.toContain(`${at}/._new`);
  });

  it('are covered by a lock on their folder', async () => {
    const at = await folder();
    const token = await takeLock(ada, at);
    expect(await statusOf(bob, 'PUT', `${at}/._x`, {}, 'x')).toBe(423);
    expect(await statusOf(bob, 'PUT', `${at}/sub/._new`, {}, 'x')).toBe(423);
    expect(await locksOn(bob, `${at}/._x`)).toMatchObject([{ token }]);
    expect(await statusOf(ada, 'PUT', `${at}/._x`, { If: `(<${token}>)` }, 'x')).toBe(204);
  });

  it('have properties that clients set, and the room of their drive', async () => {
    const at = await folder();
    const answer = await proppatch(
      ada,
      `${at}/._x`,
      set('<x:a>1</x:a><Z:Win32FileAttributes>00000022</Z:Win32FileAttributes>'),
    );
    expect([answer.status, Object.keys(outcomes(answer))]).toEqual([207, ['200']]);
    expect(await textOf(bob, `${at}/._x`, '<x:a/>')).toBe('1');
    expect(await textOf(bob, `${at}/x`, '<x:a/>')).toBeUndefined();
    await proppatch(ada, `${at}/._x`, remove('<x:a/>'));
    expect(await textOf(bob, `${at}/._x`, '<x:a/>')).toBeUndefined();
    const quota = '<D:quota-used-bytes/><D:quota-available-bytes/>';
    expect((await propfind(bob, `${at}/._x`, quota)).status).toBe(207);
    expect((await propfind(bob, at, quota)).text).toMatch(/quota-used-bytes>\d+</);
  });

  it('C10 keep the times that clients set, of files and folders', async () => {
    const at = await folder();
    const time = 'Wed, 14 Nov 2001 22:13:20 GMT';
    await ada('MKCOL', `${at}/.DS_Store`);
    for (const path of [`${at}/._x`, `${at}/.DS_Store`]) {
      const answer = await proppatch(ada, path, set(`<Z:Win32LastModifiedTime>${time}</Z:Win32LastModifiedTime>`));
      expect(Object.keys(outcomes(answer))).toEqual(['200']);
      expect(await textOf(bob, path, '<D:getlastmodified/>')).toBe(time);
    }
    expect(await get(`${at}/._x`)).not.toBe(404);
  });

  it('belong to the folder, however it is mounted', async () => {
    await ada('PUT', '/team/._shared', {}, 'kept');
    expect([await get('/m/Team/._shared'), await get('/fixed/Team/._shared')]).toEqual(['kept', 'kept']);
    expect(await statusOf(bob, 'DELETE', '/m/team/._SHARED')).toBe(204);
    expect(await get('/team/._shared')).toBe(404);
  });

  it('cannot be changed by a user who may only read, nor through a read-only mount', async () => {
    const at = await folder();
    for (const [dav, path] of [
      [reader, at],
      [ada, at.replace('/m/', '/fixed/')],
    ] as const) {
      expect(await statusOf(dav, 'PUT', `${path}/._x`, {}, 'x')).toBe(403);
      expect(await statusOf(dav, 'PUT', `${path}/._new`, {}, 'x')).toBe(403);
      expect(await statusOf(dav, 'DELETE', `${path}/._x`)).toBe(403);
      expect(await statusOf(dav, 'MOVE', `${path}/._x`, { Destination: `${path}/._y` })).toBe(403);
      expect(await statusOf(dav, 'COPY', `${path}/._x`, { Destination: `${path}/._y` })).toBe(403);
      expect(await statusOf(dav, 'LOCK', `${path}/._x`, {}, lockInfo())).toBe(403);
      expect((await proppatch(dav, `${path}/._x`, set('<x:a/>'))).status).toBe(403);
      expect((await dav('GET', `${path}/._x`)).text).toBe('in ._x');
    }
    expect([await get(`${at}/._x`), await get(`${at}/._y`), await get(`${at}/._new`)]).toEqual(['in ._x', 404, 404]);
  });

  it.each(['.metadata_never_index', '.metadata_never_index_unless_rootfs', '.ql_disablethumbnails'])(
    '%s is an empty file at the top, and nowhere else',
    async name => {
      const at = await folder();
      for (const top of ['/', '/m/', '/fixed/']) {
        expect(await get(`${top}${name}`)).toBe('');
        expect((await propfind(bob, `${top}${name}`, '<D:getcontentlength/>')).text).toContain('>0<');
        expect(await members(top)).not.toContain(`${top}${name}`);
        expect(await statusOf(bob, 'HEAD', `${top}${name}`)).toBe(200);
      }
      expect(await get(`${at}/${name}`)).toBe(404);
      for (const [method, body] of [['PUT', 'x'], ['DELETE'], ['MKCOL'], ['LOCK', lockInfo()]] as const) {
        expect(await statusOf(ada, method, `/m/${name}`, {}, body)).toBeLessThan(500);
      }
      expect(await get(`/m/${name}`)).toBe('');
      expect(await treeOf(drive)).not.toContain(`/${name}`);
    },
  );

  it.each(['.Trashes', '.Spotlight-V100', '.fseventsd'])(
    '%s cannot be made, neither as a folder nor as a file',
    async name => {
      const at = await folder();
      for (const path of [`/m/${name}`, `${at}/${name}`]) {
        expect(await statusOf(ada, 'MKCOL', path)).toBe(403);
        expect(await statusOf(ada, 'PUT', path, {}, 'x')).toBe(403);
        expect(await statusOf(ada, 'LOCK', path, {}, lockInfo())).toBe(403);
        expect(await statusOf(ada, 'COPY', `${at}/x`, { Destination: path })).toBe(403);
        expect(await statusOf(ada, 'MOVE', `${at}/x`, { Destination: path })).toBe(403);
        expect(await statusOf(bob, 'PROPFIND', path, { Depth: '0' })).toBe(404);
        expect(await statusOf(ada, 'PUT', `${path}/501`, {}, 'x')).toBe(409);
      }
      expect(await get(`${at}/x`)).toBe('in x');
    },
  );

  it('at the root of all mounts are no place for files', async () => {
    expect(await statusOf(ada, 'PUT', '/.DS_Store', {}, 'x')).toBe(403);
    expect(await statusOf(ada, 'PUT', '/._m', {}, 'x')).toBe(403);
    expect(await get('/.DS_Store')).toBe(404);
  });
});

describe('junk: []', () => {
  it('makes files of such names like others', async () => {
    const drive = createMemoryDrive();
    const door = await startFrontDoor({ drive, junk: [] });
    try {
      const dav = davClient(door);
      const names = ['._x', '.DS_Store', 'desktop.ini'];
      for (const name of names) {
        expect((await dav('PUT', `/m/${name}`, {}, 'x')).status).toBe(201);
      }
      expect((await dav('MKCOL', '/m/.Trashes')).status).toBe(201);
      expect((await dav('GET', '/m/.ql_disablethumbnails')).status).toBe(404);
      expect((await treeOf(drive)).sort()).toEqual(['/.DS_Store', '/.Trashes', '/._x', '/desktop.ini']);
      expect(hrefsOf((await dav('PROPFIND', '/m/', { Depth: '1' })).text)).toHaveLength(5);
      await dav('PUT', '/m/x', {}, 'x');
      await dav('DELETE', '/m/x');
      expect((await dav('GET', '/m/._x')).status).toBe(200);
    } finally {
      await door.stop();
    }
  });
});

describe('junk names and Graph', () => {
  let server: TestServer;
  let dav: Dav;

  beforeAll(async () => {
    server = await startTestServer();
    dav = davClient(server);
    await server.mailboxes.ada.put('/folder/x', 'x');
    await server.mailboxes.ada.put('/folder/._real', 'real');
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('cost no call where the listing of the folder is known', async () => {
    const body = '<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>';
    const path = '/ada/folder/._x';
    await dav('PROPFIND', '/ada/folder/', { Depth: '1' }, body);
    server.emulator.resetCalls();
    const statuses = [
      await dav('PROPFIND', path, { Depth: '0' }, body),
      await dav('PROPFIND', '/ada/folder/.DS_Store', { Depth: '0' }, body),
      await dav('PUT', path, {}, ''),
      await dav('LOCK', path, { Depth: '0' }, lockInfo()),
      await dav('PUT', path, { If: `(<${(await locksOn(dav, path))[0]?.token}>)` }, 'kept'),
      await dav('GET', path),
      await unlock(dav, path, (await locksOn(dav, path))[0]!.token),
      await dav('MOVE', path, { Destination: '/ada/folder/._y' }),
      await dav('DELETE', '/ada/folder/._y'),
      await dav('PROPFIND', '/ada/folder/', { Depth: '1' }, body),
    ].map(({ status }) => status);
    expect(statuses).toEqual([404, 404, 201, 200, 204, 200, 204, 201, 204, 207]);
    expect(server.emulator.calls.map(({ operation }) => operation)).toEqual([]);
    expect(Object.keys(server.mailboxes.ada.tree())).toEqual(
      expect.not.arrayContaining(['/folder/._x', '/folder/._y', '/folder/.DS_Store']),
    );
  });

  it('are read from OneDrive where another client has put them', async () => {
    expect((await dav('GET', '/ada/folder/._real')).text).toBe('real');
    expect(hrefsOf((await dav('PROPFIND', '/ada/folder/', { Depth: '1' })).text)).toContain('/ada/folder/._real');
    expect((await dav('DELETE', '/ada/folder/._real')).status).toBe(204);
    expect(server.mailboxes.ada.stat('/folder/._real')).toBeUndefined();
    expect(server.emulator.violations).toEqual([]);
  });
});
