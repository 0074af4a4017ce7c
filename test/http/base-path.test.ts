import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { activeLocks, failedConditions, lockInfo, takeLock } from '../support/locks.ts';

const PUBLIC = 'files.example.com';

describe.each([['/dav'], ['/a/b'], ['/d&v/ü x']])('below the base path %s', basePath => {
  const names = basePath.slice(1).split('/');
  /** As hrefs spell it. */
  const base = names.map(name => `/${encodeURIComponent(name)}`).join('');
  let door: FrontDoorTest;
  let dav: Dav;
  let count = 0;

  beforeAll(async () => {
    door = await startFrontDoor({ listen: { basePath: names }, publicUrls: [`https://${PUBLIC}${base}`] });
    dav = davClient(door);
  });
  afterAll(async () => {
    await door?.stop();
  });

  const list = async (path: string, depth = '1') => hrefsOf((await dav('PROPFIND', path, { Depth: depth })).text);

  /** A file of its own. */
  async function file(): Promise<string> {
    count += 1;
    const path = `${base}/m/file%20${count}`;
    expect((await dav('PUT', path, {}, 'text')).status).toBe(201);
    return path;
  }

  it('the tree is served with the base path in every href', async () => {
    const path = await file();
    expect(await list(base)).toEqual([`${base}/`, `${base}/m/`]);
    expect(await list(`${base}/`)).toEqual([`${base}/`, `${base}/m/`]);
    expect(await list(`${base}/m`)).toContain(path);
    expect(await list(path, '0')).toEqual([path]);
    expect((await dav('GET', path)).text).toBe('text');
  });

  it('each folder above is there, for Explorer to walk down, and shows the next only', async () => {
    const folders = names.map(
      (_, depth) =>
        `${base
          .split('/')
          .slice(0, depth + 1)
          .join('/')}/`,
    );
    for (const [depth, folder] of folders.entries()) {
      const next = folders[depth + 1] ?? `${base}/`;
      expect(await list(folder)).toEqual([folder, next]);
      expect(await list(folder, '0')).toEqual([folder]);
      expect(await list(folder.replace(/(.)\/$/, '$1'), '0')).toEqual([folder]);
      expect((await dav('HEAD', folder)).status).toBe(200);
    }
  });

  it('OPTIONS is 200 with the DAV classes everywhere', async () => {
    const path = await file();
    for (const target of ['/', base, `${base}/`, path, `${base}/m/missing`, `${base}x`, '/elsewhere/x', '/-x']) {
      const { status, headers } = await dav('OPTIONS', target);
      expect([target, status, headers.get('dav'), headers.get('ms-author-via')]).toEqual([
        ...[target, 200, '1, 2, 3, extended-mkcol', 'DAV'],
      ]);
    }
  });

  it.each(['/m/x', '/elsewhere', 'BASEx', 'BASEx/m/x', 'BASE%20/m', '/x/BASE/m', '/m/BASE'])(
    'nothing is at %s, and nothing can be put there',
    async target => {
      const path = target.replace('/BASE', base).replace('BASE', base);
      expect((await dav('PROPFIND', path, { Depth: '0' })).status).toBe(404);
      expect((await dav('GET', path)).status).toBe(404);
      expect((await dav('DELETE', path)).status).toBeOneOf([403, 404]);
      for (const method of ['PUT', 'MKCOL', 'LOCK']) {
        const { status } = await dav(method, path, {}, method === 'LOCK' ? lockInfo() : undefined);
        expect([method, status]).toEqual([method, expect.toBeOneOf([403, 409])]);
      }
    },
  );

  it('nothing above can be changed, moved, copied, locked or given properties', async () => {
    const patch = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>`;
    for (const folder of new Set(['/', `/${encodeURIComponent(names[0]!)}`, base])) {
      const answers = [
        await dav('DELETE', folder),
        await dav('PUT', folder, {}, 'x'),
        await dav('MKCOL', folder),
        await dav('LOCK', folder, {}, lockInfo()),
        await dav('PROPPATCH', folder, {}, patch),
        await dav('COPY', folder, { Destination: `${base}/m/copy` }),
        await dav('MOVE', folder, { Destination: `${base}/m/moved` }),
        await dav('MOVE', `${base}/m`, { Destination: folder }),
      ];
      for (const { status } of answers) {
        expect(status).toBeOneOf([403, 404, 405]);
      }
    }
    expect(await list(base)).toEqual([`${base}/`, `${base}/m/`]);
  });

  it('the base path may be written in other letters: the answer spells it as the client did', async () => {
    const encoded = base.replace(/[a-z]/, letter => `%${letter.charCodeAt(0).toString(16)}`);
    expect(await list(encoded)).toContain(`${base}/m/`);
    const shouted = names.map(name => `/${encodeURIComponent(name.toUpperCase())}`).join('');
    expect(await list(shouted)).toEqual([`${shouted}/`, `${shouted}/m/`]);
    const decomposed = names.map(name => `/${encodeURIComponent(name.normalize('NFD'))}`).join('');
    expect(await list(`${decomposed}/`)).toEqual([`${decomposed}/`, `${decomposed}/m/`]);
    const path = await file();
    const destination = path.replace(base, shouted);
    expect((await dav('MOVE', path, { Destination: `${destination}-new` })).status).toBe(201);
    expect((await dav('HEAD', `${path}-new`)).status).toBe(200);
  });

  describe.each(['COPY', 'MOVE'])('%s', method => {
    const cases: [title: string, destination: (path: string) => string, status: number][] = [
      ['a path', path => path, 201],
      ['the URL of this listener', path => `${door.url}${path}`, 201],
      ['the public URL, as https', path => `https://${PUBLIC}${path}`, 201],
      ['the public URL with the port of http', path => `http://${PUBLIC}:80${path}`, 201],
      ['the public URL with the port of https', path => `https://${PUBLIC}:443${path}`, 201],
      ['a URL with a user, in KDE style', path => `webdavs://user:secret@${PUBLIC.toUpperCase()}${path}`, 201],
      ['a URL without the base path, as a proxy rewrites it', path => `http://${PUBLIC}${stripped(path)}`, 201],
      ['a path without the base path', path => stripped(path), 201],
      ['another server', path => `https://elsewhere.example.com${path}`, 502],
      ['another part of this host', () => `https://${PUBLIC}/elsewhere/x`, 409],
      ['a folder whose name begins like the base path', () => `${base}x/m/y`, 409],
      ['the root of the host', () => `https://${PUBLIC}/`, 403],
      ['the root of the tree', () => `${base}/`, 403],
      ['a mount', () => `${base}/m`, 403],
    ];
    const stripped = (path: string) => path.slice(base.length);

    it.each(cases)('to %s', async (_title, destination, status) => {
      const from = await file();
      const to = `${from}-to`;
      expect((await dav(method, from, { Destination: destination(to) })).status).toBe(status);
      expect((await dav('HEAD', to)).status).toBe(status === 201 ? 200 : 404);
      expect((await dav('HEAD', from)).status).toBe(status === 201 && method === 'MOVE' ? 404 : 200);
    });
  });

  it('locks are told, and If lists tagged, with URLs below the base path', async () => {
    const path = await file();
    const answer = await dav('LOCK', path, {}, lockInfo());
    const [lock] = activeLocks(answer.text);
    expect(lock!.root).toEqual([path]);
    expect(failedConditions(await dav('PUT', path, {}, 'x'))).toEqual({
      names: ['lock-token-submitted'],
      hrefs: [path],
    });
    const other = `${base}/m/file%200`;
    const put = async (resource: string, expected: number) =>
      expect((await dav('PUT', path, { If: `<${resource}> (<${lock!.token}>)` }, 'new')).status).toBe(expected);
    await put(path, 204);
    await put(`${door.url}${path}`, 204);
    await put(`https://${PUBLIC}${path}`, 204);
    await put(`https://${PUBLIC}${path.slice(base.length)}`, 204);
    await put(`https://${PUBLIC}${other}`, 412);
    await put(`https://elsewhere.example.com${path}`, 412);
    expect((await dav('UNLOCK', path, { 'Lock-Token': `<${lock!.token}>` })).status).toBe(204);
  });

  it('a lock further down is told in a 207 with both URLs below the base path', async () => {
    const folder = `${base}/m/locked`;
    await dav('MKCOL', folder);
    await dav('PUT', `${folder}/file`, {}, 'x');
    await takeLock(dav, `${folder}/file`);
    const { status, text } = await dav('LOCK', folder, {}, lockInfo());
    expect([status, hrefsOf(text)]).toEqual([207, [`${folder}/file`, `${folder}/`]]);
    expect(failedConditions(await dav('DELETE', folder)).hrefs).toEqual([`${folder}/file`]);
  });

  it("the server's own pages stay at the root", async () => {
    const { status } = await fetch(`${door.url}/-/healthz`);
    expect(status).toBe(200);
    expect((await fetch(`${door.url}${base}/-/healthz`)).status).toBe(401);
    expect((await dav('GET', `${base}/-/healthz`)).status).toBe(404);
  });

  it('the access log has the path as it came', async () => {
    const path = await file();
    await dav('PUT', `${path}?secret=x`, {}, 'logged');
    const paths = door.logged.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(paths.at(-1)).toMatchObject({ method: 'PUT', path });
  });
});
