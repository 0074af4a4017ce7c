import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Dav, davClient } from '../support/dav-client.ts';
import { askForChanges, readChanges, SyncClient } from '../support/sync-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/**
 * How many calls to Microsoft a request costs, exactly: cold right after a start, on a path of which nothing is known,
 * and warm when it and what it needs have been seen. Not counted: tokens. The feed of changes goes on beside requests;
 * what it costs is in `onedrive/drive-feed.test.ts`.
 */
const MIB = 1024 ** 2;
/** A folder of two pages. */
const MANY = 1_500;
const MTIME = { 'X-OC-Mtime': '1577934245' };

let server: TestServer;
let dav: Dav;
let turn = 0;

beforeAll(async () => {
  server = await startTestServer({
    yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 0 }'],
  });
  const { ada } = server.mailboxes;
  ada.putAll(Array.from({ length: MANY }, (_, index) => [`/many/${index}`, 'x'] as const));
  await ada.put('/a/b/c/file', 'content');
  dav = davClient(server);
  // The drive's id is asked for once in the life of the data folder.
  await dav('PROPFIND', '/ada/', { Depth: '0' });
}, 60_000);
afterAll(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});
beforeEach(async () => {
  await nextFolder();
  await server.restart();
});

/** A folder that nobody has looked at, with two files and a folder in it. */
async function nextFolder(): Promise<void> {
  turn += 1;
  const { ada } = server.mailboxes;
  await ada.put(`/turns/${turn}/file`, 'old');
  await ada.put(`/turns/${turn}/other`, 'other');
  ada.mkdir(`/turns/${turn}/target`);
}

async function callsOf(request: () => Promise<{ status: number }>, expected: number): Promise<string[]> {
  server.emulator.resetCalls();
  expect((await request()).status).toBe(expected);
  return server.emulator.calls
    .map(({ operation }) => operation)
    .filter(operation => operation !== 'token' && operation !== 'copy-monitor');
}

describe('reading', () => {
  it.each([
    ['PROPFIND 0 of the root', 'PROPFIND', '/ada/', { Depth: '0' }, 207, 1, 0],
    ['PROPFIND 0 at depth 4', 'PROPFIND', '/ada/a/b/c/file', { Depth: '0' }, 207, 1, 0],
    ['HEAD at depth 4', 'HEAD', '/ada/a/b/c/file', {}, 200, 1, 0],
    ['GET, beside the content', 'GET', '/ada/a/b/c/file', {}, 200, 2, 1],
    ['PROPFIND 1 of a folder at depth 3', 'PROPFIND', '/ada/a/b/c/', { Depth: '1' }, 207, 2, 0],
    [`PROPFIND 1 of ${MANY} members`, 'PROPFIND', '/ada/many/', { Depth: '1' }, 207, 3, 0],
  ])('%s', async (_, method, path, headers, status, cold, warm) => {
    const ask = () => dav(method, path, headers as unknown as Record<string, string>);
    expect(await callsOf(ask, status)).toHaveLength(cold);
    expect(await callsOf(ask, status)).toHaveLength(warm);
  });

  it('a name that is not there', async () => {
    const ask = () => dav('PROPFIND', '/ada/a/b/nothing', { Depth: '0' });
    // A single answer that there is nothing proves nothing to those who come later.
    // Another one asks whether the way to it leads through a shortcut.
    expect(await callsOf(ask, 404)).toHaveLength(2);
    expect(await callsOf(ask, 404)).toHaveLength(1);
    expect(await callsOf(ask, 404)).toHaveLength(0);
    await dav('PROPFIND', '/ada/a/b/', { Depth: '1' });
    expect(await callsOf(() => dav('PROPFIND', '/ada/a/b/none', { Depth: '0' }), 404)).toHaveLength(0);
  });

  it('a folder that we have just made is known to be empty', async () => {
    await dav('MKCOL', `/ada/turns/${turn}/made/`);
    expect(await callsOf(() => dav('PROPFIND', `/ada/turns/${turn}/made/`, { Depth: '1' }), 207)).toEqual([]);
    expect(await callsOf(() => dav('PROPFIND', `/ada/turns/${turn}/made/x`, { Depth: '0' }), 404)).toEqual([]);
  });
});

