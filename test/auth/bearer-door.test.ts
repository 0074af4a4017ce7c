import type { IncomingMessage } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/auth/audit.ts';
import { createBearerDoor } from '../../src/auth/bearer-door.ts';
import type { Door, Verdict } from '../../src/auth/door.ts';
import { type BearerRules, entraIssuers, openidIssuer } from '../../src/auth/token-issuers.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { createWebFetch } from '../../src/graph/web-fetch.ts';
import { createLog } from '../../src/lib/log.ts';
import { type EntraTokens, entraTokens, SCOPE } from '../support/entra-tokens.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { forgeries } from '../support/forged-tokens.ts';
import { type ListedPeople, listedPeople } from '../support/listed-people.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';

const RULES: BearerRules = { audience: null, scope: SCOPE };
const HOUR_MS = 60 * 60_000;
const log = createLog({ level: 'fatal' });
const INVALID = /^Bearer error="invalid_token", error_description="[ -!#-~]+"$/;

let clock: FakeClock;
let transport: Transport;
let people: ListedPeople;
let audited: AuditRecord[];
/** The addresses that the doors have asked. */
let asked: string[];

const request = (authorization: string) => ({ headers: { authorization } }) as unknown as IncomingMessage;
const knock = async (door: Door, token: string): Promise<Verdict> => {
  const verdict = await door(request(`Bearer ${token}`), '192.0.2.1');
  if (verdict === undefined) {
    throw new Error('the door knows no such credentials');
  }
  return verdict;
};
const parts = () => {
  const fetch = createWebFetch(transport);
  const counted = (url: string, init: { signal: AbortSignal }) => {
    asked.push(url);
    return fetch(url, init);
  };
  return { clock, log, fetch: counted };
};
const doorOf = (issuers: ReturnType<typeof entraIssuers>, scope: string | null = SCOPE): Door =>
  createBearerDoor({ issuers, people, scope, audit: record => audited.push(record), clock });
const invalid = { refused: 'wrong', challenge: expect.stringMatching(INVALID) };

beforeEach(() => {
  clock = fakeClock(Date.now());
  people = listedPeople([]);
  audited = [];
  asked = [];
});
afterEach(async () => {
  await transport.close();
});

