import { createHmac, createPublicKey, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import {
  documentedAssertion,
  federatedClaims,
  type Members,
  signJwt,
  thumbprint,
  tokenByAssertion,
} from '../support/assertions.ts';
import { daysFromNow, makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const HOUR_MS = 60 * 60 * 1000;
const START = Date.now();
const NAME = 'contoso.onmicrosoft.com';

let registered: TestCertificate;
let other: TestCertificate;
let emulator: Emulator;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock(START);
  emulator = await createEmulator({ clock, ...options });
  emulator.setApplication({ certificates: [other.certificate, registered.certificate] });
  client = await microsoftClient(emulator);
}

beforeAll(async () => {
  [registered, other] = await Promise.all([makeCertificate(), makeCertificate()]);
});
beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const seconds = () => Math.floor(clock.now() / 1000);
const outcome = ({ status, json }: MicrosoftAnswer) => [status, json.error, json.error_codes?.[0]];
const GRANTED = [200, undefined, undefined];

/** Asks with the documented assertion, changed by a test. */
function ask({
  header = {},
  claims = {},
  key = registered.key,
}: {
  header?: Members;
  claims?: Members;
  key?: string;
} = {}): Promise<MicrosoftAnswer> {
  const documented = documentedAssertion(emulator, registered.certificate, seconds());
  const assertion = signJwt({ ...documented.header, ...header }, { ...documented.claims, ...claims }, key);
  return tokenByAssertion(client, emulator, { assertion });
}

describe('a client assertion by certificate', () => {
  it('gives a token that Graph takes', async () => {
    emulator.addMailbox({ upn: 'ada@contoso.com' });
    const { json } = await ask();
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    const answer = await client.plain('https://graph.microsoft.com/v1.0/users/ada@contoso.com/drive', {
      headers: { authorization: `Bearer ${json.access_token}` },
    });
    expect(answer.status).toBe(200);
  });

  it('may name its certificate by SHA-1, and be signed by RS256', async () => {
    const header = { alg: 'RS256', 'x5t#S256': undefined, x5t: thumbprint(registered.certificate, 'sha1') };
    expect(outcome(await ask({ header }))).toEqual(GRANTED);
  });

  it.each([
    ['the issuer', (id: string) => `login.microsoftonline.com/${id}/v2.0`, undefined],
    ['a name of the tenant that its request does not use', () => `login.microsoftonline.com/${NAME}/v2.0`, 700023],
    ['another tenant', () => 'login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token', 700023],
    ['another host', (id: string) => `login.example.com/${id}/oauth2/v2.0/token`, 700023],
  ])('for %s is granted or AADSTS700023', async (_, audience, code) => {
    const answer = await ask({ claims: { aud: `https://${audience(emulator.tenantId)}` } });
    expect(answer.json.error_codes?.[0]).toBe(code);
  });

  it.each<[string, { header?: Members; claims?: Members }, number, string, number]>([
    ['without iss', { claims: { iss: undefined } }, 400, 'invalid_request', 90014],
    ['without aud', { claims: { aud: undefined } }, 400, 'invalid_request', 90014],
    ['of another application', { claims: { iss: 'somebody', sub: 'somebody' } }, 401, 'invalid_client', 700021],
    ['by another application', { claims: { iss: 'somebody' } }, 401, 'invalid_client', 700021],
    ['about another application', { claims: { sub: 'somebody' } }, 401, 'invalid_client', 700021],
    ['without a thumbprint', { header: { 'x5t#S256': undefined } }, 401, 'invalid_client', 5002723],
    ['with a key id alone', { header: { 'x5t#S256': undefined, kid: '1' } }, 401, 'invalid_client', 700027],
    ['by no algorithm', { header: { alg: 'none' } }, 401, 'invalid_client', 5002738],
    ['by HS256', { header: { alg: 'HS256' } }, 401, 'invalid_client', 5002738],
    ['by a name that every object has', { header: { alg: 'toString' } }, 401, 'invalid_client', 5002738],
    ['with another algorithm in its header', { header: { alg: 'RS384' } }, 401, 'invalid_client', 700027],
    ['without exp', { claims: { exp: undefined } }, 401, 'invalid_client', 700024],
    ['with an exp that is a text', { claims: { exp: '2100-01-01' } }, 401, 'invalid_client', 700024],
    ['with an exp beyond all dates', { claims: { exp: 1e300 } }, 401, 'invalid_client', 700024],
  ])('%s is refused', async (_, change, status, error, code) => {
    expect(outcome(await ask(change))).toEqual([status, error, code]);
  });

  it.each<[string, () => Members, number | undefined]>([
    ['ended within the last five minutes', () => ({ exp: seconds() - 200 }), undefined],
    ['ended before the last five minutes', () => ({ exp: seconds() - 400 }), 700024],
    ['begins within the next five minutes', () => ({ nbf: seconds() + 200 }), undefined],
    ['begins after the next five minutes', () => ({ nbf: seconds() + 400 }), 700024],
  ])('that %s is granted or AADSTS700024: clocks differ', async (_, claims, code) => {
    expect((await ask({ claims: claims() })).json.error_codes?.[0]).toBe(code);
  });

  it('signed with another key is AADSTS700027', async () => {
    const answer = await ask({ key: other.key });
    expect(outcome(answer)).toEqual([401, 'invalid_client', 700027]);
    expect(answer.json.error_description).toContain('The provided signature value did not match');
  });

  it('whose claims were changed after it was signed is AADSTS700027', async () => {
    const { header, claims } = documentedAssertion(emulator, registered.certificate, seconds());
    const [head, , signature] = signJwt(header, claims, registered.key).split('.');
    const changed = Buffer.from(JSON.stringify({ ...claims, exp: seconds() + 6000 })).toString('base64url');
    const answer = await tokenByAssertion(client, emulator, { assertion: `${head}.${changed}.${signature}` });
    expect(outcome(answer)).toEqual([401, 'invalid_client', 700027]);
  });

  it('cannot be made with the public key as the secret of an HMAC', async () => {
    const { header, claims } = documentedAssertion(emulator, registered.certificate, seconds());
    const signed = [{ ...header, alg: 'HS256' }, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const publicKey = createPublicKey(registered.certificate).export({ type: 'spki', format: 'pem' });
    const signature = createHmac('sha256', publicKey).update(signed).digest('base64url');
    const answer = await tokenByAssertion(client, emulator, { assertion: `${signed}.${signature}` });
    expect(outcome(answer)).toEqual([401, 'invalid_client', 5002738]);
  });

  it('by a certificate that is not registered is AADSTS700027, with its thumbprint', async () => {
    emulator.setApplication({ certificates: [other.certificate] });
    const answer = await ask();
    expect(outcome(answer)).toEqual([401, 'invalid_client', 700027]);
    const hex = new X509Certificate(registered.certificate).fingerprint256.replaceAll(':', '');
    expect(answer.json.error_description).toContain(
      `[Reason - The key was not found., Thumbprint of key used by client: '${hex}', `,
    );
  });

  it('by a certificate that has expired is AADSTS700027, with its times', async () => {
    const old = await makeCertificate({ notBefore: daysFromNow(-60), notAfter: daysFromNow(-1) });
    emulator.setApplication({ certificates: [old.certificate] });
    const answer = await ask({ header: { 'x5t#S256': thumbprint(old.certificate, 'sha256') }, key: old.key });
    expect(outcome(answer)).toEqual([401, 'invalid_client', 700027]);
    expect(answer.json.error_description).toMatch(
      /The key used is expired\., .*Found key 'Start=\d\d\/\d\d\/\d{4} [\d:]{8}, End=/,
    );
  });

  it.each([
    ['that ended an hour ago', -HOUR_MS - 600_000, 700024],
    ['that begins in an hour', HOUR_MS, 700024],
    ['that ended a minute ago', -660_000, undefined],
    ['that begins in a minute', 60_000, undefined],
  ])('%s is refused unless clocks may differ by that much', async (_, offset, code) => {
    const { header, claims } = documentedAssertion(emulator, registered.certificate, seconds() + offset / 1000);
    const assertion = signJwt(header, claims, registered.key);
    const answer = await tokenByAssertion(client, emulator, { assertion });
    expect(answer.json.error_codes?.[0]).toBe(code);
  });

  it('shows both times and its own in AADSTS700024', async () => {
    const answer = await ask({ claims: { nbf: undefined, exp: 0 } });
    expect(answer.json.error_description).toContain(
      `Current time: ${new Date(START).toISOString()}, assertion valid from 1970-01-01T00:00:00.000Z, expiry time of assertion 1970-01-01T00:00:00.000Z.`,
    );
  });

  it.each(['nonsense', 'a.b', 'e30.e30', 'e30.bm8.x', 'e30.e30.x.y', 'bnVsbA.bnVsbA.x', ''])(
    'that is no JWT, such as "%s", is AADSTS50027',
    async assertion => {
      const answer = await tokenByAssertion(client, emulator, { assertion });
      expect(outcome(answer)).toEqual([400, 'invalid_request', 50027]);
    },
  );

  it('needs its type; another type is not known here', async () => {
    const missing = await tokenByAssertion(client, emulator, { assertion: 'x', type: null });
    expect(outcome(missing)).toEqual([400, 'invalid_request', 90014]);
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';
    expect((await tokenByAssertion(client, emulator, { assertion: 'x', type: saml })).status).toBe(501);
  });

  it('or a secret must be there: AADSTS7000216', async () => {
    const answer = await tokenByAssertion(client, emulator, { type: null });
    expect(outcome(answer)).toEqual([401, 'invalid_client', 7000216]);
  });

  it('may be shown twice', async () => {
    const claims = { jti: 'one' };
    expect([outcome(await ask({ claims })), outcome(await ask({ claims }))]).toEqual([GRANTED, GRANTED]);
  });

  it('may be shown once only where replays are refused, until its time is over and its jti forgotten', async () => {
    await client.close();
    await emulator.close();
    await start({ refusesReplayedAssertions: true });
    expect(outcome(await ask({ claims: { jti: 'one' } }))).toEqual(GRANTED);
    expect(outcome(await ask({ claims: { jti: 'two' } }))).toEqual(GRANTED);
    expect(outcome(await ask({ claims: { jti: 'one' } }))).toEqual([401, 'invalid_client', 700027]);
    expect(outcome(await ask({ claims: { jti: undefined } }))).toEqual([401, 'invalid_client', 700027]);
    clock.advance(HOUR_MS);
    expect(outcome(await ask({ claims: { jti: 'one' } }))).toEqual(GRANTED);
  });
});

describe('a federated assertion', () => {
  const record = {
    issuer: 'https://oidc.example.com/cluster/',
    subject: 'system:serviceaccount:files:webdav',
    audience: 'api://AzureADTokenExchange',
  };

  const askFederated = (claims: Members = {}, key = registered.key) =>
    tokenByAssertion(client, emulator, {
      assertion: signJwt({ alg: 'RS256', kid: '1' }, { ...federatedClaims(record, seconds()), ...claims }, key),
    });

  beforeEach(() => {
    const publicKey = createPublicKey(registered.certificate).export({ type: 'spki', format: 'pem' }).toString();
    emulator.setApplication({ federatedIssuers: [{ ...record, publicKey }] });
  });

  it('gives a token, for as often as it is shown', async () => {
    const claims = { jti: 'one' };
    expect([outcome(await askFederated(claims)), outcome(await askFederated(claims))]).toEqual([GRANTED, GRANTED]);
  });

  it.each<[string, Members, number]>([
    ['another issuer', { iss: 'https://oidc.example.com/cluster' }, 700211],
    ['another audience', { aud: 'api://azureadtokenexchange' }, 700212],
    ['another subject', { sub: 'system:serviceaccount:files:other' }, 700213],
    ['an end in the past', { exp: 1 }, 700024],
  ])('with %s is refused', async (_, claims, code) => {
    expect(outcome(await askFederated(claims))).toEqual([401, 'invalid_client', code]);
  });

  it('signed by somebody else is AADSTS700027', async () => {
    expect(outcome(await askFederated({}, other.key))).toEqual([401, 'invalid_client', 700027]);
  });

  it('is AADSTS70025 for an application without federated credentials', async () => {
    emulator.setApplication({ federatedIssuers: [] });
    expect(outcome(await askFederated())).toEqual([401, 'invalid_client', 70025]);
  });
});
