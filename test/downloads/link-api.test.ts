import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { davClient } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const TOKEN = 'openlist-test-token';
const OTHER = 'another-key-of-the-tests';

interface Envelope {
  readonly code: number;
  readonly message: string;
  readonly data: Record<string, unknown> | null;
}

/** The envelope, whose code is the status; a refusal has no data and no URL in it. */
async function askLink(
  { url }: TestServer,
  body: unknown,
  { key, ...headers }: { key: string } & Record<string, string>,
): Promise<Envelope & { headers: Headers }> {
  const response = await fetch(`${url}/api/fs/link`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(key === '' ? {} : { Authorization: key }), ...headers },
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

  const link = (body: unknown, key = TOKEN) => askLink(server, body, { key });

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

  it('gives another link to a proxy that says that the last one does not work', async () => {
    const clock = fakeClock(Date.now());
    const another = await startTestServer({
      clock,
      emulator: { clock },
      yaml: [`downloads: { proxy: { keys: [{ secret: ${TOKEN} }] } }`],
    });
    onTestFinished(() => another.stop());
    await another.mailboxes.ada.put('/file', 'hello');
    const urlOf = async (more: object = {}) =>
      (await askLink(another, { path: '/ada/file', ...more }, { key: TOKEN })).data?.url;
    const old = await urlOf();
    clock.advance(60_000);
    for (const refresh of [false, null, 'true', 1]) {
      expect(await urlOf({ refresh })).toBe(old);
    }
    const fresh = await urlOf({ refresh: true });
    expect(fresh).toMatch(/tempauth=/);
    expect(fresh).not.toBe(old);
    another.emulator.resetCalls();
    expect([await urlOf({ refresh: true }), await urlOf()]).toEqual([fresh, fresh]);
    expect(another.emulator.calls).toEqual([]);
  });

  it.each(['Bearer', 'bearer '])('takes the key after %s, too', async scheme => {
    expect((await link({ path: '/ada/a/b' }, `${scheme} ${TOKEN}`)).code).toBe(200);
  });

  it.each(['', 'wrong', `Basic ${TOKEN}`, TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()])(
    'is 401 with the key "%s", and names a scheme for which no browser asks its user',
    async key => {
      const { code, headers } = await link({ path: '/ada/Docs/a b#1.txt' }, key);
      expect([code, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="download proxy"']);
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

  it.each([100_000, 2 * 1024 ** 2])('is 413 with a body of %i bytes, announced or not', async size => {
    expect((await link('x'.repeat(size))).code).toBe(413);
    const body = new Blob(['x'.repeat(size)]).stream();
    const response = await fetch(`${server.url}/api/fs/link`, {
      method: 'POST',
      headers: { Authorization: TOKEN },
      body,
      ...({ duplex: 'half' } as object),
    });
    expect([response.status, await response.json()]).toMatchObject([413, { code: 413, data: null }]);
  });

  it('sends 100 Continue for a body that it needs, and not for a useless one', async () => {
    const ask = (headers: Record<string, string>) => {
      const head = compose('POST /api/fs/link', { Expect: '100-continue', 'Content-Length': '20', ...headers });
      return rawRequest(server.url, head, text => text.includes('\r\n\r\n'));
    };
    expect((await ask({ Authorization: TOKEN })).text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await ask({ Authorization: `${TOKEN}y` })).status).toBe(401);
    expect((await ask({ Authorization: TOKEN, 'Content-Length': '20000000' })).status).toBe(413);
  });

  it('is 409 for a file that the server keeps itself, which has no other address', async () => {
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

describe('POST /api/fs/link with wrong keys', () => {
  const NEAR = '192.0.2.1';
  const FAR = '192.0.2.2';

  /** A server with a file; `guess` asks for it so many times with a wrong key and tells the codes. */
  async function serve() {
    // The front door sleeps while a body that nobody has read comes in; that must not make time pass.
    const clock = { ...fakeClock(Date.now()), sleep: systemClock.sleep };
    const server = await startTestServer({
      clock,
      yaml: [
        'listen: { host: 127.0.0.1, port: 0, trustedProxies: [127.0.0.1] }',
        `downloads: { proxy: { keys: [{ secret: ${TOKEN} }] } }`,
      ],
    });
    onTestFinished(() => server.stop());
    await server.mailboxes.ada.put('/file', 'hello');
    const link = (key: string, address = NEAR) =>
      askLink(server, { path: '/ada/file' }, { key, 'X-Forwarded-For': address });
    const guess = async (count: number, { key = 'wrong', address = NEAR } = {}) => {
      const codes = [];
      for (let index = 0; index < count; index += 1) {
        codes.push((await link(key, address)).code);
      }
      return codes;
    };
    return { clock, link, guess };
  }

  it('is 429 after ten from one address, longer each time, and for no other address', async () => {
    const { clock, link, guess } = await serve();
    expect(await guess(11)).toEqual([...Array(10).fill(401), 429]);
    for (const seconds of [5, 10, 20]) {
      const { code, headers } = await link('wrong');
      expect([code, headers.get('retry-after')]).toEqual([429, String(seconds)]);
      clock.advance(seconds * 1000);
      expect((await link('wrong')).code).toBe(401);
    }
    expect((await link('wrong', FAR)).code).toBe(401);
    expect((await link(TOKEN, FAR)).code).toBe(200);
  });

  it('is 429 for a right guess as well, until the time is over', async () => {
    const { clock, link, guess } = await serve();
    await guess(10);
    expect((await link(TOKEN)).code).toBe(429);
    clock.advance(5_000);
    expect((await link(TOKEN)).code).toBe(200);
  });

  it('does not shut out a proxy whose key was right from that address, and from no other', async () => {
    const { link, guess } = await serve();
    expect((await link(TOKEN)).code).toBe(200);
    expect((await guess(12)).slice(10)).toEqual([429, 429]);
    expect((await link(TOKEN)).code).toBe(200);
    expect((await link('wrong')).code).toBe(429);
    // The same key by the other way.
    expect((await link(`Bearer ${TOKEN}`)).code).toBe(200);
    await guess(10, { address: FAR });
    expect((await link(TOKEN, FAR)).code).toBe(429);
  });

  it('forgets wrong keys when a right one comes, and does not count requests without a key', async () => {
    const { link, guess } = await serve();
    expect(await guess(20, { key: '' })).toEqual(Array(20).fill(401));
    await guess(9);
    expect((await link(TOKEN)).code).toBe(200);
    expect(await guess(10)).toEqual(Array(10).fill(401));
  });
});

describe('POST /api/fs/link, on a server of its own,', () => {
  it('is 503 with Retry-After while Graph throttles', async () => {
    const server = await startTestServer({ yaml: [`downloads: { proxy: { keys: [{ secret: ${TOKEN} }] } }`] });
    try {
      server.emulator.setFault(operation => (operation === 'token' ? undefined : { status: 429, retryAfter: '120' }));
      const { code, headers } = await askLink(server, { path: '/ada/file' }, { key: TOKEN });
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
