import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { codeOf, entriesOf, linesOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose } from '../support/raw-http.ts';

const HTML = '<script>alert(document.domain)</script>';
const SCRIPT = '<svg onload=alert(1)>.txt';
const BIDI = 'photo\u202egnp.txt';
const LARGE = 'large.txt';
const VIEWS = ['entries', 'search&q=x', 'details', 'thumbnail', 'content', 'versions', 'version&id=1'];

let front: FrontDoorTest;
let dav: Dav;

beforeAll(async () => {
  const memory = createMemoryDrive();
  const types: Record<string, string> = { 'page.html': 'text/html', 'image.svg': 'image/svg+xml' };
  /** The types that OneDrive would give, and a file that is longer than this process would like to hold. */
  const drive = withFaults(memory, {
    stat: async (path, options) => {
      const entry = await memory.stat(path, options);
      return {
        ...entry,
        ...(entry.name in types ? { contentType: types[entry.name] } : {}),
        ...(entry.name === LARGE ? { size: 64 * 1024 ** 2 + 1 } : {}),
      };
    },
    thumbnail: async (path, { signal }) => {
      const { entry, body } = await memory.read(path, { signal });
      return entry.name === 'picture.jpg' ? { entry, body, contentType: 'image/jpeg', length: entry.size } : undefined;
    },
  });
  front = await startFrontDoor({
    drive,
    users: [
      { name: 'user', mounts: '*', access: 'write' },
      { name: 'stranger', mounts: [], access: 'read' },
    ],
  });
  dav = davClient(front);
  await dav('MKCOL', '/m/folder/');
  await dav('MKCOL', '/m/folder/deep/');
  for (const [name, text] of [
    ['a.txt', 'first'],
    ['a.txt', 'second one'],
    ['page.html', HTML],
    ['image.svg', HTML],
    ['picture.jpg', 'a picture'],
    [LARGE, 'x'],
    ['deep/report x.txt', 'x'],
    [`deep/${SCRIPT}`, 'x'],
    [`deep/${BIDI}`, 'x'],
    ['deep/._report', 'kept'],
  ] as const) {
    await dav('PUT', `/m/folder/${name.split('/').map(encodeURIComponent).join('/')}`, {}, text);
  }
  // Somebody else has put a junk name into the drive.
  const signal = new AbortController().signal;
  await memory.makeFolder(toDrivePath(['folder', '.DS_Store report']), { signal });
  await memory.makeFolder(toDrivePath(['folder', '.DS_Store']), { signal });
  await memory.makeFolder(toDrivePath(['folder', '.DS_Store', 'report']), { signal });
});
afterAll(() => front.stop());

const get = (path: string, headers: Record<string, string> = {}) => dav('GET', `/m/folder/${path}`, headers);

describe('every view', () => {
  it.each(VIEWS)('%s of a place that the user may not see is what WebDAV answers', async view => {
    const stranger = davClient({ ...front, user: 'stranger' });
    const answer = await stranger('GET', `/m/folder/a.txt?view=${view}`);
    expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found']);
    expect((await stranger('GET', '/m/folder/a.txt')).status).toBe(404);
    const nobody = davClient({ ...front, password: 'wrong' });
    expect((await nobody('GET', `/m/folder/a.txt?view=${view}`)).status).toBe(401);
  });

  it.each(VIEWS)('%s is JSON or bytes, and inert, whatever is accepted', async view => {
    for (const path of ['a.txt', 'deep/', 'page.html', 'image.svg']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await dav(method, `/m/folder/${path}?view=${view}`, { Accept: 'text/html,image/svg+xml' });
        const headers = Object.fromEntries(answer.headers);
        expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
        expect(headers['cache-control']).toMatch(/^(no-store|private, no-cache)$/);
        if (!/^(application\/(x-nd)?json|application\/octet-stream)$/.test(headers['content-type'] ?? '')) {
          expect([view, headers['content-security-policy']]).toEqual(['content', "sandbox; default-src 'none'"]);
        }
        expect(method === 'GET' || answer.text === '').toBe(true);
      }
    }
  });
});

