import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/faults.ts';
import { act, codeOf } from '../support/browser-client.ts';
import { clientWith, type Dav, type DavAnswer, davClient } from '../support/dav-client.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { quickXorHash } from '../support/quick-xor-hash.ts';
import { basic } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** Uploads whose bytes go from the client to Microsoft itself, over an emulated one. */
const MIB = 1024 ** 2;
const BYTES = Buffer.alloc(5 * MIB, 'new bytes ');
const HASH = quickXorHash(BYTES);
const LOCK = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>
<D:locktype><D:write/></D:locktype></D:lockinfo>`;
const MOUNTS = [
  '{ mailbox: ada@contoso.com, name: team }',
  '{ mailbox: ada@contoso.com, name: closed, download: proxy }',
];
const LIMITED = [
  '{ mailbox: grace@contoso.com, name: full, download: redirect, limits: { quotaBytes: 6 MiB } }',
  '{ mailbox: grace@contoso.com, name: slow, download: redirect, limits: { uploadBytesPerSecond: 1 MiB } }',
];

let server: TestServer;
let dav: Dav;
let microsoft: MicrosoftClient;
let turn = 0;
let path: string;
let file: string;
/** The sessions that tests before have left. */
let before: number;

beforeAll(async () => {
  server = await startTestServer({
    download: 'redirect',
    others: ['bob'],
    yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 0 }', 'limits: { maxUploadBytes: 1 GiB }'],
    mounts: [...MOUNTS, ...LIMITED],
  });
  dav = davClient(server);
  microsoft = await microsoftClient(server.emulator);
  await dav('PROPFIND', '/ada/', { Depth: '0' });
}, 60_000);
afterAll(async () => {
  await microsoft.close();
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});
beforeEach(() => {
  turn += 1;
  file = `/${turn}.bin`;
  path = `/ada${file}`;
  server.emulator.setFault(undefined);
  before = server.emulator.openUploadSessions();
});

type Answer = Record<string, unknown> & { readonly id: string; readonly url: string };

async function open(more: object = {}, by = dav, headers: Record<string, string> = {}): Promise<DavAnswer> {
  return act(by, `${path}?action=upload`, { input: { size: BYTES.length, conflict: 'replace', ...more }, headers });
}

async function opened(more: object = {}): Promise<Answer> {
  const answer = await open(more);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}

/** Sends the bytes as a browser does, in two fragments. */
async function send({ url }: Answer, bytes = BYTES, total = bytes.length): Promise<void> {
  const half = 8 * 320 * 1024;
  for (const [start, end] of [
    [0, half],
    [half, bytes.length],
  ] as const) {
    const headers = { 'content-range': `bytes ${start}-${end - 1}/${total}` };
    const body = bytes.subarray(start, end);
    expect((await microsoft.plain(url, { method: 'PUT', headers, body })).status).toBe(202);
  }
}

const commit = ({ id }: Pick<Answer, 'id'>, more: object = {}, by = dav) =>
  act(by, `${path}?action=upload-commit`, { input: { id, quickXorHash: HASH, ...more } });
const status = ({ id }: Pick<Answer, 'id'>, by = dav) => act(by, `${path}?action=upload-status`, { input: { id } });
const cancel = ({ id }: Pick<Answer, 'id'>, by = dav) => act(by, `${path}?action=upload-cancel`, { input: { id } });

/** What is stored, and how many sessions the test has open. */
async function stored(): Promise<readonly [number, string, number]> {
  const answer = await dav('GET', path.replace(/^\/[a-z]+/, '/closed'));
  return [answer.status, answer.text.slice(0, 12), server.emulator.openUploadSessions() - before];
}

async function callsOf(request: () => Promise<DavAnswer>): Promise<string[]> {
  server.emulator.resetCalls();
  expect((await request()).status).toBeLessThan(300);
  return server.emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
}

const faultOnce = (wanted: string, fault: Fault) => {
  let isLeft = true;
  server.emulator.setFault(operation => {
    const applies = isLeft && operation === wanted;
    isLeft &&= !applies;
    return applies ? fault : undefined;
  });
};

describe('a direct upload', () => {
  it('makes a file of bytes that did not pass through this server', async () => {
    const way = await opened({ modified: '2020-02-03T04:05:06Z' });
    expect(way).toMatchObject({ way: 'direct', multiple: 327_680, max: 191 * 327_680 });
    expect(way.id).toMatch(/^[\w-]{22}$/);
    expect(Date.parse(String(way.expires))).toBeGreaterThan(Date.now());
    await send(way);
    expect(await stored()).toEqual([404, expect.anything(), 1]);
    const answer = await commit(way);
    expect(answer.status).toBe(201);
    const { entry } = JSON.parse(answer.text);
    expect(entry).toMatchObject({ name: file.slice(1), size: BYTES.length, modified: '2020-02-03T04:05:06.000Z' });
    const { headers, text } = await dav('GET', path.replace('/ada', '/closed'));
    expect([headers.get('ETag'), text === BYTES.toString()]).toEqual([`"${entry.etag}"`, true]);
    expect((await stored())[2]).toBe(0);
    expect((await commit(way)).status).toBe(404);
  });

  it('replaces a file, which stays what it is until then', async () => {
    await dav('PUT', path, {}, 'old');
    const way = await opened();
    await send(way);
    expect(await stored()).toEqual([200, 'old', 1]);
    expect((await commit(way)).status).toBe(200);
    expect(await stored()).toEqual([200, 'new bytes ne', 0]);
  });

  it('costs two calls to open, and one to commit', async () => {
    let way: DavAnswer | undefined;
    const opening = await callsOf(async () => {
      way = await open();
      return way;
    });
    expect(opening.at(-1)).toBe('driveItem-createUploadSession');
    expect(opening.length).toBeLessThanOrEqual(2);
    const answer: Answer = JSON.parse(way!.text);
    await send(answer);
    expect(await callsOf(() => commit(answer))).toEqual(['upload-session-commit']);
  });

  it('tells what is missing, and goes on after a restart of this server', async () => {
    const way = await opened();
    const bytes = BYTES.subarray(0, 327_680);
    const headers = { 'content-range': `bytes 0-${bytes.length - 1}/${BYTES.length}` };
    await microsoft.plain(way.url, { method: 'PUT', headers, body: bytes });
    await server.restart();
    dav = davClient(server);
    const answer = await status(way);
    expect([answer.status, JSON.parse(answer.text).nextExpectedRanges]).toEqual([200, [`327680-${BYTES.length - 1}`]]);
    const early = await commit(way);
    expect([early.status, codeOf(early), (await status(way)).status]).toEqual([400, 'body-length', 200]);
    const again = await opened();
    await send(again);
    await server.restart();
    dav = davClient(server);
    expect((await commit(again)).status).toBe(201);
    expect(await stored()).toEqual([200, 'new bytes ne', 0]);
  });

  it('belongs to the one who has opened it, and to its path', async () => {
    const way = await opened();
    await send(way);
    const bob = davClient({ ...server, ...server.others[0]! });
    for (const ask of [commit, status, cancel]) {
      const answer = await (ask === commit ? commit(way, {}, bob) : ask(way, bob));
      expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found']);
    }
    for (const other of ['/ada/other.bin', `/grace${file}`]) {
      const answer = await act(dav, `${other}?action=upload-commit`, { input: { id: way.id, quickXorHash: HASH } });
      expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found']);
    }
    expect((await commit(way)).status).toBe(201);
  });

  it('is dropped by its owner', async () => {
    const way = await opened();
    expect((await cancel(way)).status).toBe(200);
    expect((await stored())[2]).toBe(0);
    expect([(await status(way)).status, (await cancel(way)).status, (await commit(way)).status]).toEqual([
      404, 404, 404,
    ]);
  });

  it('is dropped when its owner opens the path anew', async () => {
    const way = await opened();
    await opened();
    expect([(await status(way)).status, (await stored())[2]]).toEqual([404, 1]);
  });

  it('is over when Microsoft says so', async () => {
    const way = await opened();
    await microsoft.plain(way.url, { method: 'DELETE' });
    expect((await status(way)).status).toBe(404);
    const another = await opened();
    await send(another);
    await microsoft.plain(another.url, { method: 'DELETE' });
    const answer = await commit(another);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await stored())[0]).toBe(404);
  });

  it.each([
    ['done', { status: 500, done: 'yes' }],
    ['done, and without a body', { wire: { status: 200, body: '', done: 'yes' } }],
    ['not done', { status: 500 }],
  ] as [string, Fault][])('is looked up when the answer of its commit is lost: %s', async (_, fault) => {
    const way = await opened();
    await send(way);
    faultOnce('upload-session-commit', fault);
    expect((await commit(way)).status).toBe(201);
    expect(await stored()).toEqual([200, 'new bytes ne', 0]);
  });
});

it('each commit has its line in the audit trail, and opening, asking and cancelling have none', async () => {
  const from = server.logged.length;
  const first = await opened();
  await status(first);
  await cancel(first);
  for (const old of ['a new file', 'a replaced one']) {
    const way = await opened();
    await send(way);
    expect((await commit(way)).status, old).toBeLessThan(300);
  }
  const refused = await opened();
  await send(refused);
  const { status: wrong } = await commit(
    refused,
    {},
    clientWith(server, { ...basic(server.user, server.password), 'If-Match': '"another"' }),
  );
  expect(wrong).toBe(412);
  await cancel(refused);
  const lines = server.logged.slice(from).map(line => JSON.parse(line));
  expect(
    lines
      .filter(({ audit }) => audit !== undefined)
      .map(({ audit, action, user, path: at }) => [audit, action, user, at]),
  ).toEqual(
    ['file-created', 'file-replaced', 'change-failed'].map(audit => [audit, 'upload-commit', server.user, path]),
  );
});

describe('the commit of a direct upload checks again', () => {
  it('locks', async () => {
    await dav('PUT', path, {}, 'old');
    const way = await opened();
    await send(way);
    const bob = davClient({ ...server, ...server.others[0]! });
    const token = (await bob('LOCK', path, { Timeout: 'Second-60' }, LOCK)).headers.get('Lock-Token')!;
    const answer = await commit(way);
    expect([answer.status, codeOf(answer), ...(await stored())]).toEqual([423, 'locked', 200, 'old', 1]);
    await bob('UNLOCK', path, { 'Lock-Token': token });
    expect((await commit(way)).status).toBe(200);
  });

  it('rights: without them, the session is closed', async () => {
    path = `/team${file}`;
    await server.reload({ mounts: ['{ mailbox: ada@contoso.com, name: team, download: redirect }', MOUNTS[1]!] });
    const way = await opened();
    await send(way);
    await server.reload({
      mounts: ['{ mailbox: ada@contoso.com, name: team, download: redirect, readOnly: true }', MOUNTS[1]!],
    });
    const answer = await commit(way);
    expect([answer.status, codeOf(answer), ...(await stored())]).toEqual([403, 'read-only', 404, expect.anything(), 0]);
    await server.reload({ mounts: [...MOUNTS, ...LIMITED] });
  });

  it('the name: what was made there meanwhile stays', async () => {
    const way = await opened({ conflict: 'fail' });
    await send(way);
    await server.mailboxes.ada.put(file, 'of somebody else');
    const answer = await commit(way);
    expect([answer.status, codeOf(answer), ...(await stored())]).toEqual([412, 'precondition', 200, 'of somebody ', 0]);
  });

  it('the entity tag that the app has seen', async () => {
    await dav('PUT', path, {}, 'old');
    const tag = (await dav('HEAD', path)).headers.get('ETag')!;
    const way: Answer = JSON.parse((await open({}, dav, { 'If-Match': tag })).text);
    await send(way);
    await server.mailboxes.ada.put(file, 'of somebody else');
    expect([(await commit(way)).status, ...(await stored())]).toEqual([412, 200, 'of somebody ', 1]);
    await cancel(way);
  });

  it.each([
    ['of a new file', undefined, [404, expect.anything(), 0]],
    ['of a file that is replaced', 'old', [200, 'old', 0]],
  ])('the bytes: wrong ones %s are taken back', async (_, old, expected) => {
    if (old !== undefined) {
      await dav('PUT', path, {}, old);
    }
    const way = await opened();
    await send(way, Buffer.alloc(BYTES.length, 'wrong bytes '));
    expect((await commit(way)).status).toBe(502);
    expect(await stored()).toEqual(expected);
    const longer = await opened();
    await send(longer, Buffer.concat([BYTES, Buffer.from('more')]));
    expect((await commit(longer, { quickXorHash: undefined })).status).toBe(502);
    expect(await stored()).toEqual(expected);
  });
});

describe('the action upload', () => {
  it.each([
    ['a small file', { size: 4 * MIB }],
    ['an empty file', { size: 0 }],
  ])('sends %s through this server', async (_, more) => {
    expect(await opened(more)).toEqual({ way: 'through' });
  });

  it.each([
    ['where the mount redirects nobody', '/closed/a.bin'],
    ['where uploads are limited', '/slow/a.bin'],
    ['a name that OneDrive never gets', '/ada/._a.bin'],
  ])('sends a file through this server: %s', async (_, other) => {
    path = other;
    expect(await opened()).toEqual({ way: 'through' });
  });

  it.each([
    ['a taken name', { conflict: 'fail' }, 412, 'precondition'],
    ['a longer file than any may be', { size: 2 * 1024 * MIB }, 413, 'too-large'],
    ['a size that is none', { size: -1 }, 400, 'bad-request'],
    ['a size that is a text', { size: '9' }, 400, 'bad-request'],
    ['no conflict', { conflict: undefined }, 400, 'bad-request'],
    ['a date that is none', { modified: 'soon' }, 400, 'bad-request'],
  ])('refuses %s', async (_, more, expected, code) => {
    await dav('PUT', path, {}, 'old');
    const answer = await open(more);
    expect([answer.status, codeOf(answer)]).toEqual([expected, code]);
  });

  it.each([
    ['a folder', '/ada/', 405],
    ['no folder to put it in', '/ada/none/a.bin', 409],
    ['a name that OneDrive refuses', '/ada/a%3Cb.bin', 400],
    ['a mount that would be too full', '/full/a.bin', 507],
  ])('refuses %s', async (_, other, expected) => {
    path = other;
    expect((await open({ size: 7 * MIB })).status).toBe(expected);
    expect(server.emulator.openUploadSessions()).toBe(before);
  });

  it('refuses a locked name', async () => {
    await dav('PUT', path, {}, 'old');
    const bob = davClient({ ...server, ...server.others[0]! });
    const token = (await bob('LOCK', path, { Timeout: 'Second-60' }, LOCK)).headers.get('Lock-Token')!;
    expect((await open()).status).toBe(423);
    await bob('UNLOCK', path, { 'Lock-Token': token });
  });

  it('is announced in the head of a folder', async () => {
    const uploadOf = async (folder: string) => {
      const [first] = (await dav('GET', `${folder}?view=entries`)).text.split('\n');
      return JSON.parse(first!).folder.can.upload;
    };
    expect([await uploadOf('/ada/'), await uploadOf('/closed/'), await uploadOf('/')]).toEqual([
      'direct',
      'through',
      'no',
    ]);
  });

  it('never writes an address into the log', async () => {
    const way = await opened();
    await send(way);
    await commit(way);
    expect(server.logged.filter(line => line.includes('tempauth'))).toEqual([]);
  });
});
