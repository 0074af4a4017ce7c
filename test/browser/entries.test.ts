import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { codeOf, entriesOf, linesOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';

const SCRIPT = "<img src=x onerror=alert(1)>';--.svg";
const BIDI = 'photo\u202egnp.exe';

let front: FrontDoorTest;
let dav: Dav;
let quotas = 0;

beforeAll(async () => {
  const memory = createMemoryDrive();
  const drive = withFaults(memory, {
    quota: (path, options) => {
      quotas += 1;
      return memory.quota(path, options);
    },
  });
  front = await startFrontDoor({
    drive,
    users: [
      { name: 'user', mounts: '*', access: 'write' },
      { name: 'reader', mounts: '*', access: 'read' },
      { name: 'stranger', mounts: [], access: 'read' },
    ],
  });
  dav = davClient(front);
  await dav('MKCOL', '/m/folder/');
  await dav('PUT', '/m/folder/a.txt', {}, 'four');
  await dav('PUT', `/m/folder/${encodeURIComponent(SCRIPT)}`, {}, 'x');
  await dav('PUT', `/m/folder/${encodeURIComponent(BIDI)}`, {}, 'x');
  await dav('MKCOL', '/m/folder/below/');
});
afterAll(() => front.stop());

const as = (user: string) => davClient({ ...front, user });

describe('the view entries', () => {
  it('tells of the folder, then its members, then the end', async () => {
    const answer = await dav('GET', '/m/folder/?view=entries');
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'application/x-ndjson']);
    const lines = linesOf(answer);
    expect(lines[0]).toEqual({
      folder: {
        path: ['m', 'folder'],
        href: '/m/folder/',
        access: 'write',
        quota: { used: 6, available: 1024 ** 4 - 6 },
        user: 'user',
        can: { upload: 'through', search: true, share: [], versions: true },
      },
    });
    const entries = entriesOf(answer);
    expect(entries.map(({ name }) => name).toSorted()).toEqual([SCRIPT, 'a.txt', 'below', BIDI].toSorted());
    const { headers } = await dav('HEAD', '/m/folder/a.txt');
    const modified = new Date(headers.get('Last-Modified')!).toISOString();
    expect(entries.find(({ name }) => name === 'a.txt')).toEqual({
      ...{ name: 'a.txt', kind: 'file', size: 4, modified, created: modified },
      etag: headers.get('ETag')!.replaceAll('"', ''),
    });
    expect(entries.find(({ name }) => name === 'below')).toMatchObject({ kind: 'folder' });
  });

  it('shows a user what the user may do, and the mounts of the root', async () => {
    const head = linesOf(await as('reader')('GET', '/m/?view=entries'))[0]!.folder;
    expect(head).toMatchObject({ access: 'read', user: 'reader', can: { upload: 'no' } });
    const root = await dav('GET', '/?view=entries');
    expect(linesOf(root)[0]!.folder).toMatchObject({ path: [], href: '/', can: { upload: 'no', search: false } });
    expect(entriesOf(root)).toMatchObject([{ name: 'm', kind: 'folder' }]);
    expect(entriesOf(await as('stranger')('GET', '/?view=entries'))).toEqual([]);
  });

  it.each([
    ['a file', 'user', '/m/folder/a.txt', 405, 'is-file'],
    ['nothing', 'user', '/m/none/', 404, 'not-found'],
    ['a mount of others', 'stranger', '/m/', 404, 'not-found'],
    ['an unknown view', 'user', '/m/folder/', 400, 'bad-request'],
  ])('is an error for %s, with the status of WebDAV', async (what, user, path, status, code) => {
    const view = what === 'an unknown view' ? 'constructor' : 'entries';
    const answer = await as(user)('GET', `${path}?view=${view}`);
    expect([answer.status, codeOf(answer), answer.headers.get('Content-Type')]).toEqual([
      status,
      code,
      'application/json',
    ]);
    if (view === 'entries' && status === 404) {
      expect((await as(user)('PROPFIND', path, { Depth: '1' })).status).toBe(status);
    }
  });

  it('is inert, whatever names hold and whatever is accepted', async () => {
    const answer = await dav('GET', '/m/folder/?view=entries', { Accept: 'text/html' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    const failed = await dav('GET', `/m/${encodeURIComponent(SCRIPT)}/?view=entries`, { Accept: 'text/html' });
    expect(failed.headers.get('Content-Type')).toBe('application/json');
    expect(failed.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('has lines of 500 entries, compressed for those who accept it', async () => {
    const many = createMemoryDrive();
    const signal = new AbortController().signal;
    for (let index = 0; index < 1_201; index += 1) {
      await many.makeFolder(toDrivePath([`${index}`]), { signal });
    }
    const other = await startFrontDoor({ drive: many });
    const answer = await davClient(other)('GET', '/m/?view=entries');
    expect(answer.headers.get('Content-Encoding')).not.toBeNull();
    expect(linesOf(answer).map(({ entries }) => (entries as unknown[] | undefined)?.length)).toEqual([
      ...[undefined, 500, 500, 201, undefined],
    ]);
    expect(entriesOf(answer)).toHaveLength(1_201);
    const head = await davClient(other)('HEAD', '/m/?view=entries');
    expect([head.status, head.text, head.headers.get('Content-Type')]).toEqual([200, '', 'application/x-ndjson']);
    await other.stop();
  });

  it('asks for the space of a drive once a minute, and does without it', async () => {
    await dav('GET', '/m/folder/?view=entries');
    const before = quotas;
    await dav('GET', '/m/folder/below/?view=entries');
    expect([before > 0, quotas]).toEqual([true, before]);
    const fails = await startFrontDoor({
      drive: withFaults(createMemoryDrive(), { quota: () => Promise.reject(new Error('no quota')) }),
    });
    expect(linesOf(await davClient(fails)('GET', '/m/?view=entries'))[0]!.folder).not.toHaveProperty('quota');
    await fails.stop();
  });

  it("leaves a folder's page, a POST without an action and the server's own paths to others", async () => {
    expect((await dav('GET', '/m/folder/', { Accept: 'text/html' })).headers.get('Content-Type')).toContain('html');
    expect((await dav('POST', '/m/folder/?view=entries')).status).toBe(405);
    expect((await dav('GET', '/-/users/user/?view=entries')).headers.get('Content-Type')).not.toContain('json');
  });
});
