import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ProxyUrlOptions, proxyUrlFor } from '../../src/downloads/proxy-url.ts';
import { signPath, signRequest, verifyPath } from '../../src/downloads/signature.ts';
import { davClient } from '../support/dav-client.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { ODD_NAMES } from '../support/sample-tree.ts';
import { type StockProxySettings, startStockProxy } from '../support/stock-proxy.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const TOKEN = 'openlist-test-token';
const OTHER = 'another-key-of-the-tests';
const NOW = 1_800_000_000;

/** Computed by two implementations that are not ours. */
const VECTORS: [path: string, expires: number, sign: string][] = [
  ['/alice/Docs/a b#1.txt', 0, 'xkbZs1MAMFaCKnALALBx1VOi4v54ZX6l-Jl50ag8d6Q=:0'],
  ['/alice/Docs/a b#1.txt', 1893456000, '5ORggkcMnnTkozVaIOwT9ggsklmkLFQOfOolHfRZP1o=:1893456000'],
  ['/alice/日本.txt', 0, 'qN48DsSgXbZvq5FZVmCeDsl2PUViGjAKvESQMQ44-HI=:0'],
];

describe('signPath and verifyPath', () => {
  it.each(VECTORS)('sign %s until %i as the peers do, and take what they sign', (path, expires, sign) => {
    expect(signPath(path, expires, TOKEN)).toBe(sign);
    expect(verifyPath(path, sign, { keys: [OTHER, TOKEN], now: NOW })).toBe('valid');
  });

  it('verifyPath takes a signature for the whole of its last second', () => {
    const sign = signPath('/a', NOW, TOKEN);
    expect(verifyPath('/a', sign, { keys: [TOKEN], now: NOW })).toBe('valid');
    expect(verifyPath('/a', sign, { keys: [TOKEN], now: NOW + 1 })).toBe('expired');
  });

  const good = signPath('/a', NOW + 60, TOKEN);
  it.each([
    ['of another path', signPath('/b', NOW + 60, TOKEN)],
    ['of another key', signPath('/a', NOW + 60, OTHER)],
    ['with a later time', good.replace(/\d+$/, String(NOW + 61))],
    ['that never expires any more', good.replace(/\d+$/, '0')],
    ['with another spelling of its time', good.replace(/(\d+)$/, '0$1')],
    ['without a time', good.replace(/\d+$/, '')],
    ['with words for a time', good.replace(/\d+$/, 'never')],
    ['with a time below zero', signPath('/a', -1, TOKEN)],
    ['without its hash', good.replace(/^.*:/, ':')],
    ['cut at its front', good.slice(1)],
    ['without padding', good.replace('=', '')],
    ['in the other alphabet', signPath('/a', 0, TOKEN).replaceAll('-', '+').replaceAll('_', '/')],
    ['that is empty', ''],
  ])('verifyPath refuses a signature %s', (_what, sign) => {
    expect(verifyPath('/a', sign, { keys: [TOKEN], now: NOW })).toBe('invalid');
  });

  it('verifyPath refuses everything without a key', () => {
    expect(verifyPath('/a', signPath('/a', 0, ''), { keys: [], now: NOW })).toBe('invalid');
  });
});

