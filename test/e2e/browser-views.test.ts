import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/faults.ts';
import { act, codeOf, entriesOf, linesOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** The views and actions over an emulated Microsoft, and how many calls each of them costs. */
let server: TestServer;
let dav: Dav;
let turn = 0;
let folder: string;

beforeAll(async () => {
  server = await startTestServer({
    yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 0 }'],
    mounts: ['{ mailbox: ada@contoso.com, name: team, root: /shared }', '{ mailbox: ada@contoso.com, name: other }'],
    seed: async emulator => {
      emulator.mailbox('ada@contoso.com')!.mkdir('/shared');
    },
  });
  dav = davClient(server);
  // The drive's id is asked for once in the life of the data folder.
  await dav('PROPFIND', '/ada/', { Depth: '0' });
}, 60_000);
afterAll(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});
beforeEach(() => {
  turn += 1;
  folder = `/turns/${turn}`;
  server.mailboxes.ada.mkdir(`${folder}/below`);
});

const put = (name: string, content: string | Buffer) => server.mailboxes.ada.put(`${folder}/${name}`, content);
const ask = (name: string, view: string) => dav('GET', encodeURI(`/ada${folder}/${name}?view=${view}`));

async function callsOf(request: () => Promise<{ status: number }>, expected = 200): Promise<string[]> {
  server.emulator.resetCalls();
  expect((await request()).status).toBe(expected);
  return server.emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
}

async function restart(): Promise<void> {
  await server.restart();
  dav = davClient(server);
}

/** The calls of a request after a start, and once more. */
async function coldAndWarm(request: () => Promise<{ status: number }>): Promise<string[][]> {
  await restart();
  return [await callsOf(request), await callsOf(request)].map(calls => calls.toSorted());
}

async function twoVersions(name = 'file.txt'): Promise<string> {
  await put(name, 'first');
  await put(name, 'second one');
  const { versions } = JSON.parse((await ask(name, 'versions')).text);
  return versions.at(-1).id;
}

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();

describe('calls', () => {
  const [LOOK, LIST, QUOTA] = ['driveItem-get', 'driveItem-list-children', 'drive-get'];
  const VERSIONS = 'driveItem-list-versions';

  it('of entries: the folder, its members and its space; then none', async () => {
    await put('file.txt', 'x');
    expect(await coldAndWarm(() => ask('', 'entries'))).toEqual([[QUOTA, LOOK, LIST], []]);
    expect(await callsOf(() => ask('below/', 'entries'))).toEqual([LIST]);
  });

  it('of details: one look, each time', async () => {
    await put('file.txt', 'x');
    expect(await coldAndWarm(() => ask('file.txt', 'details'))).toEqual([[LOOK], [LOOK]]);
  });

  it('of versions: the file, then their list alone; of the bytes of one, its address besides', async () => {
    const id = await twoVersions();
    expect(await coldAndWarm(() => ask('file.txt', 'versions'))).toEqual([[LOOK, VERSIONS], [VERSIONS]]);
    const bytes = () => ask('file.txt', `version&id=${id}`);
    const opened = [VERSIONS, 'driveItemVersion-get-contents', 'download'];
    expect((await coldAndWarm(bytes)).map(calls => new Set(calls))).toEqual([
      new Set([LOOK, ...opened]),
      new Set(opened),
    ]);
  });

  it('of a thumbnail: the file, its list of thumbnails and the picture; then none, until there is another version', async () => {
    const made = ['driveItem-list-thumbnails', 'thumbnail'];
    const small = () => ask('photo.jpg', 'thumbnail');
    await put('photo.jpg', await picture(20, 10));
    expect(await coldAndWarm(small)).toEqual([[LOOK, ...made], []]);
    expect(await callsOf(() => ask('photo.jpg', 'thumbnail&size=large'))).toEqual(made);
    await put('photo.jpg', await picture(40, 10));
    await ask('photo.jpg', 'details');
    expect(await callsOf(small)).toEqual(made);
    expect(await callsOf(small)).toEqual([]);
  });

  it('of a search: the folder, and one look at each folder with hits; none at those that are cached', async () => {
    await put('below/word 1.txt', 'x');
    await put('below/word 2.txt', 'x');
    await put('below/deep/word 3.txt', 'x');
    await put('word 4.txt', 'x');
    const search = () => ask('', 'search&q=word');
    const SEARCH = 'driveItem-search';
    expect(await coldAndWarm(search)).toEqual([
      [LOOK, LOOK, LOOK, SEARCH],
      [LOOK, LOOK, SEARCH],
    ]);
    for (const path of ['', 'below/', 'below/deep/']) {
      await dav('PROPFIND', `/ada${folder}/${path}`, { Depth: '1' });
    }
    expect(await callsOf(search)).toEqual([SEARCH]);
  });

  it('of restore-version: the versions, the change, and a look that proves it', async () => {
    const id = await twoVersions();
    const restore = () => act(dav, `/ada${folder}/file.txt?action=restore-version`, { input: { id } });
    const changed = [LOOK, 'driveItemVersion-restore', VERSIONS].toSorted();
    await ask('', 'entries');
    expect((await callsOf(restore)).toSorted()).toEqual(changed);
    expect(await callsOf(() => ask('', 'entries'))).toEqual([]);
  });
});

