import { describe, expect, it } from 'vitest';
import { type ProxyUrlOptions, proxyUrlFor } from '../../src/downloads/proxy-url.ts';
import { signPath, signRequest } from '../../src/downloads/signature.ts';
import { PEER_VECTORS, PEER_TOKEN as TOKEN } from '../support/peer-vectors.ts';
import { ask, startProxiedStub } from '../support/proxied-stub.ts';
import { ODD_NAMES } from '../support/sample-tree.ts';

const OTHER = 'another-key-of-the-tests';
const NOW = 1_800_000_000;

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

  it.each([...ODD_NAMES, '..%2f', 'a%2Fb', 'ümläut ?.txt', '&?=#+%'])(
    'encodes %s so that a proxy reads the signed path again, and no other',
    async name => {
      const { proxy, links } = await startProxiedStub({ keys: TOKEN });
      const urlOf = (file: string) => urlFor({ urls: [proxy.url] }, ['m', file]);
      const url = new URL(await urlOf(name));
      expect((await ask(url.href)).status).toBe(200);
      expect(links).toMatchObject([{ path: `/m/${name}` }]);
      url.pathname = new URL(await urlOf(`${name}x`)).pathname;
      expect((await ask(url.href)).status).toBe(403);
    },
  );

  it('signs without an expiry when the life is 0, and not at all when signing is off', async () => {
    expect(await urlFor({ lifeSeconds: 0 })).toContain(`?sign=${PEER_VECTORS[0]![2]}`);
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
