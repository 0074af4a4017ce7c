import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, type DavAnswer, davClient } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { PASSWORD } from '../support/passwords.ts';
import { foundProperties, outcomes, propfind, proppatch, set } from '../support/properties.ts';
import { elementsBelow, elementsIn, parseTree, textIn } from '../support/xml-tree.ts';

const LOCK_BODY =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

/** `[href, privilege]` of each resource in a `need-privileges` (RFC 3744 §7.1.1). */
function lackingIn(xml: string): string[][] {
  return elementsBelow(parseTree(xml), 'DAV: resource').map(resource =>
    elementsIn(resource).map(part => (part.name === 'DAV: privilege' ? elementsIn(part)[0]!.name : textIn(part))),
  );
}

const allowed = ({ headers }: DavAnswer) => headers.get('allow')?.split(/, ?/).toSorted();

describe('a place that may only be read', () => {
  let door: FrontDoorTest;
  const as = (user: string): Dav => davClient({ ...door, user, password: PASSWORD });

  beforeAll(async () => {
    const mounts = ['ada', 'fixed'].map(name => ({ name, drive: createMemoryDrive(), readOnly: false }));
    const locked = { name: 'locked', drive: mounts[1]!.drive, readOnly: true };
    door = await startFrontDoor({
      pipeline: { allowUnauthenticatedOptions: true },
      mounts: [...mounts, locked],
      users: [
        { name: 'all', mounts: '*', access: 'write' },
        { name: 'reader', mounts: '*', access: 'read' },
      ],
    });
    for (const mount of ['ada', 'fixed']) {
      await as('all')('MKCOL', `/${mount}/a b`);
      await as('all')('PUT', `/${mount}/a b/file`, {}, 'x');
      await as('all')('PUT', `/${mount}/a b/other`, {}, 'x');
    }
  });
  afterAll(async () => {
    await door?.stop();
  });

  describe.each([
    ['a user who may only read', 'reader', 'ada'],
    ['a read-only mount', 'all', 'locked'],
  ])('%s', (_kind, user, mount) => {
    const folder = `/${mount}/a%20b/`;

    it.each([
      ['PUT', 'file', {}, 'x', [[`${folder}file`, 'DAV: write-content']]],
      ['PUT', 'new', {}, 'x', [[folder, 'DAV: bind']]],
      ['MKCOL', 'new', {}, undefined, [[folder, 'DAV: bind']]],
      ['DELETE', 'file', {}, undefined, [[folder, 'DAV: unbind']]],
      ['LOCK', 'file', {}, LOCK_BODY, [[`${folder}file`, 'DAV: write-content']]],
      ['LOCK', 'new', {}, LOCK_BODY, [[folder, 'DAV: bind']]],
      ['COPY', 'file', { Destination: `${folder}copy` }, undefined, [[folder, 'DAV: bind']]],
      [
        'COPY',
        'file',
        { Destination: `${folder}other` },
        undefined,
        [
          [`${folder}other`, 'DAV: write-content'],
          [`${folder}other`, 'DAV: write-properties'],
        ],
      ],
      [
        'MOVE',
        'file',
        { Destination: `${folder}other` },
        undefined,
        [
          [folder, 'DAV: unbind'],
          [folder, 'DAV: bind'],
        ],
      ],
      [
        'MOVE',
        'file',
        { Destination: `/${mount}/moved` },
        undefined,
        [
          [folder, 'DAV: unbind'],
          [`/${mount}/`, 'DAV: bind'],
        ],
      ],
    ])('%s %s names the privileges that are lacking', async (method, name, headers, body, lacking) => {
      const answer = await as(user)(method, `${folder}${name}`, headers as Record<string, string>, body);
      expect(answer.status).toBe(403);
      expect(answer.headers.get('content-type')).toContain('application/xml');
      expect(lackingIn(answer.text)).toEqual(lacking);
    });

    it('PROPPATCH names the privilege that is lacking', async () => {
      const answer = await proppatch(as(user), `${folder}file`, set('<x:author>Ada</x:author>'));
      expect([answer.status, lackingIn(answer.text)]).toEqual([403, [[`${folder}file`, 'DAV: write-properties']]]);
    });

    it('only the end of a MOVE that lacks a privilege is named', async () => {
      const out = await as('all')('MOVE', '/locked/a%20b/file', { Destination: '/ada/moved' });
      expect([out.status, lackingIn(out.text)]).toEqual([403, [['/locked/a%20b/', 'DAV: unbind']]]);
      const into = await as('all')('MOVE', '/ada/a%20b/file', { Destination: '/locked/moved' });
      expect([into.status, lackingIn(into.text)]).toEqual([403, [['/locked/', 'DAV: bind']]]);
      const over = await as('all')('MOVE', '/ada/a%20b/file', { Destination: '/locked/a%20b/other' });
      const folderOver = '/locked/a%20b/';
      expect([over.status, lackingIn(over.text)]).toEqual([
        403,
        [
          [folderOver, 'DAV: bind'],
          [folderOver, 'DAV: unbind'],
        ],
      ]);
    });

    it('OPTIONS and 405 allow no change and promise no locks', async () => {
      const file = await as(user)('OPTIONS', `${folder}file`);
      expect([file.status, file.headers.get('dav')]).toEqual([200, '1, 3']);
      expect(allowed(file)).toEqual(['COPY', 'GET', 'HEAD', 'OPTIONS', 'PROPFIND']);
      expect(allowed(await as(user)('OPTIONS', `/${mount}/`))).toEqual([
        'COPY',
        'HEAD',
        'OPTIONS',
        'PROPFIND',
        'REPORT',
      ]);
      expect(allowed(await as(user)('GET', folder))).toEqual(['COPY', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);
    });

    it('OPTIONS of a free name allows nothing that would make something there', async () => {
      for (const name of ['free', 'free/below', '._free']) {
        const free = await as(user)('OPTIONS', `${folder}${name}`);
        expect([name, free.status, allowed(free), free.headers.get('dav')]).toEqual([name, 200, ['OPTIONS'], '1, 3']);
      }
    });

    it('supportedlock is empty, by name, in allprop and in a listing', async () => {
      const [lock] = Object.values(foundProperties(await propfind(as(user), `${folder}file`, '<D:supportedlock/>')));
      expect(elementsIn(lock!)).toEqual([]);
      const listing = await as(user)('PROPFIND', folder, { Depth: '1' });
      const locks = elementsBelow(parseTree(listing.text), 'DAV: supportedlock');
      expect(locks.map(element => elementsIn(element).length)).toEqual([0, 0, 0]);
    });
  });

  it('a place that may be written has its methods and locks, also above the mounts', async () => {
    const dav = as('all');
    for (const path of ['/', '/ada/', '/ada/a%20b/file', '/ada/free']) {
      const answer = await dav('OPTIONS', path);
      expect(answer.headers.get('allow')).toContain('LOCK');
      expect(answer.headers.get('dav')).toBe('1, 2, 3, extended-mkcol');
    }
    const listing = await dav('PROPFIND', '/', { Depth: '1' });
    const locks = elementsBelow(parseTree(listing.text), 'DAV: supportedlock');
    expect(locks.map(element => elementsIn(element).length)).toEqual([0, 2, 2, 0]);
  });

  it('without credentials OPTIONS does not tell that nothing may be changed', async () => {
    const anonymous = await fetch(`${door.url}/ada/`, { method: 'OPTIONS' });
    expect([anonymous.status, anonymous.headers.get('dav')]).toEqual([200, '1, 2, 3, extended-mkcol']);
    expect(anonymous.headers.get('allow')).toContain('PUT');
  });

  it('the folder of a mount cannot be removed: that privilege is lacking on the root', async () => {
    const answer = await as('all')('DELETE', '/ada/');
    expect([answer.status, lackingIn(answer.text)]).toEqual([403, [['/', 'DAV: unbind']]]);
  });

  it('a 403 for another reason names no privilege', async () => {
    const answer = await as('all')('MOVE', '/ada/a%20b', { Destination: '/ada/a%20b/inside' });
    expect([answer.status, answer.text.includes('need-privileges')]).toEqual([403, false]);
  });
});

describe('the principal of a user', () => {
  let door: FrontDoorTest;
  const NAME = 'ada & grace';
  const PRINCIPAL = '/dav/-/users/ada%20%26%20grace/';
  const as = (user: string): Dav => davClient({ ...door, user, password: PASSWORD });
  const principalAt = async (dav: Dav, path: string) =>
    textIn(Object.values(foundProperties(await propfind(dav, path, '<D:current-user-principal/>')))[0]!);

  beforeAll(async () => {
    door = await startFrontDoor({
      listen: { basePath: ['dav'] },
      users: [NAME, 'other'].map(name => ({ name, mounts: '*', access: 'write' })),
    });
  });
  afterAll(async () => {
    await door?.stop();
  });

  it.each(['/', '/dav/', '/dav/m/'])('is told by name at %s, and not in allprop', async path => {
    expect(await principalAt(as(NAME), path)).toBe(path === '/' ? PRINCIPAL.replace('/dav', '') : PRINCIPAL);
    expect((await as(NAME)('PROPFIND', path, { Depth: '0' })).text).not.toContain('principal');
  });

  it('is a resource that says whose it is', async () => {
    const names = '<D:resourcetype/><D:displayname/><D:principal-URL/><x:author/>';
    const answer = await propfind(as(NAME), PRINCIPAL, names);
    expect(answer.status).toBe(207);
    const found = foundProperties(answer);
    expect(elementsIn(found['DAV: resourcetype']!).map(({ name }) => name)).toEqual(['DAV: principal']);
    expect(textIn(found['DAV: displayname']!)).toBe(NAME);
    expect(textIn(found['DAV: principal-URL']!)).toBe(PRINCIPAL);
    expect(outcomes(answer)[404]).toEqual(['urn:x author']);
    expect(await principalAt(as(NAME), PRINCIPAL)).toBe(PRINCIPAL);
    expect((await as(NAME)('PROPFIND', PRINCIPAL, { Depth: '0' })).text).toContain('<D:principal/>');
  });

  it("cannot be changed, and nobody sees another user's", async () => {
    const put = await as(NAME)('PUT', PRINCIPAL, {}, 'x');
    expect([put.status, allowed(put)]).toEqual([405, ['OPTIONS', 'PROPFIND']]);
    expect((await as(NAME)('OPTIONS', PRINCIPAL)).headers.get('dav')).toBe('1, 3');
    expect((await as('other')('PROPFIND', PRINCIPAL)).status).toBe(404);
    expect((await as(NAME)('PROPFIND', '/dav/-/users/')).status).toBe(404);
    expect((await fetch(`${door.url}${PRINCIPAL}`, { method: 'PROPFIND' })).status).toBe(401);
  });
});

it('the principal of a user needs credentials where the tree is at the root', async () => {
  const door = await startFrontDoor();
  try {
    const dav = davClient(door);
    expect((await dav('PROPFIND', '/-/users/user/', { Depth: '0' })).status).toBe(207);
    expect((await fetch(`${door.url}/-/users/user/`, { method: 'PROPFIND' })).status).toBe(401);
  } finally {
    await door.stop();
  }
});
