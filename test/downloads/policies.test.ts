import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { createCertificateAuthority } from '../../src/emulator/tls.ts';
import { type Dav, type DavAnswer, davClient } from '../support/dav-client.ts';
import { davThrough } from '../support/dav-through.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { takeLock, unlock } from '../support/locks.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { expectSameBytes } from '../support/same-bytes.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.ts';

const THRESHOLD = 256 * 1024;
const BYTES = Buffer.concat([...sampleBytes(THRESHOLD, 'file')]);
const MINUTE = 60_000;
/** Whom `auto` redirects, and whom it does not know. */
const RCLONE = 'rclone/v1.60.1-DEV';
const STRANGER = 'SomeClient/1.0';
const DOWNLOAD_PROXY = [
  'downloads:',
  '  proxy: { urls: ["https://dl.example.com"], keys: [{ secret: "a key of the test" }] }',
];

/** What came of a request: the answer, and the way and the reason in the access log. */
interface Outcome extends DavAnswer {
  readonly way: string | undefined;
  readonly reason: string | undefined;
}

interface Served {
  readonly server: TestServer;
  readonly clock: FakeClock;
  readonly dav: Dav;
  /** GET by RCLONE unless the headers say otherwise. */
  get(path: string, headers?: Record<string, string>): Promise<Outcome>;
  ask(method: string, path: string, headers?: Record<string, string>): Promise<Outcome>;
  /** What Graph has been asked since the last time. */
  calls(): string[];
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

/**
 * A server with `/ada/folder/file` of 256 KiB and `/ada/empty`. Its URLs lead to this machine unless the options say
 * otherwise.
 */
async function serve(options: TestServerOptions = {}): Promise<Served> {
  const clock = fakeClock(Date.now());
  const server = await startTestServer({
    clock,
    ...options,
    emulator: { downloadBase: 'loopback', ...options.emulator },
  });
  open.push(async () => {
    expect(server.logged.filter(line => line.includes('tempauth'))).toEqual([]);
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  });
  await server.mailboxes.ada.put('/folder/file', BYTES);
  await server.mailboxes.ada.put('/empty', '');
  const dav = davClient(server);
  const ask: Served['ask'] = async (method, path, headers) =>
    outcomeOf(server, await dav(method, path, { 'User-Agent': RCLONE, ...headers }));
  const calls = () => {
    const seen = server.emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
    server.emulator.resetCalls();
    return seen;
  };
  return { server, clock, dav, ask, get: (path, headers) => ask('GET', path, headers), calls };
}

/** With the line that the access log has for it, which may come a little later. */
async function outcomeOf({ logged }: Pick<TestServer, 'logged'>, answer: DavAnswer): Promise<Outcome> {
  const id = answer.headers.get('x-request-id');
  const line = await eventually(() => {
    const found = logged.map(text => JSON.parse(text)).find(entry => entry.msg === 'request' && entry.id === id);
    expect(found).toBeDefined();
    return found;
  });
  return { ...answer, way: line.download, reason: line.downloadReason };
}

const wayOf = ({ status, way, reason }: Outcome) => [status, way, reason];
const REDIRECTED = [302, 'redirect', 'client'];
const locationOf = ({ headers }: DavAnswer) => headers.get('location') ?? '';
/** The bytes behind a redirect, as a client gets them that leaves its credentials behind. */
const follow = async (outcome: DavAnswer, headers = {}) => {
  const answer = await fetch(locationOf(outcome), { headers });
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
};

describe.each([
  ['redirect', STRANGER, 'redirect', 'policy'],
  ['download-proxy', STRANGER, 'download-proxy', 'policy'],
  ['proxy', RCLONE, 'proxy', 'policy'],
  ['auto', RCLONE, 'redirect', 'client'],
  ['auto', STRANGER, 'proxy', 'unknown-client'],
  ['auto', 'davfs2/1.6.1 neon/0.32.5', 'proxy', 'client'],
] as const)('the policy %s for %s', (download, userAgent, way, reason) => {
  const [status, sent] = way === 'proxy' ? [200, BYTES.toString()] : [302, ''];
  const serveIt = async () => {
    const { ask, ...served } = await serve({ download, yaml: download === 'download-proxy' ? DOWNLOAD_PROXY : [] });
    const asIt: Served['ask'] = (method, path, headers) => ask(method, path, { 'User-Agent': userAgent, ...headers });
    return { ...served, ask: asIt, get: (path: string, headers = {}) => asIt('GET', path, headers) };
  };

  it(`sends a file and a part of it by ${way}, and says so in the log`, async () => {
    const { get } = await serveIt();
    const whole = await get('/ada/folder/file');
    expect([...wayOf(whole), whole.text === sent]).toEqual([status, way, reason, true]);
    const part = await get('/ada/folder/file', { Range: 'bytes=1000-1999' });
    expect(wayOf(part)).toEqual([way === 'proxy' ? 206 : 302, way, reason]);
    expect(part.text).toBe(way === 'proxy' ? BYTES.subarray(1000, 2000).toString() : '');
  });

  it('answers here what needs no bytes', async () => {
    const { ask, get } = await serveIt();
    const head = await ask('HEAD', '/ada/folder/file');
    const [etag, modified] = ['etag', 'last-modified'].map(name => head.headers.get(name)!);
    expect([...wayOf(head), head.headers.get('content-length')]).toEqual([200, undefined, undefined, '262144']);
    const statusOf = async (path: string, headers = {}) => {
      const outcome = await get(path, headers);
      expect([outcome.way, locationOf(outcome)]).toEqual([undefined, '']);
      return outcome.status;
    };
    expect(await statusOf('/ada/folder/file', { 'If-None-Match': etag! })).toBe(304);
    expect(await statusOf('/ada/folder/file', { 'If-Modified-Since': modified! })).toBe(304);
    expect(await statusOf('/ada/folder/file', { 'If-Match': '"other"' })).toBe(412);
    expect(await statusOf('/ada/folder/file', { Range: 'bytes=262144-' })).toBe(416);
    expect(await statusOf('/ada/empty')).toBe(200);
    expect(await statusOf('/ada/folder/')).toBe(405);
    expect(await statusOf('/ada/missing')).toBe(404);
  });

  it('keeps here what depends on our tags and dates, which the content host does not have', async () => {
    const { ask, get } = await serveIt();
    const etag = (await ask('HEAD', '/ada/folder/file')).headers.get('etag')!;
    const why = way === 'proxy' ? reason : 'depends-on-tags';
    const part = { Range: 'bytes=0-9' };
    expect(wayOf(await get('/ada/folder/file', { 'If-Match': etag }))).toEqual([200, 'proxy', why]);
    const same = await get('/ada/folder/file', { ...part, 'If-Range': etag });
    expect([...wayOf(same), same.text]).toEqual([206, 'proxy', why, BYTES.subarray(0, 10).toString()]);
    const [yesterday, tomorrow] = [-1, 1].map(days => new Date(Date.now() + days * 86_400_000).toUTCString());
    expect((await get('/ada/folder/file', { 'If-Unmodified-Since': tomorrow! })).reason).toBe(why);
    expect((await get('/ada/folder/file', { 'If-Modified-Since': yesterday! })).reason).toBe(why);
    const harmless = { 'If-Modified-Since': yesterday!, 'If-None-Match': '"other"' };
    expect((await get('/ada/folder/file', harmless)).reason).toBe(reason);
    const other = await get('/ada/folder/file', { ...part, 'If-Range': '"other"' });
    expect([...wayOf(other), other.text === BYTES.toString()]).toEqual([200, 'proxy', why, true]);
  });
});

describe('a redirect', () => {
  it('leads to the bytes, is kept by nobody, and says nothing of where it came from', async () => {
    const { get } = await serve({ download: 'redirect' });
    const outcome = await get('/ada/folder/file', { Range: 'bytes=5-14' });
    expect(Object.fromEntries(outcome.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-length': '0',
    });
    const whole = await follow(outcome);
    expect(whole.status).toBe(200);
    expectSameBytes(whole.bytes, BYTES);
    expect(await follow(outcome, { Range: 'bytes=5-14' })).toEqual({ status: 206, bytes: BYTES.subarray(5, 15) });
    const others = [...outcome.headers].filter(([name]) => name !== 'location');
    expect(JSON.stringify(others)).not.toMatch(/tempauth|download\.aspx|folder/);
  });

  it('has the URL to the letter: such URLs are signed', async () => {
    const url = "https://host.example/p'a;b/x?z=1&a=%2f%2F&&e='q'&tempauth=v1.x";
    const memory = createMemoryDrive();
    const drive = withFaults(memory, {
      downloadUrl: async path => ({ entry: await memory.stat(path, { signal: new AbortController().signal }), url }),
    });
    const door = await startFrontDoor({ drive, download: 'redirect' });
    open.push(door.stop);
    await davClient(door)('PUT', '/m/file', {}, 'x');
    expect(locationOf(await davClient(door)('GET', '/m/file'))).toBe(url);
  });

  it('is a 307 where the operator wants it', async () => {
    const { get } = await serve({ download: 'redirect', yaml: ['downloads: { redirectStatus: 307 }'] });
    const outcome = await get('/ada/folder/file');
    expect([outcome.status, (await follow(outcome)).bytes.equals(BYTES)]).toEqual([307, true]);
  });

  it("leads to the operator's own host, which differs in nothing else", async () => {
    const { get, server } = await serve({
      download: 'redirect',
      yaml: ['downloads: { customHost: "https://edge.example.com:8443" }'],
    });
    const location = locationOf(await get('/ada/folder/file'));
    expect(location).toMatch(
      /^https:\/\/edge\.example\.com:8443\/personal\/ada_contoso_com\/_layouts\/15\/download\.aspx\?/,
    );
    const behind = location.replace('https://edge.example.com:8443', server.emulator.proxy);
    expect(Buffer.from(await (await fetch(behind)).arrayBuffer()).equals(BYTES)).toBe(true);
  });

  it('leads to the download proxy with a signature that holds for an hour', async () => {
    const { get, clock } = await serve({ download: 'download-proxy', yaml: DOWNLOAD_PROXY });
    const url = new URL(locationOf(await get('/ada/folder/file')));
    expect(url.origin + url.pathname).toBe('https://dl.example.com/ada/folder/file');
    expect(url.searchParams.get('sign')).toMatch(/^[\w-]{43}=:\d+$/);
    expect(url.searchParams.get('sign')).toContain(`:${Math.floor(clock.now() / 1000) + 3600}`);
  });

  it.each(['redirect', 'download-proxy', 'auto'] as const)(
    'under %s is not for a file that only this server has',
    async download => {
      const { dav, get, clock } = await serve({ download, yaml: DOWNLOAD_PROXY });
      await dav('PUT', '/ada/folder/._file', {}, BYTES);
      clock.advance(MINUTE);
      expect(wayOf(await get('/ada/folder/._file'))).toEqual([200, 'proxy', 'no-address']);
    },
  );

  it('does not redirect a client from TLS to plain HTTP', async () => {
    await using folder = await makeTempDir();
    const authority = await createCertificateAuthority();
    const { key, cert } = await authority.identityFor('127.0.0.1');
    const [keyFile, certificateFile] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    await writeFile(keyFile, key);
    await writeFile(certificateFile, cert);
    const listen = `listen: { host: 127.0.0.1, port: 0, tls: { keyFile: "${keyFile}", certificateFile: "${certificateFile}" } }`;
    const dispatcher = new Agent({ connect: { ca: authority.pem } });
    open.push(() => dispatcher.close());
    const proxyAt = (url: string) => `{ proxy: { urls: ["${url}"], keys: [{ secret: a key of the test }] } }`;
    for (const [download, downloadBase, downloads, expected] of [
      ['redirect', 'loopback', '{}', [200, 'proxy', 'would-leave-tls']],
      ['redirect', 'loopback', '{ customHost: "https://edge.example.com" }', [302, 'redirect', 'policy']],
      ['redirect', 'sharepoint', '{}', [302, 'redirect', 'policy']],
      ['redirect', 'sharepoint', '{ customHost: "http://edge.example.com" }', [200, 'proxy', 'would-leave-tls']],
      ['download-proxy', 'sharepoint', proxyAt('https://dl.example.com'), [302, 'download-proxy', 'policy']],
      ['download-proxy', 'sharepoint', proxyAt('HTTPS://DL.example.com'), [302, 'download-proxy', 'policy']],
      ['download-proxy', 'sharepoint', proxyAt('http://dl.example.com'), [200, 'proxy', 'would-leave-tls']],
    ] as const) {
      const yaml = [listen, `downloads: ${downloads}`];
      const { server } = await serve({ download, yaml, emulator: { downloadBase } });
      const secure = davThrough(server, { dispatcher });
      const outcome = await outcomeOf(server, await secure('GET', '/ada/folder/file'));
      expect([download, downloadBase, downloads, ...wayOf(outcome)]).toEqual([
        download,
        downloadBase,
        downloads,
        ...expected,
      ]);
    }
  });

  it.each([
    ['the same host, whatever its port', '127.0.0.1', [200, 'proxy', 'same-site']],
    ['a host above that of the bytes', 'localhost', [302, 'redirect', 'client']],
  ] as const)('E `auto` goes by the host that the client knows: %s', async (_, host, expected) => {
    const { server } = await serve({ download: 'auto' });
    const at = { ...server, url: server.url.replace('localhost', host) };
    expect(
      wayOf(await outcomeOf(server, await davClient(at)('GET', '/ada/folder/file', { 'User-Agent': RCLONE }))),
    ).toEqual(expected);
  });

  it.each([
    ['https://dl.files.example.com', ['files.example.com'], 'same-site'],
    ['https://files.example.com', ['files.example.com:8443'], 'same-site'],
    ['https://FILES.example.com:444', ['files.example.com'], 'same-site'],
    ['https://myfiles.example.com', ['files.example.com'], 'client'],
    ['https://example.com', ['files.example.com'], 'client'],
  ] as const)(
    'E `auto` sends nobody from its own host to %s below it or beside it',
    async (customHost, hosts, reason) => {
      const publicUrls = `publicUrls: [${hosts.map(host => `"https://${host}/"`).join(', ')}]`;
      const yaml = [publicUrls, `downloads: { customHost: "${customHost}" }`];
      const { get, server } = await serve({ download: 'auto', yaml });
      expect((await get('/ada/folder/file')).reason).toBe(reason);
      const named = await serve({ download: 'redirect', yaml });
      expect((await named.get('/ada/folder/file')).reason).toBe('policy');
      expect(server.url).toContain('localhost');
    },
  );

  it.each([
    'javascript:alert(1)',
    'javascript://127.0.0.1/%0aalert(1)',
    'ftp://127.0.0.1/x',
    'https://evil.example.com/x',
    'https://contoso-my.sharepoint.com.evil.example.com/x',
    'not a url',
  ])('E a client is sent to no other place than a content host: not to %s', async url => {
    const { server, dav } = await serve({ download: 'redirect' });
    const graph = await microsoftClient(server.emulator);
    const { driveId } = server.mailboxes.ada;
    const { json } = await graph.graph(`/drives/${driveId}/root:/folder/file:`);
    await graph.close();
    const item = JSON.stringify({ ...(json as object), '@microsoft.graph.downloadUrl': url });
    server.emulator.setFault((operation, { path }) =>
      operation === 'driveItem-get' && /\/file:?$/.test(path) ? { status: 200, html: item } : undefined,
    );
    const { status, headers } = await dav('GET', '/ada/folder/file', { 'User-Agent': RCLONE });
    expect([status, headers.get('location')]).toEqual([502, null]);
  });

  it('is not for a user who is held to the proxy', async () => {
    const { server, get } = await serve({ download: 'redirect', others: ['bob'], othersDownload: 'proxy' });
    const bob = davClient({ ...server.others[0]!, url: server.url });
    expect(wayOf(await outcomeOf(server, await bob('GET', '/ada/folder/file')))).toEqual([200, 'proxy', 'user']);
    expect((await get('/ada/folder/file')).way).toBe('redirect');
  });
});

describe('auto is careful', () => {
  it('with a locked file, whoever has the lock, until it is unlocked or the lock expires', async () => {
    const { dav, get, clock } = await serve({ download: 'auto' });
    const token = await takeLock(dav, '/ada/folder/file', { Depth: '0' });
    expect(wayOf(await get('/ada/folder/file'))).toEqual([200, 'proxy', 'locked']);
    await unlock(dav, '/ada/folder/file', token);
    expect(wayOf(await get('/ada/folder/file'))).toEqual(REDIRECTED);
    await takeLock(dav, '/ada/folder', { Depth: 'infinity', Timeout: 'Second-60' }, 'shared');
    expect(wayOf(await get('/ada/folder/file'))).toEqual([200, 'proxy', 'locked']);
    clock.advance(MINUTE);
    expect(wayOf(await get('/ada/folder/file'))).toEqual(REDIRECTED);
  });

  it('with a file that was written in the last ten seconds, even after a rename', async () => {
    const { dav, get, clock } = await serve({ download: 'auto' });
    await dav('PUT', '/ada/upload.tmp', {}, BYTES);
    expect(wayOf(await get('/ada/upload.tmp'))).toEqual([200, 'proxy', 'just-written']);
    await dav('MOVE', '/ada/upload.tmp', { Destination: '/ada/uploaded' });
    clock.advance(9_999);
    expect(wayOf(await get('/ada/uploaded'))).toEqual([200, 'proxy', 'just-written']);
    clock.advance(1);
    expect(wayOf(await get('/ada/uploaded'))).toEqual(REDIRECTED);
  });

  it('with a file below the threshold, and the threshold is a setting', async () => {
    const { get, server } = await serve({ download: 'auto' });
    await server.mailboxes.ada.put('/small', BYTES.subarray(1));
    expect(wayOf(await get('/ada/small'))).toEqual([200, 'proxy', 'small']);
    expect(wayOf(await get('/ada/folder/file'))).toEqual(REDIRECTED);
    const all = await serve({ download: 'auto', yaml: ['downloads: { minRedirectBytes: 1 }'] });
    await all.server.mailboxes.ada.put('/small', 'x');
    expect(wayOf(await all.get('/ada/small'))).toEqual(REDIRECTED);
  });

  it('with a client that comes back after its redirect: this server sends it the bytes for an hour', async () => {
    const { get, server, clock } = await serve({ download: 'auto' });
    await server.mailboxes.ada.put('/other', BYTES);
    const ways = [];
    for (let round = 0; round < 3; round += 1) {
      ways.push(wayOf(await get('/ada/folder/file')));
    }
    expect(ways).toEqual([REDIRECTED, REDIRECTED, [200, 'proxy', 'failed-before']]);
    expect(wayOf(await get('/ada/other'))).toEqual([200, 'proxy', 'failed-before']);
    expect(wayOf(await get('/ada/folder/file', { 'User-Agent': 'curl/8.0' }))).toEqual(REDIRECTED);
    const warnings = server.logged.map(line => JSON.parse(line)).filter(({ level }) => level === 40);
    expect(warnings).toMatchObject([
      { user: server.user, userAgent: RCLONE, msg: expect.stringMatching(/keeps coming back/) },
    ]);
    clock.advance(60 * MINUTE);
    expect(wayOf(await get('/ada/folder/file'))).toEqual(REDIRECTED);
  });

  it('which a policy of its own name is not', async () => {
    const { dav, get } = await serve({ download: 'redirect' });
    await dav('PUT', '/ada/small', {}, 'x');
    await takeLock(dav, '/ada/small');
    for (let round = 0; round < 5; round += 1) {
      expect(wayOf(await get('/ada/small'))).toEqual([302, 'redirect', 'policy']);
    }
  });

  it("goes by the operator's own rules first", async () => {
    const rule =
      'downloads: { clients: [{ userAgent: "^someclient", policy: redirect }, { userAgent: RCLONE, policy: proxy }] }';
    const { get } = await serve({ download: 'auto', yaml: [rule] });
    expect(wayOf(await get('/ada/folder/file', { 'User-Agent': STRANGER }))).toEqual(REDIRECTED);
    expect(wayOf(await get('/ada/folder/file'))).toEqual([200, 'proxy', 'client']);
  });
});

describe('a URL that was revoked before its time, which only the client sees', () => {
  /** A file whose URL is known for ten minutes. */
  const serveOld = async (download: 'redirect' | 'auto') => {
    const clock = fakeClock(Date.now());
    const served = await serve({ download, clock, emulator: { clock } });
    const old = locationOf(await served.get('/ada/folder/file'));
    clock.advance(10 * MINUTE);
    expect(locationOf(await served.get('/ada/folder/file'))).toBe(old);
    served.calls();
    return { ...served, clock, old };
  };

  it.each(['redirect', 'auto'] as const)(
    'is replaced when the client comes back, under %s; everybody gets the new one',
    async download => {
      const { get, calls, old } = await serveOld(download);
      const again = await get('/ada/folder/file');
      expect([again.status, locationOf(again) === old, calls()]).toEqual([302, false, ['driveItem-get']]);
      const other = await get('/ada/folder/file', { 'User-Agent': 'curl/8.0' });
      expect([locationOf(other), calls()]).toEqual([locationOf(again), []]);
      expect((await follow(again)).bytes.equals(BYTES)).toBe(true);
    },
  );

  it('is replaced once a second at the most, however often the client comes', async () => {
    const { get, calls, clock, old } = await serveOld('redirect');
    const locations = new Set<string>();
    for (let tenth = 0; tenth < 20; tenth += 1) {
      locations.add(locationOf(await get('/ada/folder/file')));
      clock.advance(100);
    }
    expect([locations.has(old), locations.size, calls()]).toEqual([false, 2, ['driveItem-get', 'driveItem-get']]);
  });

  it('is not replaced for a client that reads another part, or comes later', async () => {
    const { get, clock, old } = await serveOld('redirect');
    expect(locationOf(await get('/ada/folder/file', { Range: 'bytes=5-' }))).toBe(old);
    clock.advance(5_000);
    expect(locationOf(await get('/ada/folder/file'))).toBe(old);
  });

  it('leaves a client that still cannot follow to the proxy', async () => {
    const { get } = await serveOld('auto');
    expect(wayOf(await get('/ada/folder/file'))).toEqual(REDIRECTED);
    expect(wayOf(await get('/ada/folder/file'))).toEqual([200, 'proxy', 'failed-before']);
  });

  it('is replaced for the download proxy as well, when its client comes back here', async () => {
    const clock = fakeClock(Date.now());
    const { get, server } = await serve({
      download: 'download-proxy',
      clock,
      emulator: { clock },
      yaml: DOWNLOAD_PROXY,
    });
    const link = async () => {
      const headers = { Authorization: 'a key of the test' };
      const body = JSON.stringify({ path: '/ada/folder/file' });
      const answer = await fetch(`${server.url}/api/fs/link`, { method: 'POST', headers, body });
      return ((await answer.json()) as { data: { url: string } }).data.url;
    };
    const old = await link();
    clock.advance(10 * MINUTE);
    await get('/ada/folder/file');
    expect(await link()).toBe(old);
    await get('/ada/folder/file');
    expect(await link()).not.toBe(old);
  });
});

/** Calls are counted without those of the feed of changes. */
const TTL_ALONE = ['cache: { pollSeconds: 0 }'];

describe('the budget of Graph calls of a redirect', () => {
  it('is one call for a cold file, none for a warm one', async () => {
    const { get, server, calls } = await serve({ download: 'redirect', yaml: TTL_ALONE });
    await server.mailboxes.ada.put('/folder/other', BYTES);
    await get('/ada/folder/file');
    // The drive's id is asked for once in the life of the data folder.
    expect(calls()).toEqual(['drive-get', 'driveItem-get']);
    for (const [path, expected] of [
      ['/ada/folder/file', []],
      ['/ada/folder/other', ['driveItem-get']],
      ['/ada/folder/other', []],
    ] as const) {
      expect((await get(path)).status).toBe(302);
      expect([path, calls()]).toEqual([path, expected]);
    }
  });

  it('is one call for a file that a listing has shown: listings come without URLs', async () => {
    const { ask, get, calls } = await serve({ download: 'redirect', yaml: TTL_ALONE });
    await ask('PROPFIND', '/ada/folder/', { Depth: '1' });
    calls();
    await get('/ada/folder/file');
    expect(calls()).toEqual(['driveItem-get']);
    await get('/ada/folder/file');
    expect(calls()).toEqual([]);
  });

  it('is one call when the time of the metadata is over, and the URL is the same until half an hour has passed', async () => {
    const clock = fakeClock(Date.now());
    const { get, calls } = await serve({ download: 'redirect', yaml: TTL_ALONE, clock, emulator: { clock } });
    const first = locationOf(await get('/ada/folder/file'));
    for (const [seconds, isSame] of [
      [6, true],
      [29 * 60, true],
      [60, false],
    ] as const) {
      clock.advance(seconds * 1000);
      calls();
      const next = await get('/ada/folder/file');
      expect([seconds, calls(), locationOf(next) === first]).toEqual([seconds, ['driveItem-get'], isSame]);
      expect((await follow(next)).bytes.equals(BYTES)).toBe(true);
    }
  });

  it('is the same when only the times of the file have changed; changed content has a URL of its own', async () => {
    const clock = fakeClock(Date.now());
    const { get, dav, server } = await serve({ download: 'redirect', yaml: TTL_ALONE, clock, emulator: { clock } });
    const first = locationOf(await get('/ada/folder/file'));
    clock.advance(10_000);
    const date = '<D:lastmodified>1577934245</D:lastmodified>';
    const update = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${date}</D:prop></D:set></D:propertyupdate>`;
    expect((await dav('PROPPATCH', '/ada/folder/file', {}, update)).status).toBe(207);
    expect(locationOf(await get('/ada/folder/file'))).toBe(first);
    await server.mailboxes.ada.put('/folder/file', 'changed by somebody else');
    clock.advance(10_000);
    const changed = await get('/ada/folder/file');
    expect(locationOf(changed)).not.toBe(first);
    expect((await follow(changed)).bytes.toString()).toBe('changed by somebody else');
    await dav('PUT', '/ada/folder/file', {}, 'changed by us');
    expect((await follow(await get('/ada/folder/file'))).bytes.toString()).toBe('changed by us');
  });
});

describe('/-/metrics', () => {
  const metricsOf = ({ url }: { url: string }) => fetch(`${url}/-/metrics`);

  it('counts requests and bytes by the way that they take, and names nobody', async () => {
    const { get, ask, server } = await serve({ download: 'auto', yaml: ['metrics: true'] });
    await get('/ada/folder/file');
    await get('/ada/folder/file', { Range: 'bytes=0-99' });
    await get('/ada/folder/file', { 'User-Agent': STRANGER, Range: 'bytes=100-102' });
    await ask('HEAD', '/ada/folder/file');
    await ask('SEARCH', '/ada/folder/file');
    const answer = await metricsOf(server);
    const text = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    const downloads = text.split('\n').filter(line => line.startsWith('onedrive_webdav_download'));
    expect(downloads.sort()).toEqual([
      'onedrive_webdav_download_bytes_total{way="proxy"} 3',
      `onedrive_webdav_download_bytes_total{way="redirect"} ${THRESHOLD + 100}`,
      'onedrive_webdav_downloads_total{way="proxy",reason="unknown-client"} 1',
      'onedrive_webdav_downloads_total{way="redirect",reason="client"} 2',
    ]);
    expect(text).toMatch(/^onedrive_webdav_request_seconds_count\{method="GET",status="302"\} 2$/m);
    expect(text).toMatch(/^onedrive_webdav_request_seconds_count\{method="other",status="501"\} 1$/m);
    expect(text).not.toMatch(/ada|grace|tester|folder|file"|contoso|tempauth/i);
  });

  it('is not there unless the operator wants it', async () => {
    const { server } = await serve();
    expect((await metricsOf(server)).status).toBe(404);
  });
});
