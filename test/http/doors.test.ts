import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openidIssuer } from '../../src/auth/token-issuers.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { createWebFetch } from '../../src/graph/web-fetch.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { listedPeople } from '../support/listed-people.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';

const ADA = { userId: '22222222-2222-4222-8222-222222222222', tenantId: 't', principal: 'ada@contoso.com' };
const API = 'https://files.example/';
const SCOPE = 'access_as_user';

let issuer: OidcIssuer;
let transport: Transport;
let door: FrontDoorTest;

const list = (headers: Record<string, string>) => fetch(`${door.url}/`, { method: 'PROPFIND', headers });
const withToken = (token: string) => list({ authorization: `Bearer ${token}` });
const challengesOf = (answer: Response) => answer.headers.get('www-authenticate');
const audits = () => door.logged.map(line => JSON.parse(line)).filter(({ audit }) => audit !== undefined);

async function start(trustedProxies: string[]): Promise<void> {
  const parts = { fetch: createWebFetch(transport), clock: systemClock, log: createLog({ level: 'fatal' }) };
  const given = { issuer: issuer.url, clientId: issuer.clientId, claim: null };
  door = await startFrontDoor({
    people: listedPeople([ADA]),
    listen: { trustedProxies },
    issuers: { tokens: [openidIssuer(given, { audience: API, scope: SCOPE }, parts)], assertions: undefined },
    auth: { bearer: { audience: API, scope: SCOPE }, proxy: { header: 'Remote-User', assertion: null } },
  });
}

beforeEach(async () => {
  issuer = await startOidcIssuer({
    people: [
      { sub: 'ada', email: 'ada@contoso.com', email_verified: true },
      { sub: 'grace', email: 'grace@contoso.com', email_verified: true },
    ],
  });
  transport = createTransport({ userAgent: 'test' });
});
afterEach(async () => {
  await door.stop();
  await transport.close();
  await issuer.close();
});

describe('an access token', () => {
  beforeEach(() => start([]));

  it('is as good as a password, for everything', async () => {
    const authorization = `Bearer ${await issuer.accessToken({ sub: 'ada', audience: API })}`;
    const put = await fetch(`${door.url}/m/file`, { method: 'PUT', body: 'text', headers: { authorization } });
    expect(put.status).toBe(201);
    expect(await (await fetch(`${door.url}/m/file`, { headers: { authorization } })).text()).toBe('text');
    expect(door.logged.some(line => line.includes('ada@contoso.com'))).toBe(true);
    expect(door.logged.join('')).not.toContain('eyJ');
  });

  it('that is wrong is 401, with a challenge of each kind', async () => {
    const answer = await withToken('nonsense');
    expect([answer.status, challengesOf(answer)]).toEqual([
      401,
      'Basic realm="test", charset="UTF-8", Bearer error="invalid_token", error_description="it is malformed"',
    ]);
    expect(challengesOf(await list({}))).toBe('Basic realm="test", charset="UTF-8"');
  });

  it('without the scope is 403 insufficient_scope, and of a stranger 403', async () => {
    const lacking = await withToken(await issuer.accessToken({ sub: 'ada', audience: API, scope: 'openid' }));
    expect([lacking.status, challengesOf(lacking)]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="${SCOPE}"`,
    ]);
    const stranger = await withToken(await issuer.accessToken({ sub: 'grace', audience: API }));
    expect([stranger.status, challengesOf(stranger)]).toEqual([403, null]);
  });

  it('is 503 with Retry-After while the keys cannot be had, and passwords work', async () => {
    issuer.setBroken(true);
    const answer = await withToken(await issuer.sign({ iss: issuer.url, aud: API, exp: 9_999_999_999 }));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    const basic = `Basic ${Buffer.from(`${door.user}:${door.password}`).toString('base64')}`;
    expect((await list({ authorization: basic })).status).toBe(207);
  });
});

describe('the header of a proxy', () => {
  it('counts on its connections', async () => {
    await start(['127.0.0.1']);
    expect((await list({ 'remote-user': 'ada' })).status).toBe(207);
    expect((await list({ 'remote-user': 'grace' })).status).toBe(403);
    expect((await list({ 'remote-user': 'ada, user' })).status).toBe(401);
    expect((await list({})).status).toBe(401);
  });

  it('is ignored on others, whatever X-Forwarded-For says', async () => {
    await start(['10.0.0.1']);
    const spoofed = { 'remote-user': 'ada', 'x-forwarded-for': '10.0.0.1' };
    expect((await list(spoofed)).status).toBe(401);
    const authorization = `Basic ${Buffer.from(`${door.user}:${door.password}`).toString('base64')}`;
    expect((await list({ ...spoofed, authorization })).status).toBe(207);
    expect(audits()).toMatchObject([
      { audit: 'credentials-refused', user: 'ada', address: '127.0.0.1', by: 'remote-user' },
      { audit: 'credentials-refused' },
    ]);
  });
});
