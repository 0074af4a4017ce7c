import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/auth/audit.ts';
import type { Door, Verdict } from '../../src/auth/door.ts';
import { createProxyDoor, type ProxyStatement } from '../../src/auth/proxy-door.ts';
import { assertionIssuer } from '../../src/auth/token-issuers.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { createWebFetch } from '../../src/graph/web-fetch.ts';
import { createLog } from '../../src/lib/log.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { forgeries } from '../support/forged-tokens.ts';
import { type ListedPeople, listedPeople } from '../support/listed-people.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';

const PROXY = '10.0.0.1';
const ADA = { userId: '22222222-2222-4222-8222-222222222222', tenantId: 't', principal: 'ada@contoso.com' };

let people: ListedPeople;
let audited: AuditRecord[];
let clock: FakeClock;

const doorFor = (statement: ProxyStatement): Door =>
  createProxyDoor({
    ...{ statement, people, clock, audit: record => void audited.push(record) },
    isProxy: peer => peer === PROXY,
    users: [{ name: 'Backup', rights: { rules: [{ named: { '*': 'read' } }] } }],
  });
const knock = (door: Door, headers: Record<string, string | string[]>, peer = PROXY): ReturnType<Door> =>
  door({ headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage, '192.0.2.1');
const nameOf = (verdict: Verdict | undefined) =>
  verdict !== undefined && 'user' in verdict ? verdict.user.name : verdict;

beforeEach(() => {
  people = listedPeople([ADA]);
  audited = [];
  clock = fakeClock(Date.now());
});

describe.each(['X-Forwarded-User', 'Remote-User', 'X-Forwarded-Email'])('a name in %s', header => {
  const name = header.toLowerCase();
  const door = () => doorFor({ header, issuer: undefined });

  it('of a trusted proxy lets in a person, by any of their names, and a user of the configuration', async () => {
    for (const value of ['ada@contoso.com', 'ADA', ADA.userId]) {
      expect(nameOf(await knock(door(), { [name]: value }))).toBe('ada@contoso.com');
    }
    expect(nameOf(await knock(door(), { [name]: 'backup' }))).toBe('Backup');
    expect(audited).toEqual([]);
  });

  it('of anybody else is as if it were not there, and is in the audit', async () => {
    expect(knock(door(), { [name]: 'ada@contoso.com' }, '10.0.0.2')).toBeUndefined();
    const detail = { by: name, reason: 'the header is not from a trusted proxy' };
    expect(audited).toEqual([{ event: 'credentials-refused', user: 'ada@contoso.com', address: '192.0.2.1', detail }]);
  });

  it.each([['ada@contoso.com, backup'], [['ada@contoso.com', 'backup']]])(
    'given twice (%s) is refused',
    async value => {
      expect(await knock(door(), { [name]: value })).toEqual({ refused: 'wrong' });
      expect(audited).toMatchObject([{ detail: { reason: 'the header has more than one value' } }]);
    },
  );

  it('that nobody has is forbidden, unless the directory has not been read', async () => {
    expect(await knock(door(), { [name]: 'grace@contoso.com' })).toEqual({ refused: 'forbidden' });
    expect(audited).toMatchObject([{ event: 'credentials-refused', user: 'grace@contoso.com' }]);
    people.set(undefined);
    expect(await knock(door(), { [name]: 'grace@contoso.com' })).toEqual({ refused: 'unknown', retryAfterSeconds: 7 });
    expect(nameOf(await knock(door(), { [name]: 'backup' }))).toBe('Backup');
    expect(audited.length).toBe(1);
  });

  it('that is empty or absent leaves the request to the next door', () => {
    expect(knock(door(), {})).toBeUndefined();
    expect(knock(door(), { [name]: ' ' })).toBeUndefined();
  });
});

describe('a signed assertion of a proxy', () => {
  const AUDIENCE = 'the-audience-tag-of-the-application';
  let issuer: OidcIssuer;
  let transport: Transport;
  let door: Door;

  const good = (changes: object = {}) => {
    const now = Math.floor(clock.now() / 1000);
    // As Cloudflare Access writes them (Cloudflare docs, "Application token").
    return {
      ...{ iss: issuer.url, aud: [AUDIENCE], email: 'ada@contoso.com', sub: 'x', type: 'app' },
      ...{ iat: now, nbf: now, exp: now + 600, ...changes },
    };
  };
  const sign = (changes?: object) => issuer.sign(good(changes), { typ: undefined });
  const show = (token: string, peer?: string) => knock(door, { 'cf-access-jwt-assertion': token }, peer);

  beforeEach(async () => {
    issuer = await startOidcIssuer({ people: [] });
    transport = createTransport({ userAgent: 'test' });
    const fetch = createWebFetch(transport);
    const given = { issuer: issuer.url, jwksUrl: `${issuer.url}/jwks`, audience: AUDIENCE, claim: 'email' };
    door = doorFor({
      header: 'Cf-Access-Jwt-Assertion',
      issuer: assertionIssuer(given, { fetch, clock, log: createLog({ level: 'fatal' }) }),
    });
  });
  afterEach(async () => {
    await transport.close();
    await issuer.close();
  });

  it('lets its person in, and is checked once', async () => {
    const token = await sign();
    expect(nameOf(await show(token))).toBe('ada@contoso.com');
    people.set([]);
    expect(await show(token)).toEqual({ refused: 'forbidden' });
    expect(issuer.keyRequests).toBe(1);
  });

  it('is ignored from outside the proxies, and is in the audit without the assertion itself', async () => {
    expect(show(await sign(), '10.0.0.2')).toBeUndefined();
    expect(audited).toMatchObject([{ event: 'credentials-refused', user: 'ada@contoso.com' }]);
    expect(JSON.stringify(audited)).not.toContain('eyJ');
  });

  it('cannot be forged', async () => {
    const genuine = await sign();
    const forged = await forgeries(genuine, issuer.publicKey());
    for (const [what, token] of Object.entries(forged)) {
      expect([what, await show(token)]).toEqual([what, { refused: 'wrong' }]);
    }
    expect(audited.length).toBe(Object.keys(forged).length);
  });

  it.each<[string, object]>([
    ['another audience', { aud: ['other'] }],
    ['another issuer', { iss: 'https://other.cloudflareaccess.com' }],
    ['an end in the past', { exp: 1_000 }],
    ['a beginning in the future', { nbf: 9_999_999_999 }],
    ['no person, as of a service token', { email: undefined, common_name: 'service', sub: '' }],
  ])('with %s is refused', async (_, changes) => {
    expect(await show(await sign(changes))).toEqual({ refused: 'wrong' });
    expect(nameOf(await show(await sign()))).toBe('ada@contoso.com');
  });

  it('is neither right nor wrong while its keys cannot be had', async () => {
    issuer.setBroken(true);
    expect(await show(await sign())).toEqual({ refused: 'unknown', retryAfterSeconds: 30 });
    expect(audited).toEqual([]);
  });
});