describe('access tokens of Entra', () => {
  let emulator: Emulator;
  let entra: EntraTokens;
  let door: Door;

  const application = () => ({
    authorityHost: 'https://login.microsoftonline.com',
    tenantId: emulator.tenantId,
    clientId: emulator.clientId,
  });
  const ada = () => ({ userId: entra.ada.userId, tenantId: emulator.tenantId, principal: 'ada@contoso.com' });
  const userOf = (verdict: Verdict) => ('user' in verdict ? verdict.user.name : verdict);

  beforeEach(async () => {
    emulator = await createEmulator({ clock });
    transport = createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'test' });
    entra = await entraTokens(emulator);
    people.set([ada()]);
    door = doorOf(entraIssuers(application(), RULES, parts()));
  });
  afterEach(async () => {
    await entra.close();
    await emulator.close();
  });

  it.each([1, 2, null] as const)('of version %s let their person in', async requestedAccessTokenVersion => {
    entra.expose({ requestedAccessTokenVersion });
    expect(userOf(await knock(door, await entra.token()))).toBe('ada@contoso.com');
    expect(userOf(await knock(door, await entra.token({ scope: `${emulator.clientId}/${SCOPE}` })))).toBe(
      'ada@contoso.com',
    );
    expect(audited).toMatchObject([{ event: 'signed-in', user: 'ada@contoso.com', address: '192.0.2.1' }, {}]);
  });

  it('are for each application of a tenant that is configured twice, and for no third one', async () => {
    const [second, third] = [entra.addOther(), entra.addOther()];
    const tokenFor = ({ clientId, clientSecret }: typeof second) =>
      entra.token({ client_id: clientId, client_secret: clientSecret, scope: `api://${clientId}/${SCOPE}` });
    const both = [application(), { ...application(), clientId: second.clientId }];
    door = doorOf(both.flatMap(each => entraIssuers(each, RULES, parts())));
    expect(userOf(await knock(door, await entra.token()))).toBe('ada@contoso.com');
    expect(userOf(await knock(door, await tokenFor(second)))).toBe('ada@contoso.com');
    const challenge = expect.stringContaining('it is for another audience');
    expect(await knock(door, await tokenFor(third))).toMatchObject({ ...invalid, challenge });
  });

  it('are checked once, but their person each time', async () => {
    const token = await entra.token();
    const [first, second] = [await knock(door, token), await knock(door, token)];
    expect('user' in first && 'user' in second && first.user === second.user).toBe(true);
    const requests = asked.length;
    people.set([]);
    expect(await knock(door, token)).toEqual({ refused: 'forbidden' });
    people.set(undefined);
    expect(await knock(door, token)).toEqual({ refused: 'unknown', retryAfterSeconds: 7 });
    expect(asked.length).toBe(requests);
    expect(audited.length).toBe(1);
  });

  it('end with their time, also when they are known', async () => {
    const token = await entra.token();
    const { exp } = decodeJwt(token);
    clock.advance(exp! * 1000 - clock.now() + 59_000);
    expect(userOf(await knock(door, token))).toBe('ada@contoso.com');
    clock.advance(1_000);
    const refused = await knock(door, token);
    expect(refused).toMatchObject({ challenge: 'Bearer error="invalid_token", error_description="it has expired"' });
    const unseen = doorOf(entraIssuers(application(), RULES, parts()));
    expect(await knock(unseen, token)).toMatchObject({ refused: 'wrong' });
  });

  it('begin with their time', async () => {
    clock.advance(HOUR_MS);
    const token = await entra.token();
    clock.advance(-HOUR_MS);
    expect(await knock(door, token)).toMatchObject({ ...invalid, challenge: expect.stringContaining('not valid yet') });
  });

  it('cannot be forged', async () => {
    const genuine = await entra.token();
    const { kid } = decodeProtectedHeader(genuine);
    const jwks = await entra.microsoft.plain(
      `https://login.microsoftonline.com/${emulator.tenantId}/discovery/v2.0/keys`,
    );
    const forged = await forgeries(
      genuine,
      jwks.json.keys.find((key: { kid: string }) => key.kid === kid),
    );
    const verdicts: Record<string, Verdict> = {};
    for (const [what, token] of Object.entries(forged)) {
      verdicts[what] = await knock(door, token);
    }
    expect(verdicts).toEqual(Object.fromEntries(Object.keys(forged).map(what => [what, invalid])));
    expect(audited.every(({ event }) => event === 'credentials-refused')).toBe(true);
    expect(JSON.stringify(audited)).not.toContain('eyJ');
    expect(userOf(await knock(door, genuine))).toBe('ada@contoso.com');
  });

  it('are for this application alone', async () => {
    const other = entra.addOther();
    const own = { client_id: other.clientId, client_secret: other.clientSecret };
    const ofOther = await entra.token({ ...own, scope: `api://${other.clientId}/${SCOPE}` });
    const ofGraph = await entra.token({ scope: 'User.Read' });
    for (const token of [ofOther, ofGraph]) {
      expect(await knock(door, token)).toMatchObject({ ...invalid, challenge: expect.stringContaining('audience') });
    }
    const named = doorOf(entraIssuers(application(), { audience: other.clientId, scope: null }, parts()));
    expect(userOf(await knock(named, ofOther))).toBe('ada@contoso.com');
    expect(await knock(named, await entra.token())).toMatchObject(invalid);
  });

  it('are no ID tokens, and no tokens of an application for itself', async () => {
    const { id_token } = await entra.tokens();
    const ofApplication = await entra.token({ grant_type: 'client_credentials', scope: `${entra.uri}/.default` });
    for (const token of [id_token!, ofApplication]) {
      expect(await knock(door, token)).toMatchObject({
        ...invalid,
        challenge: expect.stringContaining('no access token for a person'),
      });
    }
  });

  it('have the scope: 403 insufficient_scope', async () => {
    const token = await entra.token({ scope: `${entra.uri}/read_only` });
    expect(await knock(door, token)).toEqual({
      refused: 'forbidden',
      challenge: 'Bearer error="insufficient_scope", scope="access_as_user"',
    });
    const anyScope = doorOf(entraIssuers(application(), { ...RULES, scope: null }, parts()), null);
    expect(userOf(await knock(anyScope, token))).toBe('ada@contoso.com');
  });

  it('are of this tenant alone, also where the application is for many', async () => {
    const { eve, tenantId } = entra.addEve();
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    const ofEve = await entra.token({ username: 'eve@fabrikam.com', scope: `${entra.uri}/${SCOPE}` }, tenantId);
    people.set([ada(), { userId: eve.userId, tenantId, principal: 'eve@fabrikam.com' }]);
    expect(await knock(door, ofEve)).toMatchObject({ ...invalid, challenge: expect.stringContaining('issuer') });
    const both = [emulator.tenantId, tenantId].flatMap(id =>
      entraIssuers({ ...application(), tenantId: id }, RULES, parts()),
    );
    expect(userOf(await knock(doorOf(both), ofEve))).toBe('eve@fabrikam.com');
    people.set([{ userId: eve.userId, tenantId: emulator.tenantId, principal: 'eve@fabrikam.com' }]);
    expect(await knock(doorOf(both), ofEve)).toEqual({ refused: 'forbidden' });
  });

  it('name their person by object id: the same address again is somebody else', async () => {
    entra.ada.deleteUser({ drive: 'gone' });
    emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Another Ada', password: 'Engine1843' });
    const token = await entra.token();
    expect(people.named('ada@contoso.com')).toBeDefined();
    expect(await knock(door, token)).toEqual({ refused: 'forbidden' });
    expect(audited).toMatchObject([{ event: 'credentials-refused', detail: { by: 'token' } }]);
  });

  it('are accepted where the tenant is configured by its domain', async () => {
    people.set([{ ...ada(), tenantId: 'contoso.com' }]);
    const byDomain = doorOf(entraIssuers({ ...application(), tenantId: 'contoso.com' }, RULES, parts()));
    expect(userOf(await knock(byDomain, await entra.token()))).toBe('ada@contoso.com');
  });

  describe('and their keys', () => {
    const keysAsked = () => asked.filter(url => url.endsWith('/keys')).length;

    it('are read once, and again for a new one, at most every 30 seconds', async () => {
      await knock(door, await entra.token());
      const before = keysAsked();
      await emulator.rollSigningKey();
      const token = await entra.token();
      expect(await knock(door, token)).toMatchObject({ ...invalid, challenge: expect.stringContaining('no such key') });
      expect(keysAsked()).toBe(before);
      clock.advance(30_000);
      expect(userOf(await knock(door, token))).toBe('ada@contoso.com');
      expect(keysAsked()).toBe(before + 1);
      const [head, body, signature] = token.split('.');
      const strange = { ...decodeProtectedHeader(token), kid: 'x' };
      const invented = `${Buffer.from(JSON.stringify(strange)).toString('base64url')}.${body}.${signature}`;
      expect([head, await knock(door, invented)]).toEqual([head, invalid]);
      expect(await knock(door, invented)).toEqual(invalid);
      expect(keysAsked()).toBe(before + 1);
    });

    it('are gone an hour after they were withdrawn', async () => {
      const token = await entra.token();
      await knock(door, token);
      await emulator.rollSigningKey('withdrawn');
      clock.advance(30 * 60_000);
      expect(userOf(await knock(door, token))).toBe('ada@contoso.com');
      // The token lives a minute longer, since clocks may differ. Its use makes the door read the keys.
      clock.advance(30 * 60_000);
      await expect.poll(() => knock(door, token)).toMatchObject({ refused: 'wrong' });
    });

    it('cannot be had: nobody can tell, and it is asked again later', async () => {
      const token = await entra.token();
      emulator.setFaults([{ fault: { status: 503 }, operation: 'signing-keys' }]);
      expect(await knock(door, token)).toEqual({ refused: 'unknown', retryAfterSeconds: 30 });
      clock.advance(10_000);
      expect(await knock(door, token)).toEqual({ refused: 'unknown', retryAfterSeconds: 20 });
      emulator.setFaults([]);
      clock.advance(20_000);
      expect(userOf(await knock(door, token))).toBe('ada@contoso.com');
    });

    it('that are new cannot be told from invented ones while they cannot be had', async () => {
      await knock(door, await entra.token());
      await emulator.rollSigningKey();
      const token = await entra.token();
      emulator.setFaults([{ fault: { status: 503 }, operation: 'signing-keys' }]);
      clock.advance(30_000);
      expect(await knock(door, token)).toEqual({ refused: 'unknown', retryAfterSeconds: 30 });
      emulator.setFaults([]);
      clock.advance(30_000);
      expect(userOf(await knock(door, token))).toBe('ada@contoso.com');
    });

    it('that are known say no to a forged token while they cannot be had', async () => {
      const token = await entra.token();
      await knock(door, token);
      emulator.setFaults([{ fault: { status: 503 }, host: 'login', method: 'GET' }]);
      clock.advance(HOUR_MS - 10 * 60_000);
      const [head, body] = token.split('.');
      expect(await knock(door, `${head}.${body}.AAAA`)).toEqual(invalid);
    });
  });

  it.each(['Bearer', 'bearer ', 'Bearer a b', 'Bearer ü'])('as %j are refused', async authorization => {
    expect(await door(request(authorization), '192.0.2.1')).toEqual(invalid);
  });

  it.each(['Basic YWRhOnB3', 'BearerX abc', 'Digest x'])('does not know %j', authorization => {
    expect(door(request(authorization), '192.0.2.1')).toBeUndefined();
  });
});

