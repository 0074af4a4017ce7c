import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';

let front: FrontDoorTest;
let dav: Dav;
let guest: Dav;
let folder: MadeShare;
let file: MadeShare;

beforeAll(async () => {
  front = await startShares({ drive: createMemoryDrive() });
  dav = davClient(front);
  guest = visitor(front);
  await dav('MKCOL', '/m/secret/');
  await dav('PUT', '/m/secret/plan.txt', {}, 'a secret plan');
  await dav('MKCOL', '/m/open/');
  await dav('MKCOL', '/m/open/below/');
  await dav('PUT', '/m/open/a.txt', {}, 'four');
  await dav('PUT', '/m/open/below/b.txt', {}, 'bytes');
  folder = await makeShare(dav, '/m/open/', { kind: 'read' });
  file = await makeShare(dav, '/m/open/a.txt', { kind: 'read' });
});
afterAll(() => front.stop());

describe('a share for reading', () => {
  it('has a URL that opens the folder as a tree, without an account', async () => {
    expect(folder.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/-\/s\/[0-9a-z]{28}\/$/);
    const listed = await guest('PROPFIND', folder.root, { Depth: '1' });
    expect(listed.status).toBe(207);
    const { root } = folder;
    expect(
      hrefsOf(listed.text)
        .filter(href => href !== '')
        .toSorted(),
    ).toEqual([root, `${root}a.txt`, `${root}below/`].toSorted());
    expect((await guest('GET', `${folder.root}below/b.txt`)).text).toBe('bytes');
    expect((await guest('GET', `${folder.root}a.txt`, { Range: 'bytes=1-2' })).text).toBe('ou');
    expect((await guest('HEAD', `${folder.root}a.txt`)).headers.get('Content-Length')).toBe('4');
  });

  it('works with and without the slash, and in HEAD and OPTIONS', async () => {
    expect((await guest('PROPFIND', folder.root.slice(0, -1), { Depth: '0' })).status).toBe(207);
    const options = await guest('OPTIONS', folder.root);
    expect([options.status, options.headers.get('DAV')]).toEqual([200, '1, 3']);
    expect(options.headers.get('Allow')).not.toMatch(/PUT|DELETE|MOVE|MKCOL|LOCK/);
  });

  it('of a file is a folder with that file alone', async () => {
    const listed = await guest('PROPFIND', file.root, { Depth: '1' });
    expect(hrefsOf(listed.text)).toEqual([file.root, `${file.root}a.txt`]);
    expect((await guest('GET', `${file.root}a.txt`)).text).toBe('four');
    expect((await guest('GET', `${file.root}A.TXT`)).text).toBe('four');
    expect((await guest('GET', `${file.root}b.txt`)).status).toBe(404);
    expect((await guest('GET', `${file.root}a.txt/x`)).status).toBe(403);
    expect((await guest('GET', `${file.root}below/b.txt`)).status).toBe(403);
  });

  it('shows a page with links, without JavaScript, and without the names of its own URL', async () => {
    const page = await guest('GET', `${folder.root}below/`, { Accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.text).toContain('<title>below – open</title>');
    expect(page.text).toContain(`<a href="${folder.root}below/b.txt">`);
    expect(page.text).toContain(`<a href="${folder.root}"><bdi>open</bdi></a>`);
    // No link leads out of the share, and the token is in no text.
    expect(page.text).not.toContain('href="/-/s/"');
    expect(page.text.replaceAll(folder.root, '')).not.toContain(folder.token);
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(page.headers.get('X-Robots-Tag')).toContain('noindex');
  });

  it('tells a scraper of links nothing in files either', async () => {
    expect((await guest('GET', `${folder.root}a.txt`)).headers.get('Referrer-Policy')).toBe('no-referrer');
  });

  it('has views, and names no owner, no room and no versions', async () => {
    const lines = (await guest('GET', `${folder.root}below/?view=entries`)).text.split('\n');
    expect(JSON.parse(lines[0]!).folder).toEqual({
      ...{ path: ['below'], root: 'open', href: `${folder.root}below/`, access: 'read', user: '' },
      can: { upload: 'no', search: true, share: [], versions: false },
    });
    expect(JSON.parse(lines[1]!).entries).toHaveLength(1);
    expect((await guest('GET', `${folder.root}a.txt?view=versions`)).status).toBe(405);
    expect((await guest('GET', `${folder.root}a.txt?view=version&id=1`)).status).toBe(405);
    const asked =
      '<D:propfind xmlns:D="DAV:"><D:prop><D:quota-used-bytes/><D:current-user-principal/></D:prop></D:propfind>';
    const { text } = await guest('PROPFIND', folder.root, { Depth: '0' }, asked);
    expect(text).toContain('<D:current-user-principal><D:unauthenticated/>');
    expect(text).not.toMatch(/<D:quota-used-bytes>\d/);
  });
});

describe('beyond its folder', () => {
  const BEYOND = [
    ...['../secret/plan.txt', '%2e%2e/secret/plan.txt', '..%2fsecret/plan.txt', '%2e%2e%2fsecret%2fplan.txt'],
    ...[
      'below/../../secret/plan.txt',
      '..;/secret/plan.txt',
      '..\\secret\\plan.txt',
      'm/secret/plan.txt',
      'secret/plan.txt',
    ],
  ];
  const METHODS = [
    'GET',
    'HEAD',
    'PUT',
    'DELETE',
    'MKCOL',
    'PROPFIND',
    'PROPPATCH',
    'LOCK',
    'UNLOCK',
    'REPORT',
    'COPY',
    'MOVE',
  ];

  it.each(BEYOND)('nothing is found at %s by any method', async beyond => {
    const { port } = new URL(front.url);
    for (const method of METHODS) {
      const { status, text } = await rawRequest(Number(port), method, `${folder.root}${beyond}`);
      expect([method, status >= 400 && status < 500], text).toEqual([method, true]);
      expect(text).not.toContain('a secret plan');
    }
    expect((await dav('GET', '/m/secret/plan.txt')).text).toBe('a secret plan');
  });

  it('the tree of users needs its own sign-in, also with what opens a share', async () => {
    for (const path of ['/m/open/', '/', '/-/users/user/', `/-/users/share:${folder.id}/`, `/m/${folder.token}/`]) {
      expect([path, (await guest('PROPFIND', path, { Depth: '0' })).status]).toEqual([path, 401]);
    }
  });

  it.each([
    '/m/secret/copy.txt',
    'FRONT/m/secret/copy.txt',
    '/open/copy.txt',
    'OTHER',
    '/-/s/',
    '/-/s/copy.txt',
    'ROOT',
  ])('no Destination leads out of it, or into it: %s', async to => {
    const other = await makeShare(dav, '/m/secret/', { kind: 'read' });
    const destination = to
      .replace('FRONT', front.url)
      .replace('OTHER', `${other.root}x.txt`)
      .replace('ROOT', `${folder.root}x.txt`);
    for (const method of ['COPY', 'MOVE']) {
      const answer = await guest(method, `${folder.root}a.txt`, { Destination: destination });
      expect([method, answer.status]).toEqual([method, 403]);
    }
    expect((await dav('GET', '/m/open/a.txt')).text).toBe('four');
    expect((await dav('GET', '/m/secret/copy.txt')).status).toBe(404);
    expect((await dav('GET', '/m/open/x.txt')).status).toBe(404);
  });

  it.each([
    ['PUT', 'new.txt'],
    ['PUT', 'a.txt'],
    ['DELETE', 'a.txt'],
    ['DELETE', ''],
    ['MKCOL', 'new/'],
    ['PROPPATCH', 'a.txt'],
    ['LOCK', 'a.txt'],
    ['LOCK', 'new.txt'],
    ['LOCK', ''],
  ])('it is for reading: %s %s', async (method, name) => {
    const info =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const update =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>';
    const body = { LOCK: info, PROPPATCH: update, PUT: 'new' }[method];
    const answer = await guest(
      method,
      `${folder.root}${name}`,
      body?.startsWith('<') ? { 'Content-Type': 'text/xml' } : {},
      body,
    );
    expect(answer.status, answer.text).toBe(403);
    // The reason names nothing of the owner's tree.
    expect(answer.text).not.toMatch(/\/m\/|\/open/);
    expect((await dav('GET', '/m/open/a.txt')).text).toBe('four');
  });

  it('actions are for users: a share cannot be shared', async () => {
    const json = { 'Content-Type': 'application/json' };
    for (const action of ['share', 'unshare', 'restore-version', 'nonsense']) {
      const answer = await guest('POST', `${folder.root}a.txt?action=${action}`, json, '{"kind":"read","id":"1"}');
      expect([action, answer.status >= 400 && answer.status < 500], answer.text).toEqual([action, true]);
    }
    expect((await guest('GET', `${folder.root}?view=shares`)).status).toBe(403);
  });

  it('locks and tokens of others open nothing, and name nobody', async () => {
    const owner = '<D:owner>ada@contoso.com</D:owner>';
    const info = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>${owner}</D:lockinfo>`;
    const locked = await dav('LOCK', '/m/open/a.txt', { 'Content-Type': 'text/xml' }, info);
    const token = locked.headers.get('Lock-Token')!;
    const asked = '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>';
    const { text } = await guest('PROPFIND', folder.root, { Depth: '1' }, asked);
    expect(text).not.toMatch(/ada@contoso|opaquelocktoken|urn:uuid/);
    for (const path of [`${folder.root}a.txt`, `${file.root}a.txt`]) {
      expect((await guest('UNLOCK', path, { 'Lock-Token': token })).status).toBe(403);
      expect((await guest('PUT', path, { If: `(${token})` }, 'x')).status).toBe(403);
    }
    expect((await dav('UNLOCK', '/m/open/a.txt', { 'Lock-Token': token })).status).toBe(204);
  });
});

it('answers that are kept for one share are not shown in another, nor after its end', async () => {
  const one = await makeShare(dav, '/m/open/', { kind: 'read' });
  const other = await makeShare(dav, '/m/secret/', { kind: 'read' });
  const read = async ({ root }: MadeShare) => {
    const answers = [];
    for (let turn = 0; turn < 3; turn += 1) {
      answers.push(await guest('PROPFIND', root, { Depth: '1' }));
    }
    return answers.map(({ status, text }) => [status, hrefsOf(text).length]);
  };
  expect(await read(one)).toEqual([
    [207, 3],
    [207, 3],
    [207, 3],
  ]);
  expect(await read(other)).toEqual([
    [207, 2],
    [207, 2],
    [207, 2],
  ]);
  await front.shares.revoke(one.id, { at: 1 });
  expect((await guest('PROPFIND', one.root, { Depth: '1' })).status).toBe(410);
});

it('without a section in the configuration there are no shares, and nothing can be shared', async () => {
  const off = await startFrontDoor({});
  try {
    const own = davClient(off);
    await expect(makeShare(own, '/m/', { kind: 'read' })).rejects.toThrow(/403/);
    expect((await visitor(off)('GET', folder.root)).status).toBe(404);
    const head = JSON.parse((await own('GET', '/m/?view=entries')).text.split('\n')[0]!);
    expect(head.folder.can.share).toEqual([]);
  } finally {
    await off.stop();
  }
});

it('works below a base path', async () => {
  const based = await startShares({ listen: { basePath: ['dav'] } });
  try {
    const own = davClient(based);
    await own('PUT', '/dav/m/a.txt', {}, 'four');
    const share = await makeShare(own, '/dav/m/', { kind: 'read' });
    expect(share.root).toMatch(/^\/dav\/-\/s\//);
    expect((await visitor(based)('GET', `${share.root}a.txt`)).text).toBe('four');
    expect((await visitor(based)('GET', `/-/s/${share.token}/a.txt`)).status).not.toBe(200);
  } finally {
    await based.stop();
  }
});

/** Sends the target as it is; `fetch` would resolve its dots. */
async function rawRequest(port: number, method: string, path: string): Promise<{ status: number; text: string }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