describe('proxyUrlFor', () => {
  const options: ProxyUrlOptions = {
    urls: ['https://dl.example.com'],
    template: undefined,
    keys: [TOKEN, OTHER],
    sign: true,
    lifeSeconds: 3600,
  };
  const file = { names: ['alice', 'Docs', 'a b#1.txt'], id: 'id', url: async () => 'https://content/x?tempauth=1&a=b' };
  const urlFor = (more: Partial<ProxyUrlOptions> = {}, names = file.names) =>
    proxyUrlFor({ ...file, names }, { ...options, ...more }, NOW * 1000 + 999);

  it('puts path and signature behind the origin, each name encoded by itself', async () => {
    const sign = signPath('/alice/Docs/a b#1.txt', NOW + 3600, TOKEN);
    expect(await urlFor()).toBe(`https://dl.example.com/alice/Docs/a%20b%231.txt?sign=${sign}`);
  });

  it.each([...ODD_NAMES, '..%2f', 'a%2Fb', 'ümläut ?.txt', '&?=#+%', '\\'])(
    'encodes %s so that a proxy reads the signed path again',
    async name => {
      const { pathname, searchParams } = new URL(await urlFor({}, ['m', name]));
      expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'm', name]);
      expect(verifyPath(`/m/${name}`, searchParams.get('sign')!, { keys: [TOKEN], now: NOW })).toBe('valid');
    },
  );

  it('signs for ever when the life is 0, and not at all when it is told so', async () => {
    expect(await urlFor({ lifeSeconds: 0 })).toContain(`?sign=${VECTORS[0]![2]}`);
    expect(await urlFor({ sign: false, keys: [] })).toBe('https://dl.example.com/alice/Docs/a%20b%231.txt');
  });

  it('has one of several proxies for each file, whatever its path, and uses them all', async () => {
    const urls = ['https://a', 'https://b', 'https://c'];
    const hostOf = async (id: string, names = file.names) =>
      new URL(await proxyUrlFor({ ...file, id, names }, { ...options, urls }, NOW * 1000)).host;
    expect(await hostOf('id', ['x'])).toBe(await hostOf('id'));
    expect(new Set(await Promise.all(Array.from({ length: 50 }, (_, index) => hostOf(`id ${index}`)))).size).toBe(3);
  });

  it('fills in a template, and asks for the pre-authenticated URL only when the template has a place for it', async () => {
    const signature = signRequest('GET', '/alice/Docs/a b#1.txt', NOW + 3600, TOKEN);
    expect(await urlFor({ template: '/get{path}?n={name}&e={expires}&s={signature}' })).toBe(
      `https://dl.example.com/get/alice/Docs/a%20b%231.txt?n=a%20b%231.txt&e=${NOW + 3600}&s=${signature}`,
    );
    expect(signature).toMatch(/^[\w-]{43}$/);
    expect(await urlFor({ template: '/?u={url}&s={signature}', sign: false })).toBe(
      'https://dl.example.com/?u=https%3A%2F%2Fcontent%2Fx%3Ftempauth%3D1%26a%3Db&s=',
    );
    const url = () => Promise.reject(new Error('nobody asked for it'));
    await proxyUrlFor({ ...file, url }, { ...options, template: '{path}' }, NOW * 1000);
  });

  it('leaves what looks like a place in a name, or like a pattern in a value, as it is', async () => {
    expect(await urlFor({ template: '/{name}' }, ['{url}'])).toBe('https://dl.example.com/%7Burl%7D');
    expect(await urlFor({ template: '/{name}' }, ["$&$'"])).toBe("https://dl.example.com/%24%26%24'");
  });
});