describe('access tokens of another provider', () => {
  const API = 'https://files.example/';
  const TENANT = '11111111-1111-4111-8111-111111111111';
  const listed = { userId: '22222222-2222-4222-8222-222222222222', tenantId: TENANT, principal: 'ada@contoso.com' };
  let issuer: OidcIssuer;
  let door: Door;

  const doorFor = (claim: string | null = null, url = issuer.url) =>
    doorOf([openidIssuer({ issuer: url, clientId: issuer.clientId, claim }, { audience: API, scope: SCOPE }, parts())]);
  const good = (changes: object = {}) => {
    const now = Math.floor(clock.now() / 1000);
    return {
      ...{ iss: issuer.url, aud: API, sub: 'ada', iat: now, exp: now + 600, scope: `openid ${SCOPE}` },
      ...{ email: 'ada@contoso.com', email_verified: true, ...changes },
    };
  };
  const isAda = { user: { name: 'ada@contoso.com' } };

  beforeEach(async () => {
    transport = createTransport({ proxy: 'http://127.0.0.1:1', userAgent: 'test' });
    issuer = await startOidcIssuer({
      people: [
        { sub: 'ada', email: 'Ada@Contoso.com', email_verified: true, oid: listed.userId, preferred_username: 'ada' },
        { sub: 'mallory', email: 'ada@contoso.com', email_verified: false },
        { sub: 'nobody' },
      ],
    });
    people.set([listed]);
    door = doorFor();
  });
  afterEach(() => issuer.close());

  it('let their person in, by a verified address', async () => {
    expect(await knock(door, await issuer.accessToken({ sub: 'ada', audience: API }))).toMatchObject(isAda);
    const unverified = await issuer.accessToken({ sub: 'mallory', audience: API });
    expect(await knock(door, unverified)).toMatchObject({ challenge: expect.stringContaining('not verified') });
    const nameless = await issuer.accessToken({ sub: 'nobody', audience: API });
    expect(await knock(door, nameless)).toMatchObject({ challenge: expect.stringContaining('no claim email') });
  });

  it('let their person in by the claim of the configuration, but not by a short name', async () => {
    const token = await issuer.accessToken({ sub: 'ada', audience: API });
    expect(await knock(doorFor('oid'), token)).toMatchObject(isAda);
    expect(await knock(doorFor('preferred_username'), token)).toMatchObject(invalid);
  });

  it('cannot be forged', async () => {
    const genuine = await issuer.accessToken({ sub: 'ada', audience: API });
    const forged = await forgeries(genuine, issuer.publicKey());
    const verdicts: Record<string, Verdict> = {};
    for (const [what, token] of Object.entries(forged)) {
      verdicts[what] = await knock(door, token);
    }
    expect(verdicts).toEqual(Object.fromEntries(Object.keys(forged).map(what => [what, invalid])));
  });

  it.each<[what: string, claims: object, header?: Record<string, unknown>]>([
    ['another audience', { aud: 'https://other.example/' }],
    ['no audience', { aud: undefined }],
    ['another issuer', { iss: 'https://issuer.invalid' }],
    ['the issuer with a slash', { iss: 'URL/' }],
    ['no issuer', { iss: undefined }],
    ['no end', { exp: undefined }],
    ['an end in the past', { exp: 1_000 }],
    ['a beginning in the future', { nbf: 9_999_999_999 }],
    ['the type of another kind of JWT', {}, { typ: 'logout+jwt' }],
    ['the claims of an ID token', { nonce: 'n' }, { typ: 'JWT' }],
    ['no scope and no type', { scope: undefined }, { typ: undefined }],
    ['the kind of Keycloak’s ID tokens', { typ: 'ID' }, { typ: 'JWT' }],
    ['an address that is none', { email: 'ada' }],
  ])('with %s are refused', async (_, claims, header = {}) => {
    const given = Object.fromEntries(
      Object.entries(good(claims)).map(([name, value]) => [name, value === 'URL/' ? `${issuer.url}/` : value]),
    );
    expect(await knock(door, await issuer.sign(given, header))).toEqual(invalid);
    expect(await knock(door, await issuer.sign(good()))).toMatchObject(isAda);
  });

  it('of an older kind have a scope and nothing of an ID token', async () => {
    expect(await knock(door, await issuer.sign(good({ typ: 'Bearer' }), { typ: 'JWT' }))).toMatchObject(isAda);
    expect(await knock(door, await issuer.sign(good({ scope: [SCOPE] }), { typ: undefined }))).toMatchObject(isAda);
  });

  it('have the scope: 403', async () => {
    expect(await knock(door, await issuer.sign(good({ scope: 'openid' })))).toMatchObject({ refused: 'forbidden' });
  });

  it('of the issuer’s other application are for another audience', async () => {
    const { secondClientId: clientId } = issuer;
    const token = await issuer.accessToken({ sub: 'ada', audience: 'https://other.example/', clientId });
    expect(await knock(door, token)).toEqual(invalid);
  });

  it('survive new keys, and end with the old ones', async () => {
    const old = await issuer.accessToken({ sub: 'ada', audience: API });
    expect(await knock(door, old)).toMatchObject(isAda);
    await issuer.rotateKeys();
    clock.advance(30_000);
    expect(await knock(door, await issuer.accessToken({ sub: 'ada', audience: API }))).toMatchObject(isAda);
    expect(await knock(door, old)).toEqual(invalid);
    expect(issuer.keyRequests).toBe(2);
  });

  it('are neither right nor wrong while the provider is broken', async () => {
    issuer.setBroken(true);
    const token = await issuer.sign(good());
    expect(await knock(door, token)).toEqual({ refused: 'unknown', retryAfterSeconds: 30 });
    issuer.setBroken(false);
    clock.advance(30_000);
    expect(await knock(door, token)).toMatchObject(isAda);
  });

  it('are neither right nor wrong when the metadata are of another issuer', async () => {
    const elsewhere = doorFor(null, issuer.url.replace('127.0.0.1', 'localhost'));
    expect(await knock(elsewhere, await issuer.sign(good()))).toMatchObject({ refused: 'unknown' });
  });
});
