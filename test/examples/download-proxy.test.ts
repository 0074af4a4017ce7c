import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { davClient } from '../support/dav-client.ts';
import { type DownloadProxy, encodePath, startDownloadProxy } from '../support/download-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { compose, rawRequest } from '../support/raw-http.ts';
import { ODD_NAMES } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const KEY = 'the key of the tests'.replaceAll(' ', '-');
const BYTES = randomBytes(100_000);

describe('the download proxy between a client and OneDrive', () => {
  let proxy: DownloadProxy;
  let server: TestServer;

  beforeAll(async () => {
    proxy = await startDownloadProxy({ ADDRESS: '', KEYS: KEY });
    server = await startTestServer({
      emulator: { downloadBase: 'loopback' },
      mounts: [
        '{ mailbox: ada@contoso.com, name: far, download: download-proxy }',
        '{ mailbox: grace@contoso.com, name: closed, download: proxy }',
      ],
      yaml: [
        'listen: { host: 127.0.0.1, port: 0, basePath: /dav }',
        'cache: { ttlSeconds: 0 }',
        `downloads: { proxy: { urls: ["${proxy.url}"], keys: [{ secret: ${KEY}, mounts: [far] }] } }`,
      ],
    });
    // With a slash at its end, as people write it.
    proxy.env.ADDRESS = `${server.url}/dav/`;
    await server.mailboxes.ada.put('/file.bin', BYTES);
    await server.mailboxes.ada.put('/page.html', '<script>alert(1)</script>');
    await server.mailboxes.ada.put('/empty', '');
    server.mailboxes.ada.mkdir('/folder');
    await server.mailboxes.grace.put('/file.bin', BYTES);
  });
  afterAll(async () => {
    await server?.stop();
    await proxy?.stop();
  });
  afterEach(() => {
    server.emulator.setFault(undefined);
    expect(`${proxy.logged.join('\n')}${server.logged.join('\n')}`).not.toMatch(/tempauth=(?!\[redacted)|the-key-of/);
  });

  /** Where the server sends a client. */
  async function locationOf(path: string): Promise<string> {
    const { status, headers } = await davClient(server)('GET', `/dav${encodePath(path)}`);
    expect(status).toBe(302);
    return headers.get('location')!;
  }

  /** A file under a name that nobody has asked for yet, as the server would sign it. */
  async function newFile(content: string | Uint8Array = BYTES): Promise<string> {
    const name = randomBytes(8).toString('hex');
    await server.mailboxes.ada.put(`/${name}`, content);
    return proxy.signed(`/far/${name}`);
  }

  it('GET follows the server to the proxy and gets the bytes', async () => {
    const location = await locationOf('/far/file.bin');
    expect(location).toMatch(new RegExp(`^${proxy.url}/far/file.bin\\?sign=[\\w-]{43}=:\\d+$`));
    const answer = await fetch(location, {
      headers: { Authorization: 'Basic abc', Cookie: 'a=b', Referer: 'https://x' },
    });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(BYTES.length)]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(BYTES)).toBe(true);
    expect(server.emulator.violations).toEqual([]);
  });

  it('a page that somebody has stored cannot run in the origin of the proxy, nor be kept', async () => {
    const { headers } = await fetch(await locationOf('/far/page.html'));
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    });
  });

  it.each([
    ['bytes=10-19', BYTES.subarray(10, 20), 'bytes 10-19/100000'],
    ['bytes=-5', BYTES.subarray(-5), 'bytes 99995-99999/100000'],
    ['bytes=99000-', BYTES.subarray(99_000), 'bytes 99000-99999/100000'],
  ])('GET passes the range %s on', async (range, bytes, contentRange) => {
    const answer = await fetch(await locationOf('/far/file.bin'), { headers: { Range: range } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([206, contentRange]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('GET of a range behind the end is 416 and tells the size', async () => {
    const answer = await fetch(await locationOf('/far/file.bin'), { headers: { Range: 'bytes=100000-' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */100000']);
  });

  it('HEAD tells what GET would, though the content host knows no HEAD', async () => {
    const answer = await fetch(await locationOf('/far/file.bin'), { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('content-length')).toBe('100000');
    expect(answer.headers.has('content-range')).toBe(false);
    expect(answer.headers.get('etag')).toBe((await fetch(await locationOf('/far/file.bin'))).headers.get('etag'));
  });

  it('HEAD and GET of an empty file say that it is empty', async () => {
    const head = await fetch(proxy.signed('/far/empty'), { method: 'HEAD' });
    const get = await fetch(proxy.signed('/far/empty'));
    expect([head, get].map(({ status, headers }) => [status, headers.get('content-length')])).toEqual([
      [200, '0'],
      [200, '0'],
    ]);
  });

  it.each([...ODD_NAMES, 'Ärger & ölige Füße 100%.txt', '%2e%2e', 'a%2Fb', '100%'])(
    'GET finds a file called %s',
    async name => {
      await server.mailboxes.ada.put(`/odd & co/${name.normalize('NFC')}`, name);
      expect(await (await fetch(await locationOf(`/far/odd & co/${name}`))).text()).toBe(name);
    },
  );

  it.each([
    ['a folder', '/far/folder', 400],
    ['a missing file', '/far/missing', 404],
    ['a mount that is not there', '/nowhere/file.bin', 404],
    ['a mount that the key does not open', '/closed/file.bin', 404],
  ])('GET of %s is an error in words', async (_what, path, status) => {
    const answer = await fetch(proxy.signed(path));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8']);
    expect(await answer.text()).toMatch(/^[\w ,]+\n$/);
  });

  it('GET of a file that the server keeps itself is 409', async () => {
    await davClient(server)('PUT', '/dav/far/._file.bin', {}, 'side');
    expect((await fetch(proxy.signed('/far/._file.bin'))).status).toBe(409);
  });

  it('GET replaces a URL that is no longer good, once', async () => {
    const url = await newFile();
    for (const status of [401, 403, 404]) {
      let isFirst = true;
      server.emulator.setFault(operation => {
        const fails = operation === 'download' && isFirst;
        isFirst &&= !fails;
        return fails ? { status } : undefined;
      });
      expect((await fetch(url)).status).toBe(200);
    }
    server.emulator.setFault(operation => (operation === 'download' ? { status: 404 } : undefined));
    server.emulator.resetCalls();
    // Not 404: the file is there, says Graph.
    expect((await fetch(url)).status).toBe(502);
    expect(server.emulator.calls.filter(({ operation }) => operation === 'download')).toHaveLength(2);
  });

  it('GET is 502 when the content host closes the door', async () => {
    server.emulator.setFault(operation => (operation === 'download' ? { cut: true } : undefined));
    const answer = await fetch(await newFile());
    expect([answer.status, await answer.text()]).toEqual([502, 'OneDrive cannot be reached\n']);
  });

  it('GET breaks when the content host breaks, and is no short success', async () => {
    server.emulator.setFault(operation => (operation === 'download' ? { cut: true, afterBytes: 50_000 } : undefined));
    const answer = await fetch(await newFile());
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });

  it('a client that goes takes the download from OneDrive with it', async () => {
    const url = new URL(await newFile(Buffer.alloc(64 * MIB)));
    await rawRequest(proxy.url, compose(`GET ${url.pathname}${url.search}`), text => text.length > MIB);
    await eventually(() => expect(server.emulator.activeResponses()).toBe(0));
    expect(proxy.logged.join()).not.toContain('500');
  });

  it('GET is refused when the URL is for another path, in the same mount or not', async () => {
    const sign = signPath('/far/file.bin', 0, KEY);
    for (const path of ['/far/page.html', '/closed/file.bin', '/far/file.bin/', '/FAR/file.bin']) {
      expect((await fetch(`${proxy.url}${path}?sign=${sign}`)).status).toBe(403);
    }
  });
});

it('GET through the proxy is 503 with Retry-After while Graph throttles the server', async () => {
  const proxy = await startDownloadProxy({ ADDRESS: '', KEYS: KEY });
  const server = await startTestServer({ yaml: [`downloads: { proxy: { keys: [{ secret: ${KEY} }] } }`] });
  try {
    proxy.env.ADDRESS = server.url;
    server.emulator.setFault(operation => (operation === 'token' ? undefined : { status: 429, retryAfter: '120' }));
    const answer = await fetch(proxy.signed('/ada/file'));
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(60);
  } finally {
    await server.stop();
    await proxy.stop();
  }
});
