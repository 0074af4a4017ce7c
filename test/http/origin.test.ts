import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createOriginReader,
  type Origin,
  type OriginOptions,
  respellBase,
  splitBasePath,
} from '../../src/http/origin.ts';
import { decodeUrlPath } from '../../src/lib/url-path.ts';
import { encodeHref } from '../../src/webdav/href.ts';

type Headers = Record<string, string>;

const PROXY = '10.0.0.1';
const CLIENT = '198.51.100.7';

function originOf(options: Partial<OriginOptions>, headers: Headers, peer: string | undefined = PROXY): Origin {
  const read = createOriginReader({ trustedProxies: [PROXY], publicUrls: [], basePath: [], ...options });
  return read({ headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage);
}

/** The client's address when `peer` says that it forwards for `CLIENT`. */
function addressFrom(peer: string, trustedProxies: readonly string[]): string {
  return originOf({ trustedProxies }, { 'x-forwarded-for': CLIENT }, peer).address;
}

describe('whom createOriginReader trusts', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.200.3.4', '10.0.0.0/8'],
    ['10.200.3.4', '10.1.1.1/8'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:10.200.3.4', '10.0.0.0/8'],
    ['::1', '::1'],
    ['2001:db8:0:0:0:0:0:5', '2001:db8::/32'],
    ['fd00::1%eth0', 'fd00::/8'],
    ['10.0.0.1', '::ffff:10.0.0.0/104'],
    ['203.0.113.9', '0.0.0.0/0'],
  ])('believes %s where %s is trusted', (peer, network) => {
    expect(addressFrom(peer, ['192.0.2.0/24', network])).toBe(CLIENT);
  });

  it.each([
    ['10.0.0.2', '10.0.0.1'],
    ['11.0.0.1', '10.0.0.0/8'],
    ['::2', '::1'],
    ['2001:db9::1', '2001:db8::/32'],
  ])('does not believe %s where %s is trusted, and takes it for the client', (peer, network) => {
    expect(addressFrom(peer, [network])).toBe(peer);
  });

  it('believes nobody by default, nor a peer that is gone already', () => {
    const headers = { forwarded: `for=${CLIENT};host=h`, 'x-forwarded-for': CLIENT, 'x-forwarded-prefix': '/x' };
    expect(originOf({ trustedProxies: [] }, headers)).toMatchObject({ address: PROXY, hosts: [], prefix: [] });
    const read = createOriginReader({ trustedProxies: ['0.0.0.0/0', '::/0'], publicUrls: [], basePath: [] });
    expect(read({ headers, socket: {} } as unknown as IncomingMessage)).toMatchObject({
      address: '',
      hosts: [],
      prefix: [],
    });
  });
});

describe('the address of the client', () => {
  const trustedProxies = ['10.0.0.0/8', 'fd00::/8'];
  const addressOf = (headers: Headers) => originOf({ trustedProxies }, headers).address;

  it.each([
    [CLIENT, CLIENT],
    [`${CLIENT}, 10.0.0.9, 10.0.0.8`, CLIENT],
    [`${CLIENT},fd00::5`, CLIENT],
    [`1.1.1.1, ${CLIENT}`, CLIENT],
    [`10.0.0.99, ${CLIENT}, 10.0.0.9`, CLIENT],
    [`${CLIENT}:61234, 10.0.0.9:80`, CLIENT],
    ['[2001:db8::7]:61234', '2001:db8::7'],
    [`::ffff:${CLIENT}`, CLIENT],
    ['10.0.0.7, 10.0.0.8', '10.0.0.7'],
    [`unknown, ${CLIENT}`, CLIENT],
    [`${CLIENT}, unknown, 10.0.0.9`, '10.0.0.9'],
    [`${CLIENT}, 1.1.1.1.1`, PROXY],
    ['unknown', PROXY],
    ['<script>', PROXY],
    ['', PROXY],
  ])('in X-Forwarded-For: %s is %s', (value, address) => {
    expect(addressOf({ 'x-forwarded-for': value })).toBe(address);
  });

  it.each([
    [`for=${CLIENT}`, CLIENT],
    ['for="[2001:db8::7]:4711";proto=https', '2001:db8::7'],
    [`for=1.1.1.1, for=${CLIENT};by=10.0.0.9, for=10.0.0.9`, CLIENT],
    [`for=${CLIENT}, for=_hidden`, PROXY],
    ['proto=https;host=h', PROXY],
    ['for="198.51.100.7', PROXY],
  ])('in Forwarded: %s is %s', (forwarded, address) => {
    expect(addressOf({ forwarded })).toBe(address);
  });

  it('is that of the proxy where the headers differ: it sends one and passes the other on from the client', () => {
    expect(addressOf({ forwarded: 'for=1.1.1.1', 'x-forwarded-for': CLIENT })).toBe(PROXY);
    expect(addressOf({ forwarded: `for=${CLIENT}`, 'x-forwarded-for': CLIENT })).toBe(CLIENT);
  });
});