describe('sync-collection', () => {
  const folder = () => `/ada/turns/${turn}/`;
  const sync = async (path: string, options: { token?: string; level?: string; limit?: number } = {}) => {
    server.emulator.resetCalls();
    const { status, text } = await askForChanges(dav, path, options);
    expect(status).toBe(207);
    const calls = server.emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
    return { calls: calls.toSorted(), ...readChanges(text) };
  };
  const [POLL, LIST, LOOK] = ['driveItem-delta', 'driveItem-list-children', 'driveItem-get'];

  it(`the beginning with ${MANY} members: the folder, the position in the feed, the pages`, async () => {
    expect((await sync('/ada/many/')).calls).toEqual([POLL, LOOK, LIST, LIST]);
  });

  it('a tree: the position, and a page for each folder; nothing new: one call', async () => {
    await dav('PROPFIND', folder(), { Depth: '0' });
    const { calls, token, responses } = await sync(folder(), { level: 'infinite' });
    expect([calls, responses.length]).toEqual([[POLL, LIST, LIST], 3]);
    for (let times = 0; times < 2; times += 1) {
      const again = await sync(folder(), { level: 'infinite', token });
      expect(again).toEqual({ calls: [POLL], token, responses: [] });
    }
    // Another client that begins costs no more.
    expect((await sync(folder(), { level: 'infinite' })).calls).toEqual([POLL]);
  });

  it('changes made elsewhere: a look at a file, a listing of a folder', async () => {
    const client = new SyncClient(dav, folder(), { level: 'infinite' });
    await client.sync();
    const { ada } = server.mailboxes;
    await ada.put(`/turns/${turn}/file`, 'changed');
    const changed = await sync(folder(), { level: 'infinite', token: client.token });
    expect([changed.calls, changed.responses.length]).toEqual([[POLL, LOOK], 1]);
    await ada.put(`/turns/${turn}/target/new`, 'new');
    const come = await sync(folder(), { level: 'infinite', token: changed.token });
    expect(come.calls).toEqual([POLL, LIST]);
    ada.remove(`/turns/${turn}/target`);
    await ada.put('/a/b/c/elsewhere', 'x');
    expect((await sync(folder(), { level: 'infinite', token: come.token })).calls).toEqual([POLL, LIST]);
  });

  it('many files that have changed in one folder are listed, not looked at one by one', async () => {
    const { ada } = server.mailboxes;
    const { token } = await sync('/ada/many/');
    for (let index = 0; index < 30; index += 1) {
      await ada.put(`/many/${index}`, `changed in turn ${turn}`);
    }
    const { calls, responses } = await sync('/ada/many/', { token });
    expect([calls, responses.length]).toEqual([[POLL, LIST, LIST], 30]);
  });

  it('our own change is known before and after the feed tells it, for one look', async () => {
    const { token } = await sync(folder());
    await dav('PUT', `${folder()}file`, {}, 'ours');
    const told = await sync(folder(), { token });
    expect([told.calls, told.responses.length]).toEqual([[POLL, LOOK], 1]);
    expect((await sync(folder(), { token: told.token })).calls).toEqual([POLL]);
  });

  it('the token of a folder: as a report without news; a file beside it costs nothing', async () => {
    const asked = '<D:propfind xmlns:D="DAV:"><D:prop><D:sync-token/></D:prop></D:propfind>';
    await sync(folder());
    expect(await callsOf(() => dav('PROPFIND', folder(), { Depth: '1' }, asked), 207)).toEqual([POLL, LIST]);
    expect(await callsOf(() => dav('PROPFIND', folder(), { Depth: '1' }, asked), 207)).toEqual([POLL]);
    expect(await callsOf(() => dav('PROPFIND', `${folder()}file`, { Depth: '0' }, asked), 207)).toEqual([]);
  });
});

describe('changes', () => {
  const place = (name: string) => `/ada/turns/${turn}/${name}`;
  const LARGE = 25 * MIB;

  it.each([
    ['PUT of a new small file', () => dav('PUT', place('new'), {}, 'x'), 201, 2, 1],
    ['PUT over a small file', () => dav('PUT', place('file'), {}, 'x'), 204, 2, 1],
    ['PUT of a new small file with its time', () => dav('PUT', place('new'), MTIME, 'x'), 201, 3, 2],
    ['PUT of 25 MiB', () => dav('PUT', place('new'), {}, new Uint8Array(LARGE)), 201, 5, 4],
    ['MKCOL', () => dav('MKCOL', place('new')), 201, 2, 1],
    ['DELETE', () => dav('DELETE', place('file')), 204, 2, 1],
    ['MOVE to another name', () => dav('MOVE', place('file'), { Destination: place('moved') }), 201, 2, 1],
    ['MOVE over a file', () => dav('MOVE', place('file'), { Destination: place('other') }), 204, 2, 1],
    ['MOVE to another folder', () => dav('MOVE', place('file'), { Destination: place('target/moved') }), 201, 3, 1],
    ['COPY, beside its monitor', () => dav('COPY', place('file'), { Destination: place('target/copy') }), 201, 4, 2],
  ])('%s', async (_, request, status, cold, warm) => {
    expect(await callsOf(request, status), 'cold').toHaveLength(cold);
    await nextFolder();
    for (const path of ['', 'target/']) {
      await dav('PROPFIND', place(path), { Depth: '1' });
    }
    expect(await callsOf(request, status), 'warm').toHaveLength(warm);
  });

  it('20 new files at once, in a folder that nobody has looked at', async () => {
    const put = (_: unknown, index: number) => dav('PUT', place(`new-${index}`), {}, 'x');
    const putAll = async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, put));
      expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([201]));
      return answers[0]!;
    };
    expect(await callsOf(putAll, 201)).toHaveLength(1 + 20);
    const seen = await dav('PROPFIND', place(''), { Depth: '1' });
    expect([seen.status, seen.text.match(/new-\d+<\/D:href>/g)?.length]).toEqual([207, 20]);
  });

  it('new files in a folder of more members than one look shows', async () => {
    expect(await callsOf(() => dav('PUT', '/ada/many/one', {}, 'x'), 201), 'cold').toHaveLength(3);
    expect(await callsOf(() => dav('PUT', '/ada/many/two', {}, 'x'), 201), 'its folder known').toHaveLength(2);
    await dav('PROPFIND', '/ada/many/', { Depth: '1' });
    expect(await callsOf(() => dav('PUT', '/ada/many/three', {}, 'x'), 201), 'listed').toHaveLength(1);
    await server.restart();
    const putAll = async () => {
      for (let index = 0; index < 30; index += 1) {
        expect((await dav('PUT', `/ada/many/more-${index}`, {}, 'x')).status).toBe(201);
      }
      return { status: 201 };
    };
    // The first looks at names, until the two pages of a listing are worth it; 30 files at two calls each are 60.
    expect(await callsOf(putAll, 201)).toHaveLength(1 + 8 + 2 + 30);
  });
});