describe('a thumbnail', () => {
  it('is a small JPEG, and there is none of other files', async () => {
    await put('photo.jpg', await picture(400, 200));
    const response = await fetch(new URL(`/ada${folder}/photo.jpg?view=thumbnail&size=medium`, server.url), {
      headers: { Authorization: `Basic ${btoa(`${server.user}:${server.password}`)}` },
    });
    const { width, height, format } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect([response.headers.get('Content-Type'), width, height, format]).toEqual(['image/jpeg', 176, 88, 'jpeg']);
    await put('page.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    expect(codeOf(await ask('page.svg', 'thumbnail'))).toBe('no-thumbnail');
  });

  it.each([
    ['that its host cannot make is none', { status: 404 }, 404, 'no-thumbnail'],
    [
      'that is no picture is not sent',
      { wire: { done: 'no', status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' } },
      502,
      'upstream',
    ],
    ['that cannot be had now is a failure', { status: 403 }, 403, 'forbidden'],
  ] as [string, Fault, number, string][])('%s', async (_, fault, status, code) => {
    await put('photo.jpg', await picture(20, 10));
    server.emulator.setFaults([{ fault, operation: 'thumbnail' }]);
    const answer = await ask('photo.jpg', 'thumbnail');
    server.emulator.setFaults([]);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });
});

describe('details', () => {
  it('name who made a file and who changed it, and its hash', async () => {
    await dav('PUT', `/ada${folder}/ours.txt`, {}, 'x');
    const { createdBy, modifiedBy, quickXorHash, type } = JSON.parse((await ask('ours.txt', 'details')).text);
    expect([typeof createdBy, typeof modifiedBy, type]).toEqual(['string', 'string', 'text/plain']);
    expect(quickXorHash).toMatch(/^[\w+/]{27}=$/);
  });

  it('are of now, and listings show them from then on', async () => {
    await put('file.txt', 'x');
    await ask('', 'entries');
    await put('file.txt', 'changed elsewhere');
    expect(JSON.parse((await ask('file.txt', 'details')).text)).toMatchObject({ size: 17 });
    expect(entriesOf(await ask('', 'entries'))).toContainEqual(expect.objectContaining({ name: 'file.txt', size: 17 }));
  });
});

describe('search', () => {
  it.each(['100% sure & more', 'a%41b', "it's (#1)", 'déjà ünï', 'plus+and=', '50%25'])(
    'leads to a file in a folder with the name %s',
    async name => {
      await put(`${name}/word.txt`, 'x');
      const [hit] = entriesOf(await ask('', 'search&q=word'));
      expect(hit!.path).toEqual([name, 'word.txt']);
      const path = (hit!.path as string[]).map(encodeURIComponent).join('/');
      expect((await dav('GET', `/ada${folder}/${path}`)).text).toBe('x');
    },
  );

  it('shows nothing that is above the mounted folder or beside the searched one', async () => {
    await server.mailboxes.ada.put('/shared/inside/secret word.txt', 'x');
    await server.mailboxes.ada.put('/outside/secret word.txt', 'x');
    const found = async (path: string) =>
      entriesOf(await dav('GET', `${path}?view=search&q=secret`)).map(({ path: names }) => names);
    expect(await found('/team/')).toEqual([['inside', 'secret word.txt']]);
    expect(await found('/team/inside/')).toEqual([['secret word.txt']]);
    expect(await found('/ada/outside/')).toEqual([['secret word.txt']]);
  });

  it('knows what this server has changed since, whatever the index says', async () => {
    await put('word gone.txt', 'x');
    await put('word here.txt', 'x');
    await ask('', 'entries');
    const stale = server.mailboxes.ada.stat(`${folder}/word gone.txt`);
    await dav('MOVE', encodeURI(`/ada${folder}/word gone.txt`), {
      Destination: encodeURI(`/ada${folder}/below/word moved.txt`),
    });
    expect(stale).toBeDefined();
    const names = entriesOf(await ask('', 'search&q=word')).map(({ path }) => (path as string[]).join('/'));
    expect(names.toSorted()).toEqual(['below/word moved.txt', 'word here.txt']);
  });

  it('reads page after page', async () => {
    server.mailboxes.ada.putAll(
      Array.from({ length: 450 }, (_, index) => [`${folder}/word ${index}.txt`, 'x'] as const),
    );
    const calls = await callsOf(() => ask('', 'search&q=word'));
    expect(calls.filter(operation => operation === 'driveItem-search')).toHaveLength(3);
    const answer = await ask('', 'search&q=word');
    expect(entriesOf(answer)).toHaveLength(450);
    expect(linesOf(answer).at(-1)).toEqual({ end: true, count: 450 });
  });

  it.each([
    ['driveItem-search', 'lie-200-html', 502],
    ['driveItem-search', 'lie-200-object', 502],
    ['driveItem-search', 'error-400', 403],
    ['driveItem-get', 'error-403', 403],
  ])('fails as a whole when %s fails with %s', async (operation, fault, status) => {
    await put('below/word.txt', 'x');
    await dav('PROPFIND', `/ada${folder}/`, { Depth: '0' });
    server.emulator.setFaults([{ fault, operation }]);
    const answer = await ask('', 'search&q=word');
    server.emulator.setFaults([]);
    expect(answer.status).toBe(status);
  });
});

describe('restore-version', () => {
  const restore = (id: string) => act(dav, `/ada${folder}/file.txt?action=restore-version`, { input: { id } });
  const content = async () => (await server.mailboxes.ada.read(`${folder}/file.txt`)).toString();

  it('is seen at once, by its tag, in every mount of the drive', async () => {
    const id = await twoVersions();
    await dav('PROPFIND', `/other${folder}/`, { Depth: '1' });
    const { entry } = JSON.parse((await restore(id)).text);
    expect(await content()).toBe('first');
    for (const mount of ['ada', 'other']) {
      const { headers, text } = await dav('GET', `/${mount}${folder}/file.txt`);
      expect([text, headers.get('ETag')]).toEqual(['first', `"${entry.etag}"`]);
    }
    expect(entriesOf(await ask('', 'entries'))).toContainEqual(entry);
  });

  it.each(['error-503-done', 'error-500-done', 'done-200-empty', 'done-html'])(
    'that was done is told as done when its answer is %s',
    async fault => {
      const id = await twoVersions();
      server.emulator.setFaults([{ fault, operation: 'driveItemVersion-restore', count: 1 }]);
      const answer = await restore(id);
      server.emulator.setFaults([]);
      expect([answer.status, await content()]).toEqual([200, 'first']);
      const { versions } = JSON.parse((await ask('file.txt', 'versions')).text);
      expect(versions).toHaveLength(3);
    },
  );

  it.each([
    ['error-423', 423],
    ['error-403', 403],
    ['error-507', 507],
    ['lie-204', 502],
    ['lie-200-html', 502],
  ])('that was not done is never told as done, with %s', async (fault, status) => {
    const id = await twoVersions();
    server.emulator.setFaults([{ fault, operation: 'driveItemVersion-restore' }]);
    const answer = await restore(id);
    server.emulator.setFaults([]);
    expect([answer.status, await content()]).toEqual([status, 'second one']);
  });

  it('of a file that another one has replaced finds that one', async () => {
    await twoVersions();
    await ask('', 'entries');
    server.mailboxes.ada.remove(`${folder}/file.txt`);
    await put('file.txt', 'a new file');
    await put('file.txt', 'its second version');
    const { versions } = JSON.parse((await ask('file.txt', 'versions')).text);
    expect(versions.map(({ size }: { size: number }) => size)).toEqual([18, 10]);
    expect((await restore(versions[1].id)).status).toBe(200);
    expect(await content()).toBe('a new file');
  });
});

describe('the bytes of a version', () => {
  it('come whole or not at all', async () => {
    const id = await twoVersions();
    expect((await ask('file.txt', `version&id=${id}`)).text).toBe('first');
    server.emulator.setFaults([{ fault: { cut: true, afterBytes: 2 }, operation: 'download' }]);
    await expect(ask('file.txt', `version&id=${id}`)).rejects.toThrow();
    server.emulator.setFaults([]);
  });
});

it('browser: false serves neither views nor actions', async () => {
  await put('file.txt', 'x');
  await server.reload({ yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 0 }', 'browser: false'] });
  const view = await ask('file.txt', 'entries');
  expect([view.status, view.text]).toEqual([200, 'x']);
  expect((await act(dav, `/ada${folder}/file.txt?action=restore-version`, { input: { id: '1.0' } })).status).toBe(405);
  await server.reload({ yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 0 }'] });
  expect((await ask('', 'entries')).headers.get('Content-Type')).toBe('application/x-ndjson');
});