describe('the hosts and the prefix', () => {
  const publicUrls = [
    'https://files.example.com/dav',
    'https://Other.Example.com',
    'http://files.example.com:8080/plain/',
    'https://files.example.com/second',
    'https://[2001:db8::1]:8443/six',
  ];
  const prefixOf = (headers: Headers, peer = '203.0.113.1') => originOf({ publicUrls }, headers, peer).prefix;

  it.each([
    ['files.example.com', ['dav']],
    ['FILES.example.com', ['dav']],
    ['files.example.com:443', ['dav']],
    ['files.example.com:8080', ['plain']],
    ['files.example.com:9999', ['dav']],
    ['other.example.com', []],
    ['[2001:db8::1]:8443', ['six']],
    ['[2001:db8::1]', ['six']],
    ['unknown.example.com', []],
    ['', []],
  ])('of the Host %s is the path of its first public URL', (host, prefix) => {
    expect(prefixOf({ host })).toEqual(prefix);
    expect(prefixOf({ host: '127.0.0.1:8080', 'x-forwarded-host': host }, PROXY)).toEqual(prefix);
    expect(prefixOf({ host: '127.0.0.1:8080', 'x-forwarded-host': host })).toEqual([]);
  });

  it('is never guessed: a public URL whose path cannot be read is for the configuration to refuse', () => {
    expect(() => originOf({ publicUrls: ['https://files.example.com/%zz'] }, {})).toThrow('not percent-encoded');
  });

  it('is the base path for hosts that are no public URL', () => {
    const options = { publicUrls: ['https://files.example.com/outer/dav'], basePath: ['dav'] };
    expect(originOf(options, { host: 'localhost:8080' }).prefix).toEqual(['dav']);
    expect(originOf(options, { host: 'files.example.com' }).prefix).toEqual(['outer', 'dav']);
  });

  it('is the path that a trusted proxy has removed, with the base path, whatever the public URL says', () => {
    const headers = { host: 'files.example.com', 'x-forwarded-prefix': '/cut' };
    expect(prefixOf(headers, PROXY)).toEqual(['cut']);
    expect(prefixOf(headers)).toEqual(['dav']);
    expect(originOf({ basePath: ['base'] }, headers).prefix).toEqual(['cut', 'base']);
    expect(prefixOf({ 'x-forwarded-prefix': '/a, b/' }, PROXY)).toEqual(['a', 'b']);
    expect(prefixOf({ ...headers, 'x-forwarded-prefix': '/' }, PROXY)).toEqual([]);
  });

  it.each([
    ['/a b', '/a%20b/'],
    ['/a%20b', '/a%20b/'],
    ['/%C3%BC', '/%C3%BC/'],
    ['/<x>&"\'()*', '/%3Cx%3E%26%22%27%28%29%2A/'],
    ['/a?b=c', '/a/'],
    ['//evil.example/x', '/evil.example/x/'],
    ['https://evil.example/x', '/https%3A/evil.example/x/'],
    ['/a/../b', '/'],
    ['/%2e%2e/b', '/'],
    ['/a%0d%0aSet-Cookie: x', '/'],
    ['/a#b', '/'],
    ['/%zz', '/'],
  ])('of %j becomes the href %s', (prefix, href) => {
    expect(encodeHref(prefixOf({ 'x-forwarded-prefix': prefix }, PROXY), 'folder')).toBe(href);
  });
});