describe('a client that goes away', () => {
  it.each(VIEWS)('ends the work on %s', async view => {
    const begun = Promise.withResolvers<AbortSignal>();
    const waits = (signal: AbortSignal) => {
      begun.resolve(signal);
      return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const waiting = {
      stat: (_: unknown, options: CallOptions) => waits(options.signal),
      list: (_: unknown, options: CallOptions) => waits(options.signal),
      details: (_: unknown, options: CallOptions) => waits(options.signal),
      thumbnail: (_: unknown, options: CallOptions) => waits(options.signal),
      versions: (_: unknown, options: CallOptions) => waits(options.signal),
      search: (_: unknown, __: unknown, options: CallOptions) => waits(options.signal),
      readVersion: (_: unknown, __: unknown, options: CallOptions) => waits(options.signal),
    };
    const other = await startFrontDoor({ drive: withFaults(createMemoryDrive(), waiting) });
    const client = connect(Number(new URL(other.url).port), '127.0.0.1');
    client.on('error', () => {});
    client.write(compose(`GET /m/a?view=${view}`, basic(other.user, other.password)));
    const signal = await begun.promise;
    // A client that only ends its side may still wait for the answer.
    client.resetAndDestroy();
    await eventually(() => expect(signal.aborted).toBe(true));
    await other.stop();
  });
});

describe('the view search', () => {
  it('has each hit with its names below the folder, and says that an index is asked', async () => {
    const answer = await get('?view=search&q=REPORT%20X');
    expect(linesOf(answer)[0]).toMatchObject({ folder: { path: ['m', 'folder'] }, index: true });
    expect(entriesOf(answer)).toMatchObject([{ name: 'report x.txt', kind: 'file', path: ['deep', 'report x.txt'] }]);
  });

  it('never shows junk, in the side store or in the drive', async () => {
    expect((await get('deep/._report')).text).toBe('kept');
    expect((await dav('PROPFIND', '/m/folder/.DS_Store/report', { Depth: '0' })).status).toBe(207);
    expect(entriesOf(await get('?view=search&q=store')).map(({ name }) => name)).toEqual(['.DS_Store report']);
    expect(
      entriesOf(await get('?view=search&q=report'))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['.DS_Store report', 'report x.txt'].toSorted());
  });

  it('has names that are scripts or change their direction as they are', async () => {
    const names = entriesOf(await get('?view=search&q=.txt')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([SCRIPT, BIDI]));
  });

  it.each([
    ['without words', 'm/folder/?view=search', 400, 'bad-request'],
    ['with blanks alone', 'm/folder/?view=search&q=%20', 400, 'bad-request'],
    ['with too long a text', `m/folder/?view=search&q=${'x'.repeat(256)}`, 400, 'bad-request'],
    ['above the mounts', '?view=search&q=x', 405, 'unsupported'],
    ['of a file', 'm/folder/a.txt?view=search&q=x', 405, 'is-file'],
    ['in a kept file', 'm/folder/deep/._report?view=search&q=x', 405, 'unsupported'],
  ])('%s is refused', async (_, path, status, code) => {
    const answer = await dav('GET', `/${path}`);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it('says when there are more hits', async () => {
    const signal = new AbortController().signal;
    const many = createMemoryDrive();
    for (let index = 0; index < 501; index += 1) {
      await many.makeFolder(toDrivePath([`word ${index}`]), { signal });
    }
    const other = await startFrontDoor({ drive: many });
    const answer = await davClient(other)('GET', '/m/?view=search&q=word');
    expect(linesOf(answer).at(-1)).toEqual({ end: true, count: 500, more: true });
    await other.stop();
  });
});

describe('the view details', () => {
  it('has the facts of a file and of a folder, of the root too', async () => {
    const details = JSON.parse((await get('a.txt?view=details')).text);
    expect(details).toMatchObject({ name: 'a.txt', kind: 'file', size: 10 });
    expect(Object.keys(details)).not.toContain('id');
    expect(JSON.parse((await dav('GET', '/m/?view=details')).text)).toMatchObject({ name: 'm', kind: 'folder' });
    expect(JSON.parse((await dav('GET', '/?view=details')).text)).toMatchObject({ name: '', kind: 'folder' });
    expect(JSON.parse((await get('deep/._report?view=details')).text)).toMatchObject({ name: '._report', size: 4 });
  });
});

describe('the view thumbnail', () => {
  it('is for the user alone, and kept only under the tag of the version', async () => {
    const etag = (await get('picture.jpg')).headers.get('ETag')!.replaceAll('"', '');
    const plain = await get('picture.jpg?view=thumbnail&size=small');
    expect([plain.status, plain.text]).toEqual([200, 'a picture']);
    expect(Object.fromEntries(plain.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '9',
      'cache-control': 'private, no-cache',
      vary: 'Authorization, Cookie',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const kept = await get(`picture.jpg?view=thumbnail&size=large&v=${etag}`);
    expect([kept.headers.get('Cache-Control'), kept.headers.get('Vary')]).toEqual([
      'private, max-age=604800, immutable',
      'Authorization, Cookie',
    ]);
    const old = await get('picture.jpg?view=thumbnail&size=large&v=another');
    expect(old.headers.get('Cache-Control')).toBe('private, no-cache');
  });

  it.each([
    ['a.txt?view=thumbnail', 404, 'no-thumbnail'],
    ['none.jpg?view=thumbnail', 404, 'not-found'],
    ['picture.jpg?view=thumbnail&size=c9999x9999', 400, 'bad-request'],
  ])('%s is refused', async (path, status, code) => {
    const answer = await get(path);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });
});

describe('the view content', () => {
  it('is what GET sends, with ranges and conditions', async () => {
    const whole = await get('a.txt?view=content');
    expect([whole.status, whole.text]).toEqual([200, 'second one']);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-disposition': 'inline',
      'cross-origin-resource-policy': 'same-origin',
    });
    const part = await get('a.txt?view=content', { Range: 'bytes=0-5' });
    expect([part.status, part.text]).toEqual([206, 'second']);
    const same = await get('a.txt?view=content', { 'If-None-Match': whole.headers.get('ETag')! });
    expect(same.status).toBe(304);
  });

  it.each(['page.html', 'image.svg'])('never runs %s', async name => {
    const answer = await get(`${name}?view=content`);
    expect(answer.text).toBe(HTML);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  it('refuses what is too large to be looked at, and a folder', async () => {
    const [large, folder] = [await get(`${LARGE}?view=content`), await get('deep/?view=content')];
    expect([large.status, codeOf(large)]).toEqual([413, 'too-large']);
    expect([folder.status, codeOf(folder)]).toEqual([405, 'is-folder']);
  });
});

describe('the views versions and version', () => {
  it('list all versions, and send the bytes of one to be saved', async () => {
    const { versions } = JSON.parse((await get('a.txt?view=versions')).text);
    expect(versions).toMatchObject([
      { size: 10, current: true },
      { size: 5, current: false },
    ]);
    const old = await get(`a.txt?view=version&id=${versions[1].id}`);
    expect(old.text).toBe('first');
    expect(Object.fromEntries(old.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''a.txt",
      'content-length': '5',
    });
    const script = await get(`deep/${encodeURIComponent(SCRIPT)}?view=version&id=1`);
    expect(script.headers.get('Content-Disposition')).toBe(
      "attachment; filename*=UTF-8''%3Csvg%20onload%3Dalert%281%29%3E.txt",
    );
  });

  it.each([
    ['a.txt?view=version', 400, 'bad-request'],
    ['a.txt?view=version&id=99', 404, 'not-found'],
    ['deep/?view=versions', 405, 'is-folder'],
    ['deep/._report?view=versions', 405, 'unsupported'],
    ['deep/._report?view=version&id=1', 405, 'unsupported'],
  ])('%s is refused', async (path, status, code) => {
    const answer = await get(path);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });
});