describe("a proxy of the peers' in front of this server", () => {
  let server: TestServer;
  let proxy: Awaited<ReturnType<typeof startStockProxy>>;
  const settings: StockProxySettings = { address: '', token: TOKEN };
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));

  beforeAll(async () => {
    proxy = await startStockProxy(settings);
    server = await startTestServer({
      emulator: { downloadBase: 'loopback' },
      mounts: ['{ mailbox: ada@contoso.com, name: far, download: download-proxy }'],
      yaml: [`downloads: { proxy: { urls: ["${proxy.url}"], keys: [{ secret: ${TOKEN} }] } }`],
    });
    settings.address = server.url;
    await server.mailboxes.ada.put('/Docs & more/100% #1 ü.bin', bytes);
  });
  afterAll(async () => {
    await server?.stop();
    await proxy?.stop();
  });

  async function locationOf(path: string): Promise<string> {
    return (await davClient(server)('GET', path)).headers.get('location')!;
  }

  it('serves a file, whole and in part, to a client that was sent to it', async () => {
    const url = await locationOf(`/far/${encodeURIComponent('Docs & more')}/${encodeURIComponent('100% #1 ü.bin')}`);
    expect(url.startsWith(proxy.url)).toBe(true);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(url, { headers: { Range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/5000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect(server.emulator.violations).toEqual([]);
  });

  it('understands our refusals: they are its own envelope', async () => {
    const missing = await fetch(`${proxy.url}/far/missing?sign=${signPath('/far/missing', 0, TOKEN)}`);
    expect(await missing.json()).toMatchObject({ code: 404, message: expect.stringContaining('missing') });
    settings.token = OTHER;
    const refused = await fetch(`${proxy.url}/far/x?sign=${signPath('/far/x', 0, OTHER)}`);
    settings.token = TOKEN;
    expect(await refused.json()).toMatchObject({ code: 401 });
  });
});

interface Envelope {
  readonly code: number;
  readonly message: string;
  readonly data: Record<string, unknown> | null;
}

/** The envelope, whose code is the status; a refusal has no data and no URL in it. */
async function askLink({ url }: TestServer, body: unknown, key: string): Promise<Envelope & { headers: Headers }> {
  const response = await fetch(`${url}/api/fs/link`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(key === '' ? {} : { Authorization: key }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const envelope = JSON.parse(text) as Envelope;
  expect(Object.keys(envelope).sort()).toEqual(['code', 'data', 'message']);
  expect([envelope.code, response.headers.get('cache-control')]).toEqual([response.status, 'no-store']);
  if (response.status !== 200) {
    expect(envelope.data).toBeNull();
    expect(text).not.toMatch(/https?:|tempauth/);
  }
  return { ...envelope, headers: response.headers };
}

describe('POST /api/fs/link', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      yaml: [`downloads: { proxy: { keys: [{ secret: ${TOKEN} }, { secret: ${OTHER}, mounts: [grace] }] } }`],
    });
    await server.mailboxes.ada.put('/Docs/a b#1.txt', 'hello');
    await server.mailboxes.ada.put('/a/b', 'inside');
    await server.mailboxes.grace.put('/file', 'hers');
  });
  afterAll(async () => {
    await server?.stop();
  });
  afterEach(() => {
    server.emulator.setFault(undefined);
    expect(server.logged.join('\n')).not.toMatch(new RegExp(`tempauth=(?!\\[redacted)|${TOKEN}|${OTHER}`));
  });

  const link = (body: unknown, key = TOKEN) => askLink(server, body, key);

  it('answers with where the file is, in the form of the peers', async () => {
    expect(await link({ path: '/ada/Docs/a b#1.txt', password: '' })).toMatchObject({
      code: 200,
      message: 'success',
      data: {
        url: expect.stringMatching(/^https:\/\/contoso-my\.sharepoint\.com\/.*tempauth=/),
        header: null,
        Expiration: null,
        concurrency: 0,
        part_size: 0,
        content_length: 5,
      },
    });
  });

  it.each(['', 'wrong', `Bearer ${TOKEN}`, TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()])(
    'is 401 with the key "%s"',
    async key => {
      expect((await link({ path: '/ada/Docs/a b#1.txt' }, key)).code).toBe(401);
    },
  );

  it('is 401 with the name and the password of a user, who is no proxy', async () => {
    expect((await link({ path: '/ada/a/b' }, basic(server.user, server.password).Authorization)).code).toBe(401);
  });

  it('opens the mounts of the key and no other', async () => {
    expect((await link({ path: '/grace/file' }, OTHER)).code).toBe(200);
    expect((await link({ path: '/ada/a/b' }, OTHER)).code).toBe(404);
  });

  it.each([
    ['a folder', '/ada/Docs', 400],
    ['a mount', '/ada', 400],
    ['the root', '/', 400],
    ['a missing file', '/ada/missing', 404],
    ['a file in a missing folder', '/ada/no/file', 404],
    ['a file in a file', '/ada/a/b/c', 404],
    ['a missing mount', '/eva/file', 404],
    ['a way up', '/ada/../grace/file', 400],
    ['a way up at the end', '/ada/Docs/..', 400],
    ['a dot', '/ada/./a/b', 400],
    ['an encoded way up, which is a name', '/ada/%2e%2e/grace/file', 404],
    ['an encoded slash, which is a part of a name', '/ada/a%2fb', 404],
    ['a path that is still encoded', '/ada/Docs/a%20b%231.txt', 404],
    ['a backslash', '/ada/a\\b', 400],
    ['a line feed', '/ada/a\nb', 400],
    ['a zero', '/ada/a/b\0', 400],
    ['a delete', '/ada/a/b\u007f', 400],
    ['half of a surrogate pair', '/ada/\ud800', 400],
    ['a path without a slash at its front', 'ada/a/b', 400],
    ['a path with a slash at its end', '/ada/a/b/', 400],
    ['a path with two slashes', '/ada//a/b', 400],
    ['a path with two slashes at its front', '//ada/a/b', 400],
    ['a URL', 'https://files.example.com/ada/a/b', 400],
    ['a name that OneDrive cannot have', '/ada/a:b', 404],
    ['nothing', '', 400],
    ['a list', ['/ada/a/b'], 400],
    ['a number', 5, 400],
  ])('given %s is %s with %i', async (_what, path, code) => {
    expect((await link({ path })).code).toBe(code);
  });

  it.each(['', '{', 'path=/ada/a/b', 'null', '[]', '"/ada/a/b"', '{"Path":"/ada/a/b"}'])(
    'is 400 with the body %s',
    async body => {
      expect((await link(body)).code).toBe(400);
    },
  );

  it('is 413 with a body of 100 KB, announced or not', async () => {
    expect((await link('x'.repeat(100_000))).code).toBe(413);
    const body = new Blob(['x'.repeat(100_000)]).stream();
    const response = await fetch(`${server.url}/api/fs/link`, {
      method: 'POST',
      headers: { Authorization: TOKEN },
      body,
      ...({ duplex: 'half' } as object),
    });
    expect([response.status, await response.json()]).toMatchObject([413, { code: 413 }]);
  });

  it('is 409 for what the server keeps itself, which has no address elsewhere', async () => {
    await davClient(server)('PUT', '/ada/._file', {}, 'side');
    expect((await link({ path: '/ada/._file' })).code).toBe(409);
  });

  it.each(['GET', 'PUT', 'OPTIONS'])('%s there is WebDAV, which wants a name and a password', async method => {
    const head = compose(`${method} /api/fs/link`, { Authorization: TOKEN });
    expect(await rawRequest(server.url, head)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('Basic') },
    });
    expect((await davClient(server)('GET', '/api/fs/link')).status).toBe(404);
  });
});

describe('POST /api/fs/link, on a server of its own,', () => {
  it('is 503 with Retry-After while Graph throttles', async () => {
    const server = await startTestServer({ yaml: [`downloads: { proxy: { keys: [{ secret: ${TOKEN} }] } }`] });
    try {
      server.emulator.setFault(operation => (operation === 'token' ? undefined : { status: 429, retryAfter: '120' }));
      const { code, headers } = await askLink(server, { path: '/ada/file' }, TOKEN);
      expect(code).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(60);
    } finally {
      await server.stop();
    }
  });

  it('is WebDAV like everything else while there is no key', async () => {
    const server = await startTestServer();
    try {
      const answer = await fetch(`${server.url}/api/fs/link`, { method: 'POST', body: '{"path":"/ada/a/b"}' });
      expect([answer.status, answer.headers.has('www-authenticate')]).toEqual([401, true]);
    } finally {
      await server.stop();
    }
  });
});
