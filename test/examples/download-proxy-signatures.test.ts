import { describe, expect, it } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { encodePath } from '../support/download-proxy.ts';
import { PEER_TOKEN, PEER_VECTORS } from '../support/peer-vectors.ts';
import { ask, FILE, NEW, OLD, startProxiedStub } from '../support/proxied-stub.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

describe('a signature', () => {
  const good = signPath(FILE, 0, OLD);
  const [hash] = good.split(':') as [string];

  it.each([
    ['is missing', `${FILE}`],
    ['is empty', `${FILE}?sign=`],
    ['has lost its expiry', `${FILE}?sign=${hash}`],
    ['has lost its time', `${FILE}?sign=${hash}:`],
    ['has another time', `${FILE}?sign=${hash}:1`],
    ['was to expire', `${FILE}?sign=${signPath(FILE, 2_000_000_000, OLD).replace(/\d+$/, '0')}`],
    ['has a later time', `${FILE}?sign=${signPath(FILE, 2_000_000_000, OLD).replace(/\d+$/, '2000000001')}`],
    ['has another spelling of its time', `${FILE}?sign=${signPath(FILE, 2_000_000_000, OLD).replace(/\d+$/, '0$&')}`],
    ['has a time below zero', `${FILE}?sign=${signPath(FILE, -1, OLD)}`],
    ['has a time that is no number', `${FILE}?sign=${hash}:never`],
    ['has lost its hash', `${FILE}?sign=:0`],
    ['is cut', `${FILE}?sign=${good.slice(1)}`],
    ['has lost its padding', `${FILE}?sign=${good.replace('=', '')}`],
    ['is made with another key', `${FILE}?sign=${signPath(FILE, 0, NEW)}`],
    ['is there twice', `${FILE}?sign=${good}&sign=${good}`],
    ['is of another file', `/ada/Docs/other.txt?sign=${good}`],
    ['is of the folder above', `${FILE}?sign=${signPath('/ada/Docs', 0, OLD)}`],
    ['is of a file in a folder of that name', `${FILE}/x?sign=${good}`],
    ['is of a path in other case', `/ADA/Docs/file.txt?sign=${good}`],
    ['is of a path that is encoded twice', `/ada/Docs/file%252etxt?sign=${good}`],
    ['is of a path that ends with a slash', `${FILE}/?sign=${signPath(`${FILE}/`, 0, OLD)}`],
    ['is of a path with an empty name', `/ada//file.txt?sign=${signPath('/ada//file.txt', 0, OLD)}`],
    ['is of a path that begins with two slashes', `//ada/file.txt?sign=${signPath('/ada/file.txt', 0, OLD)}`],
    ['is of a name with a slash', `/ada/a%2fb?sign=${signPath('/ada/a/b', 0, OLD)}`],
    ['is of a name with a backslash', `/ada/a%5cb?sign=${signPath('/ada/a\\b', 0, OLD)}`],
    ['is of a path with a backslash', `/ada/a\\b?sign=${signPath('/ada/a/b', 0, OLD)}`],
    ['is of a path with dots', `/ada/../ada/Docs/file.txt?sign=${good}`],
    ['is of a path with encoded dots', `/ada/%2e%2E/ada/Docs/file.txt?sign=${good}`],
    ['is of a path with a dot', `/ada/./Docs/file.txt?sign=${good}`],
    ['is of dots behind an encoded slash', `/x/..%2fada%2fDocs%2ffile.txt?sign=${good}`],
    ['is of a name with a zero', `/ada/a%00?sign=${signPath('/ada/a\0', 0, OLD)}`],
    ['is of no text', `/ada/%ff?sign=${signPath('/ada/\ufffd', 0, OLD)}`],
    ['is of the root', `/?sign=${signPath('/', 0, OLD)}`],
  ])('that %s is 403, and nobody is asked', async (_how, target) => {
    const { proxy, links } = await startProxiedStub();
    // As it is: fetch would tidy the path up.
    const { status, headers, body } = await rawRequest(proxy.url, compose(`GET ${target}`));
    expect([status, headers['cache-control'], headers['content-type']]).toEqual([
      403,
      'private, no-store',
      'text/plain; charset=utf-8',
    ]);
    expect(body).toContain('the WebDAV server has not signed this URL');
    expect(links).toEqual([]);
  });

  it.each(PEER_VECTORS)(
    "of the peers' for %s until %i is good, for that path and as long as it says",
    async (path, expires, sign) => {
      const { proxy, links, clock } = await startProxiedStub({ keys: PEER_TOKEN });
      const url = `${proxy.url}${encodePath(path)}?sign=${sign}`;
      expect((await ask(url)).status).toBe(200);
      expect(links).toMatchObject([{ path }]);
      expect((await ask(url.replace('alice', 'Alice'))).status).toBe(403);
      clock.advance(1_893_456_001_000 - clock.now());
      expect((await ask(url)).status).toBe(expires === 0 ? 200 : 403);
    },
  );

  it('in the other alphabet is 403', async () => {
    const { proxy } = await startProxiedStub();
    const path = ['a', 'b', 'c'].map(name => `/ada/${name}`).find(each => /[-_]/.test(signPath(each, 0, OLD)))!;
    const other = signPath(path, 0, OLD).replaceAll('-', '+').replaceAll('_', '/');
    expect((await ask(`${proxy.url}${path}?sign=${encodeURIComponent(other)}`)).status).toBe(403);
  });

  it('has one spelling: the last letter holds bits that do not count', async () => {
    const { proxy } = await startProxiedStub();
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const next = letters[letters.indexOf(hash[42]!) + 1];
    expect((await ask(`${proxy.url}${FILE}?sign=${hash.slice(0, 42)}${next}=:0`)).status).toBe(403);
  });

  it('is good to the last second that it names, and then 403 with what to do: 410 would mean a deleted file', async () => {
    const { proxy, clock } = await startProxiedStub();
    const url = proxy.signed(FILE, { expires: clock.now() / 1000 + 60 });
    clock.advance(60_999);
    expect((await ask(url)).status).toBe(200);
    clock.advance(1);
    expect(await ask(url)).toMatchObject({
      status: 403,
      text: 'this URL has expired; ask the WebDAV server for the file again\n',
    });
  });

  it('may be escaped by the client, and has company in the query', async () => {
    const { proxy } = await startProxiedStub();
    expect((await ask(`${proxy.url}${FILE}?x=1&sign=${encodeURIComponent(good)}`)).status).toBe(200);
  });

  it('of either key is good while keys are changed; the first asks for links', async () => {
    const { proxy, links } = await startProxiedStub({ keys: `${OLD}, ${NEW},` });
    expect((await ask(proxy.signed(FILE, { key: OLD }))).status).toBe(200);
    expect((await ask(proxy.signed('/ada/other', { key: NEW }))).status).toBe(200);
    proxy.env.KEYS = NEW;
    expect((await ask(proxy.signed(FILE, { key: OLD }))).status).toBe(403);
    expect((await ask(proxy.signed('/ada/third', { key: NEW }))).status).toBe(200);
    expect(links).toEqual([
      { target: '/dav/api/fs/link', authorization: OLD, path: FILE },
      { target: '/dav/api/fs/link', authorization: OLD, path: '/ada/other' },
      { target: '/dav/api/fs/link', authorization: NEW, path: '/ada/third' },
    ]);
  });
});
