import { describe, expect, it } from 'vitest';
import type { ConfigError } from '../../src/config/config-error.ts';
import { parseConfigText } from '../../src/config/parse.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';

const GOOD = {
  tenant: { tenantId: 'contoso.com', clientId: 'app', clientSecret: 'top-secret' },
  mounts: [{ mailboxes: {} }],
  people: [{}],
  listen: { trustedProxies: ['10.0.0.1'] },
};

function problemsOf(change: object): { key: string; message: string }[] {
  try {
    parseConfigText(JSON.stringify({ ...GOOD, ...change }), 'file');
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ key, message }) => ({ key, message }));
  }
}

const ASSERTION = {
  header: 'Cf-Access-Jwt-Assertion',
  issuer: 'https://contoso.cloudflareaccess.com',
  jwksUrl: 'https://contoso.cloudflareaccess.com/cdn-cgi/access/certs',
  audience: 'tag',
};

describe('auth.proxy', () => {
  it('is a header or an assertion', () => {
    expect(problemsOf({ auth: { proxy: { header: 'Remote-User' } } })).toEqual([]);
    expect(problemsOf({ auth: { proxy: { assertion: ASSERTION } } })).toEqual([]);
    const message = 'give either header, or assertion for a signed one';
    expect(problemsOf({ auth: { proxy: {} } })).toEqual([{ key: 'auth.proxy', message }]);
    expect(problemsOf({ auth: { proxy: { header: 'Remote-User', assertion: ASSERTION } } })).toEqual([
      { key: 'auth.proxy', message },
    ]);
  });

  it.each([{ header: 'Remote-User' }, { assertion: ASSERTION }])('%j needs trusted proxies', proxy => {
    expect(problemsOf({ auth: { proxy }, listen: {} })).toMatchObject([
      { key: 'auth.proxy', message: expect.stringContaining('listen.trustedProxies') },
    ]);
  });

  it('needs somebody to let in', () => {
    const users = [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }];
    expect(problemsOf({ auth: { proxy: { header: 'Remote-User' } }, people: [], users })).toEqual([]);
    expect(problemsOf({ auth: { proxy: { header: 'Remote-User' } }, people: [] })).toContainEqual(
      expect.objectContaining({ key: 'auth.proxy' }),
    );
  });

  it.each(['Authorization', 'X-Forwarded-For', 'Remote User', ''])('refuses the header %j', header => {
    expect(problemsOf({ auth: { proxy: { header } } })).toMatchObject([{ key: 'auth.proxy.header' }]);
  });

  it.each(['http://keys.example/', 'https://user@keys.example/', 'keys'])('refuses keys at %j', jwksUrl => {
    expect(problemsOf({ auth: { proxy: { assertion: { ...ASSERTION, jwksUrl } } } })).toMatchObject([
      { key: 'auth.proxy.assertion.jwksUrl', message: 'write an https URL' },
    ]);
  });
});

describe('auth.bearer', () => {
  it('needs people', () => {
    expect(problemsOf({ auth: { bearer: {} } })).toEqual([]);
    const users = [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }];
    expect(problemsOf({ auth: { bearer: {} }, people: [], users })).toMatchObject([{ key: 'auth.bearer' }]);
    expect(problemsOf({ auth: { bearer: { scope: 'two words' } } })).toMatchObject([{ key: 'auth.bearer.scope' }]);
  });
});
