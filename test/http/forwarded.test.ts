import { describe, expect, it } from 'vitest';
import { bareAddress, parseForwarded } from '../../src/http/forwarded.ts';

describe('parseForwarded', () => {
  it('knows nothing where no header says anything', () => {
    const nothing = { ways: [], hosts: [], prefix: undefined, isSecure: false };
    expect(parseForwarded({})).toEqual(nothing);
    const empty = { forwarded: '', 'x-forwarded-for': ' , ', 'x-forwarded-host': '', 'x-forwarded-prefix': ',' };
    expect(parseForwarded(empty)).toEqual(nothing);
  });

  it.each([
    ['for=192.0.2.60;proto=http;by=203.0.113.43', ['192.0.2.60']],
    ['For="[2001:db8:cafe::17]:4711"', ['2001:db8:cafe::17']],
    ['for=192.0.2.43, for=198.51.100.17', ['192.0.2.43', '198.51.100.17']],
    ['for="192.0.2.43:47011";host="a.example:8443"', ['192.0.2.43']],
    ['proto=https ; FOR = 192.0.2.43', ['192.0.2.43']],
    ['for="19\\2.0.2.43"', ['192.0.2.43']],
    ['for="_gazonk", for=unknown', ['_gazonk', 'unknown']],
    ['host=h', ['']],
  ])('reads the addresses of Forwarded: %s', (forwarded, way) => {
    expect(parseForwarded({ forwarded }).ways).toEqual([way]);
  });

  it('does not let an open quote swallow the entry of the next proxy', () => {
    expect(parseForwarded({ forwarded: 'for=1.1.1.1;x=", for=192.0.2.43' }).ways).toEqual([['1.1.1.1', '192.0.2.43']]);
  });

  it.each(['for', '=', ';;;', 'for=', 'for="', '"', 'for=a=b;host', 'constructor=x', '__proto__=x;toString=y'])(
    'makes no host of %j',
    forwarded => {
      expect(parseForwarded({ forwarded }).hosts).toEqual([]);
    },
  );

  it('reads the hosts of both headers, in lower case', () => {
    const headers = { forwarded: 'for=1.1.1.1;host="A.Example:8443", host=b', 'x-forwarded-host': 'C.example, d:81' };
    expect(parseForwarded(headers).hosts).toEqual(['a.example:8443', 'b', 'c.example', 'd:81']);
  });

  it('puts together what several proxies have taken off the path', () => {
    expect(parseForwarded({ 'x-forwarded-prefix': '/a, /b' }).prefix).toBe('/a//b');
    expect(parseForwarded({ 'x-forwarded-prefix': ['a', 'b'] }).prefix).toBe('a/b');
  });

  it('looks at the last hops only, and at each header in time that grows with its length', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(parseForwarded({ 'x-forwarded-for': many.join() }).ways[0]).toEqual(many.slice(-20));
    for (const unit of ['a', '"', 'a="', 'a="\\', ';', ',', '[', ':1', ' ', '=']) {
      const long = unit.repeat(300_000 / unit.length);
      parseForwarded({ forwarded: long, 'x-forwarded-for': long, 'x-forwarded-prefix': long });
    }
  });
});

describe('bareAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::FFFF:192.0.2.1]:80', '192.0.2.1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['[]:80', '[]'],
    ['', ''],
  ])('takes %j down to %j', (text, address) => {
    expect(bareAddress(text)).toBe(address);
  });
});
