import { describe, expect, it } from 'vitest';
import { placeOf } from '../../src/account/place.ts';

const URLS = ['https://files.example/dav', 'https://other.example:8443/', 'http://lan.example/'];
const at = (host: string, urls = URLS, origin: Partial<Parameters<typeof placeOf>[1]> = {}) =>
  placeOf({ headers: { host } }, { hosts: [], prefix: [], isSecure: false, ...origin }, urls);

describe('the place of a request', () => {
  it.each([
    ['files.example', 'https://files.example/dav', true],
    ['FILES.example', 'https://files.example/dav', true],
    ['files.example:8080', 'https://files.example/dav', true],
    ['other.example:8443', 'https://other.example:8443', true],
    ['other.example', 'https://other.example:8443', true],
    ['lan.example', 'http://lan.example', false],
  ])('for the host %s is the public URL %s', (host, root, isSafe) => {
    expect(at(host)).toEqual({ root, isSafe });
  });

  it.each(['evil.example', 'files.example.evil.example', 'localhost', ''])('for the host %j is the first one', host => {
    expect(at(host)).toEqual({ root: 'https://files.example/dav', isSafe: true });
  });

  it('is the one that a trusted proxy names', () => {
    expect(at('inner:8080', URLS, { hosts: ['other.example:8443'] })?.root).toBe('https://other.example:8443');
  });

  it.each([
    ['localhost:8080', 'http://localhost:8080/a%20b'],
    ['127.0.0.1', 'http://127.0.0.1/a%20b'],
    ['[::1]:8080', 'http://[::1]:8080/a%20b'],
  ])('without public URLs is this machine itself at %s', (host, root) => {
    expect(at(host, [], { prefix: ['a b'] })).toEqual({ root, isSafe: true });
  });

  it.each(['files.example', '127.evil.example', 'localhost.evil.example', '10.0.0.1', ''])(
    'without public URLs is not known for the host %j',
    host => {
      expect(at(host, [])).toBeUndefined();
    },
  );
});
