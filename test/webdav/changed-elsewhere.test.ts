import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadPolicy } from '../../src/downloads/policy.ts';
import type { MailboxHandle } from '../../src/emulator/emulator.ts';
import { type Dav, type DavAnswer, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const OLD = 'old 456789';
const NEW = 'NEW!';
const LONG = 'longer than it was before';
const [OLD_DATE, NEW_DATE] = ['Sun, 02 Feb 2020 02:02:02 GMT', 'Mon, 03 Mar 2025 03:03:03 GMT'];

let server: TestServer;
let dav: Dav;
let ada: MailboxHandle;

/**
 * A server whose cache never expires, and which has just served the old version of `/ada/file`.
 */
async function start(download: DownloadPolicy): Promise<{ etag: string }> {
  server = await startTestServer({
    download,
    clock: fakeClock(Date.now()),
    emulator: { downloadBase: 'loopback' },
    // The same mailbox with a cache of its own.
    mounts: ['{ mailbox: ada@contoso.com, name: again }'],
    yaml: ['cache: { pollSeconds: 0 }'],
  });
  dav = davClient(server);
  ada = server.mailboxes.ada;
  await ada.put('/file', OLD, { modified: new Date(OLD_DATE) });
  const { headers } = await dav('HEAD', '/ada/file');
  expect(headers.get('last-modified')).toBe(OLD_DATE);
  server.emulator.resetCalls();
  return { etag: headers.get('etag')! };
}

const get = (headers: Record<string, string> = {}) => dav('GET', '/ada/file', headers);
/** Another program writes the file, straight in OneDrive. */
const change = (content: string) => ada.put('/file', content, { modified: new Date(NEW_DATE) });
/** The tag of the present version, as a client gets it that has not seen the old one. */
const newTag = async () => (await dav('HEAD', '/again/file')).headers.get('etag')!;
const calls = () => server.emulator.calls.map(({ operation }) => operation);

/** All headers of the version, and its bytes. */
function shown({ status, headers, text }: DavAnswer) {
  const [etag, date, length, range] = ['etag', 'last-modified', 'content-length', 'content-range'].map(name =>
    headers.get(name),
  );
  return { status, etag, date, length, range, text };
}

afterEach(async () => {
  await eventually(() => expect(server.emulator.activeResponses()).toBe(0));
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

describe('a file that was changed elsewhere a moment ago, by proxy', () => {
  let etag: string;

  beforeEach(async () => {
    ({ etag } = await start('proxy'));
  });

  it('comes with the tag, date and length of the new bytes, for one Graph call; later requests know them', async () => {
    await change(NEW);
    const answer = shown(await get());
    expect(answer).toEqual({ status: 200, etag: await newTag(), date: NEW_DATE, length: '4', range: null, text: NEW });
    expect(answer.etag).not.toBe(etag);
    expect(calls().slice(0, 2)).toEqual(['download', 'driveItem-get']);
    server.emulator.resetCalls();
    expect(shown(await dav('HEAD', '/ada/file'))).toEqual({ ...answer, text: '' });
    expect((await dav('PROPFIND', '/ada/file', { Depth: '0' })).text).toContain(answer.etag);
    expect(calls()).toEqual([]);
    expect(shown(await get())).toEqual(answer);
    expect(calls()).toEqual(['download']);
  });

  it('is new in the listing of its folder as well', async () => {
    const listing = async () => (await dav('PROPFIND', '/ada/', { Depth: '1' })).text;
    expect(await listing()).toContain(etag);
    await change(NEW);
    const { headers } = await get();
    const text = await listing();
    expect([text.includes(headers.get('etag')!), text.includes(etag)]).toEqual([true, false]);
  });

  it('that only a listing has shown comes with what belongs to its bytes', async () => {
    await ada.put('/sub/listed', OLD);
    await dav('PROPFIND', '/ada/sub/', { Depth: '1' });
    await ada.put('/sub/listed', NEW, { modified: new Date(NEW_DATE) });
    server.emulator.resetCalls();
    expect(shown(await dav('GET', '/ada/sub/listed'))).toMatchObject({ date: NEW_DATE, length: '4', text: NEW });
    expect(calls()).toEqual(['driveItem-get', 'download']);
  });

  it('is not the version of an old tag: If-Range gives the whole new file', async () => {
    await change(LONG);
    const answer = shown(await get({ Range: 'bytes=5-7', 'If-Range': etag }));
    expect(answer).toMatchObject({ status: 200, date: NEW_DATE, length: '25', range: null, text: LONG });
    expect(answer.etag).not.toBe(etag);
    expect(calls()).toEqual(['download', 'driveItem-get', 'download']);
  });

  it.each([
    ['shorter', NEW],
    ['empty', ''],
  ])('is not the version of an old tag when it is %s, either', async (_, content) => {
    await change(content);
    const answer = shown(await get({ Range: 'bytes=5-7', 'If-Range': etag }));
    expect(answer).toMatchObject({ status: 200, date: NEW_DATE, length: String(content.length), text: content });
  });

  it('is not the version of an old date', async () => {
    await change(LONG);
    expect(shown(await get({ Range: 'bytes=5-7', 'If-Range': OLD_DATE }))).toMatchObject({ status: 200, text: LONG });
  });

  it.each([
    ['If-Match', () => ({ 'If-Match': etag })],
    ['If-Match with a range', () => ({ 'If-Match': etag, Range: 'bytes=0-1' })],
    ['If-Unmodified-Since', () => ({ 'If-Unmodified-Since': OLD_DATE })],
    ['an If list', () => ({ If: `([${etag}])` })],
  ])('does not meet %s of the old version', async (_, headers) => {
    expect((await get(headers())).status).toBe(200 + (Object.hasOwn(headers(), 'Range') ? 6 : 0));
    await change(LONG);
    expect((await get(headers())).status).toBe(412);
    expect((await get({ 'If-Match': await newTag() })).text).toBe(LONG);
  });

  it('is not sent to a client that has it already', async () => {
    await change(NEW);
    const tag = await newTag();
    const answer = await get({ 'If-None-Match': tag });
    expect([answer.status, answer.headers.get('etag'), answer.text]).toEqual([304, tag, '']);
  });

  it.each([
    ['longer', LONG, 'bytes=4-', 206, 'bytes 4-24/25', LONG.slice(4)],
    ['longer', LONG, 'bytes=4-99', 206, 'bytes 4-24/25', LONG.slice(4)],
    ['longer', LONG, 'bytes=-3', 206, 'bytes 22-24/25', LONG.slice(-3)],
    ['longer', LONG, 'bytes=1-2', 206, 'bytes 1-2/25', LONG.slice(1, 3)],
    ['shorter', NEW, 'bytes=2-', 206, 'bytes 2-3/4', NEW.slice(2)],
    ['shorter', NEW, 'bytes=2-8', 206, 'bytes 2-3/4', NEW.slice(2)],
    ['shorter', NEW, 'bytes=-3', 206, 'bytes 1-3/4', NEW.slice(-3)],
    ['shorter', NEW, 'bytes=4-', 416, 'bytes */4', undefined],
    ['empty', '', 'bytes=0-', 200, null, ''],
  ])('that is %s now (%j) is what Range: %s is about', async (_, content, range, status, contentRange, text) => {
    await change(content);
    const answer = shown(await get({ Range: range }));
    expect([answer.status, answer.range]).toEqual([status, contentRange]);
    if (text !== undefined) {
      expect([answer.text, answer.length, answer.date]).toEqual([text, String(text.length), NEW_DATE]);
    }
  });

  it.each([
    ['empty', () => change(''), 200, ''],
    ['gone', () => ada.remove('/file'), 404, undefined],
    [
      'a folder',
      () => {
        ada.remove('/file');
        ada.mkdir('/file');
      },
      405,
      undefined,
    ],
    [
      'another file, as programs save',
      async () => {
        ada.remove('/file');
        await change(NEW);
      },
      200,
      NEW,
    ],
  ])('that is %s now is that', async (_, act, status, text) => {
    await act();
    const answer = await get();
    expect(answer.status).toBe(status);
    if (text !== undefined) {
      expect([answer.text, answer.headers.get('content-length')]).toEqual([text, String(text.length)]);
    }
    const head = await dav('HEAD', '/ada/file');
    expect(head.status).toBe(status === 405 ? 200 : status);
    expect((await get({ Range: 'bytes=0-0' })).status).toBe(text === '' ? 200 : text === undefined ? status : 206);
  });

  describe('only in its times', () => {
    beforeEach(async () => {
      const update = '<D:set><D:prop><D:lastmodified>1600000000</D:lastmodified></D:prop></D:set>';
      const body = `<D:propertyupdate xmlns:D="DAV:">${update}</D:propertyupdate>`;
      expect((await dav('PROPPATCH', '/again/file', {}, body)).status).toBe(207);
    });

    it('is the same version with another date', async () => {
      const answer = shown(await get({ Range: 'bytes=0-2', 'If-Range': etag }));
      expect(answer).toMatchObject({ status: 206, etag, text: 'old', date: 'Sun, 13 Sep 2020 12:26:40 GMT' });
    });

    it('does not meet If-Unmodified-Since of the old date', async () => {
      expect((await get({ 'If-Unmodified-Since': OLD_DATE })).status).toBe(412);
    });
  });

  it('that is a folder now is shown to browsers as one', async () => {
    ada.remove('/file');
    await ada.put('/file/inside', 'x');
    const { status, text } = await get({ Accept: 'text/html' });
    expect([status, text.includes('inside')]).toEqual([200, true]);
  });

  it('and is changed each time that it is opened is for later', async () => {
    let version = 0;
    server.emulator.setFault(operation => {
      version += 1;
      return operation === 'download' || operation === 'driveItem-get'
        ? { delayUntil: change(`version ${version}`) }
        : undefined;
    });
    const wishes: Record<string, string>[] = [{}, { Range: 'bytes=0-2' }, { 'If-Match': '*' }];
    for (const headers of wishes) {
      server.emulator.resetCalls();
      const answer = await get(headers);
      expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, 5]);
      expect(calls().length).toBeLessThan(30);
    }
    server.emulator.setFault(undefined);
    expect((await get()).text).toBe(`version ${version}`);
  });

  it('and is changed after each look still ends, for a client that wants a part', async () => {
    let version = 0;
    server.emulator.setFault(operation => {
      version += 1;
      return operation === 'download' ? { delayUntil: change(`version ${version}`) } : undefined;
    });
    expect((await get({ Range: 'bytes=0-2' })).status).toBe(503);
    const whole = await get();
    expect([whole.status, whole.text]).toEqual([200, `version ${version - 1}`]);
  });
});

it('an unchanged file costs one request for its bytes, whatever the client asks', async () => {
  const { etag } = await start('proxy');
  const wishes: Record<string, string>[] = [{}, { Range: 'bytes=1-2', 'If-Range': etag }, { 'If-Match': etag }];
  for (const headers of wishes) {
    server.emulator.resetCalls();
    expect((await get(headers)).status).toBeLessThan(300);
    expect(calls()).toEqual(['download']);
  }
});

describe('a file that was changed elsewhere a moment ago, by redirect', () => {
  let etag: string;

  beforeEach(async () => {
    ({ etag } = await start('redirect'));
  });

  it('does not show in the redirect; its target gives one version, under tags that are not ours', async () => {
    await change(NEW);
    const answer = shown(await get({ Range: 'bytes=1-2' }));
    expect(answer).toEqual({ status: 302, etag: null, date: null, length: '0', range: null, text: '' });
    const location = (await get()).headers.get('location')!;
    const part = await fetch(location, { headers: { Range: 'bytes=1-2', 'If-Range': etag } });
    expect([part.status, await part.text()]).toEqual([200, NEW]);
  });

  it('is not the version of an old tag: what depends on our tags is answered here', async () => {
    await change(LONG);
    expect(shown(await get({ Range: 'bytes=5-7', 'If-Range': etag }))).toMatchObject({ status: 200, text: LONG });
    await change(NEW);
    expect((await get({ 'If-Match': etag })).status).toBe(412);
  });
});

describe('COPY and MOVE to another mailbox', () => {
  const grace = () => server.mailboxes.grace;
  /** Runs a change in the source when so many files have reached the target. */
  const whenCopied = (files: number, act: () => Promise<void> | void) => {
    let left = files;
    server.emulator.setFault(operation => {
      left -= operation === 'upload-fragment' ? 1 : 0;
      return operation === 'upload-fragment' && left === 0 ? { delayUntil: Promise.resolve(act()) } : undefined;
    });
  };
  const move = (from: string, to: string) => dav('MOVE', from, { Destination: to });

  beforeEach(async () => {
    await start('proxy');
    await ada.put('/tree/one', 'one');
    await ada.put('/tree/sub/two', 'two');
  });

  it('take the new version with its date', async () => {
    await change(NEW);
    expect((await dav('COPY', '/ada/file', { Destination: '/grace/copy' })).status).toBe(201);
    expect([(await grace().read('/copy')).toString(), grace().stat('/copy')?.modified]).toEqual([
      NEW,
      new Date(NEW_DATE),
    ]);
  });

  it.each([
    ['the file itself is changed', 1, '/ada/file', '/file'],
    ['a file in it is changed', 2, '/ada/tree', '/tree/one'],
    ['a file comes', 2, '/ada/tree', '/tree/precious'],
    ['a file comes further down', 2, '/ada/tree', '/tree/sub/precious'],
  ])('remove nothing when %s in OneDrive meanwhile, and a second try takes all', async (_, files, from, at) => {
    whenCopied(files, () => ada.put(at, NEW));
    const answer = await move(from, '/grace/moved');
    expect([answer.status, (await ada.read(at)).toString()]).toEqual([423, NEW]);
    expect((await move(from, '/grace/moved')).status).toBe(204);
    const target = `/moved${at.slice(from.length - '/ada'.length)}`;
    expect([(await grace().read(target)).toString(), ada.stat(at)]).toEqual([NEW, undefined]);
  });
});