describe('whether the client speaks TLS', () => {
  it.each([
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'HTTPS, http' }, true],
    [{ forwarded: 'for=1.1.1.1;proto=https' }, true],
    [{ 'x-forwarded-proto': 'http' }, false],
    [{ forwarded: 'proto=httpsx' }, false],
    [{}, false],
  ])('is told by a trusted proxy that sends %o, and by nobody else', (headers, isSecure) => {
    expect(originOf({}, headers as Headers).isSecure).toBe(isSecure);
    expect(originOf({}, headers as Headers, '203.0.113.1').isSecure).toBe(false);
  });

  it('is seen where it speaks to us', () => {
    const read = createOriginReader({ trustedProxies: [], publicUrls: [], basePath: [] });
    expect(read({ headers: {}, socket: { encrypted: true } } as unknown as IncomingMessage).isSecure).toBe(true);
  });
});

describe('splitBasePath', () => {
  it.each([
    ['/dav', '/'],
    ['/dav/', '/'],
    ['/dav?x=/y', '/?x=/y'],
    ['/dav/m/a%20b?x', '/m/a%20b?x'],
    ['//dav//m', '//m'],
    ['/%64a%76/m', '/m'],
    ['/DAV/M', '/M'],
    ['/dav/dav/x', '/dav/x'],
  ])('leaves of %s, below /dav, %s', (target, rest) => {
    expect(splitBasePath(target, ['dav'])?.rest).toBe(rest);
  });

  it.each(['/', '/davx', '/davx/m', '/da', '/x/dav', '/%20dav/m', '/?/dav'])('finds %s beside /dav', target => {
    expect(splitBasePath(target, ['dav'])).toBeUndefined();
  });

  it('tells names apart that OneDrive does, and no others', () => {
    expect(splitBasePath('/STRAßE/m', ['straße'])?.rest).toBe('/m');
    expect(splitBasePath('/STRASSE/m', ['straße'])).toBeUndefined();
    expect(splitBasePath('/f%C4%B1les/m', ['files'])).toBeUndefined();
  });

  it('takes several names as one, and none as nothing', () => {
    expect(splitBasePath('/a/b/c', ['a', 'b'])?.rest).toBe('/c');
    expect(splitBasePath('/a', ['a', 'b'])).toBeUndefined();
    expect(splitBasePath('/a/b?x', [])).toEqual({ base: [], rest: '/a/b?x' });
  });

  it('keeps the spelling of the client for its hrefs: Finder writes umlauts in two characters', () => {
    const { base } = splitBasePath('/Outer/u%CC%88', ['outer', 'ü'])!;
    expect(base).toEqual(['Outer', 'u\u0308']);
    const origin = { address: '', hosts: [], prefix: ['cut', 'outer', 'ü'], isSecure: true };
    expect(respellBase(origin, base).prefix).toEqual(['cut', 'Outer', 'u\u0308']);
    expect(respellBase({ ...origin, prefix: ['elsewhere'] }, base).prefix).toEqual(['elsewhere']);
  });
});

describe('any request', () => {
  const noise = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'for=host;,"\\[]:%./?#1 ', '10.0.0.1', '::1', 'ü', '%zz', '..', '\u0000') }),
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map(address => `for=${address}, for="[::ffff:10.0.0.9]:1"`),
  );
  const names = ['host', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-prefix'];
  const headers = fc.record(Object.fromEntries(names.map(name => [name, noise])), { requiredKeys: [] });
  const options = {
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
    publicUrls: ['https://h/x', 'https://10.0.0.1/y'],
    basePath: ['base'],
  };

  it('the reader does not throw, names an address, and finds a prefix that fits into an href', () => {
    fc.assert(
      fc.property(headers, fc.constantFrom('10.0.0.1', '::ffff:10.0.0.1', '192.0.2.1'), (said, peer) => {
        const { address, hosts, prefix } = originOf(options, said as Headers, peer);
        expect(isIP(address)).not.toBe(0);
        expect(hosts.every(host => host === host.toLowerCase())).toBe(true);
        const href = encodeHref(prefix, 'folder');
        expect(href).toMatch(/^\/([\w.~%-]+\/)*$/);
        expect(decodeUrlPath(href).names).toEqual(prefix.map(name => name.toWellFormed()));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a peer that is not trusted is the client, and has no say in the prefix', () => {
    fc.assert(
      fc.property(headers, said => {
        const { host: _, ...others } = said as Headers;
        expect(originOf(options, others, '192.0.2.1')).toEqual({
          ...{ address: '192.0.2.1', hosts: [], prefix: ['base'], isSecure: false },
        });
      }),
    );
  });
});
