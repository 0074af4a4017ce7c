import { decodeJwt, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { msalClient } from '../support/msal.ts';
import { openidParty } from '../support/openid.ts';

const GRAPH = 'https://graph.microsoft.com';
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

let emulator: Emulator;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock(Date.now());
  emulator = await createEmulator({ clock, ...options });
  client = await microsoftClient(emulator);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error, json?.error_codes?.[0]];

/** A request to the token endpoint with exactly these fields; null leaves out one of the usual ones. */
function ask(
  form: Record<string, string | null> = {},
  { path = `${emulator.tenantId}/oauth2/v2.0/token`, headers = {} as Record<string, string> } = {},
): Promise<MicrosoftAnswer> {
  const all = {
    grant_type: 'client_credentials',
    client_id: emulator.clientId,
    client_secret: emulator.clientSecret,
    scope: `${GRAPH}/.default`,
    ...form,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return client.plain(`https://login.microsoftonline.com/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(given).toString(),
  });
}

const users = (token: string) => client.plain(`${GRAPH}/v1.0/users`, { headers: { authorization: `Bearer ${token}` } });

describe('the grant type', () => {
  it.each<[string, Record<string, string | null>, unknown[]]>([
    ['that nobody knows', { grant_type: 'foo' }, [400, 'unsupported_grant_type', 70003]],
    ['that every object has', { grant_type: 'constructor' }, [400, 'unsupported_grant_type', 70003]],
    ['that is not there', { grant_type: null }, [400, 'invalid_request', 900144]],
  ])('%s gets no token', async (_, form, expected) => {
    expect(outcome(await ask(form))).toEqual(expected);
  });

  it.each(['urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:device_code'])(
    '%s is Entra’s and not the emulator’s: 501',
    async grant_type => {
      expect((await ask({ grant_type })).status).toBe(501);
    },
  );

  it('is not read by GET: AADSTS900561 on a page', async () => {
    const url = `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`;
    const { text } = await client.plain(url);
    expect(text).toContain('AADSTS900561: The endpoint only accepts POST requests. Received a GET request.');
  });
});

describe('client credentials', () => {
  it.each([
    ['.default'],
    [`${GRAPH_APP_ID}/.default`],
    [`${GRAPH}//.default`],
    [`${GRAPH}/.default offline_access openid profile`],
  ])('give a token for the scope %s', async scope => {
    const { status, json } = await ask({ scope });
    expect([status, (await users(json.access_token)).status]).toEqual([200, 200]);
  });

  it.each<[string, Record<string, string | null>, unknown[]]>([
    ['a scope of another API', { scope: 'api://other/.default' }, [400, 'invalid_resource', 500011]],
    ['a permission', { scope: 'User.Read' }, [400, 'invalid_scope', 1002012]],
    ['one more permission', { scope: '.default User.Read' }, [400, 'invalid_scope', 1002012]],
    ['the scopes of OpenID Connect alone', { scope: 'openid profile' }, [400, 'invalid_scope', 1002012]],
    ['no scope', { scope: null }, [400, 'invalid_request', 900144]],
    ['a resource', { scope: null, resource: GRAPH }, [400, 'invalid_request', 901002]],
    ['no client', { client_id: null }, [400, 'invalid_request', 900144]],
    ['no secret', { client_secret: null }, [401, 'invalid_client', 7000216]],
  ])('are refused for %s', async (_, form, expected) => {
    expect(outcome(await ask(form))).toEqual(expected);
  });

  it.each(['common', 'organizations', 'consumers'])('do not say by %s which tenant they mean', async name => {
    expect(outcome(await ask({}, { path: `${name}/oauth2/v2.0/token` }))).toEqual([400, 'invalid_request', 50059]);
  });

  it('are taken from an Authorization header, in which they are encoded as in a form', async () => {
    emulator.setApplication({ clientSecret: 'a+b %&=:ü' });
    const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
    const basic = (secret: string) =>
      `Basic ${Buffer.from(`${encode(emulator.clientId)}:${encode(secret)}`).toString('base64')}`;
    const by = (secret: string) =>
      ask({ client_id: null, client_secret: null }, { headers: { authorization: basic(secret) } });
    expect((await by('a+b %&=:ü')).status).toBe(200);
    expect(outcome(await by('other'))).toEqual([401, 'invalid_client', 7000215]);
  });

  it('work for openid-client, in the form and in the header', async () => {
    for (const auth of [openid.ClientSecretPost, openid.ClientSecretBasic]) {
      const party = await openidParty(emulator, { auth: auth(emulator.clientSecret) });
      const tokens = await openid.clientCredentialsGrant(party.config, { scope: `${GRAPH}/.default` });
      expect([tokens.expires_in, tokens.refresh_token]).toEqual([3599, undefined]);
      expect((await users(tokens.access_token)).status).toBe(200);
      await party.close();
    }
  });

  it('say in the token who calls, with the proof that was shown and without a person', async () => {
    const claims = decodeJwt((await ask()).json.access_token);
    expect(claims).toMatchObject({
      aud: GRAPH,
      iss: `https://sts.windows.net/${emulator.tenantId}/`,
      appid: emulator.clientId,
      appidacr: '1',
      idtyp: 'app',
      ver: '1.0',
      roles: ['Files.ReadWrite.All', 'User.Read.All'],
    });
    expect(claims).not.toHaveProperty('scp');
  });
});

describe('the v1 endpoint', () => {
  const path = () => `${emulator.tenantId}/oauth2/token`;

  it.each([GRAPH, `${GRAPH}/`, GRAPH_APP_ID])(
    'takes %s as a resource and writes its numbers as texts',
    async resource => {
      const { json } = await ask({ scope: null, resource }, { path: path() });
      const issued = Math.floor(clock.now() / 1000);
      expect(json).toEqual({
        token_type: 'Bearer',
        expires_in: '3599',
        ext_expires_in: '3599',
        expires_on: String(issued + 3599),
        not_before: String(issued),
        resource,
        access_token: expect.any(String),
      });
      expect((await users(json.access_token)).status).toBe(200);
    },
  );

  it('knows no other resource, and without one nobody knows what it does', async () => {
    const other = await ask({ scope: null, resource: 'https://graph.windows.net' }, { path: path() });
    expect(outcome(other)).toEqual([400, 'invalid_resource', 500011]);
    expect((await ask({}, { path: path() })).status).toBe(501);
  });
});

describe('an access token at Graph', () => {
  const token = async (): Promise<string> => (await ask()).json.access_token;
  const refused = async (bearer: string) => {
    const { status, json } = await users(bearer);
    return [status, json.error.code, json.error.message];
  };

  it('is signed by RS256 with a key of the JWKS', async () => {
    const party = await openidParty(emulator);
    const bearer = await token();
    const { protectedHeader } = await jwtVerify(bearer, party.keys, { audience: GRAPH });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
    expect(protectedHeader.x5t).toBe(protectedHeader.kid);
    await party.close();
  });

  it('is refused from the second on in which it ends', async () => {
    const bearer = await token();
    clock.advance(3598_000);
    expect((await users(bearer)).status).toBe(200);
    clock.advance(1000);
    expect(await refused(bearer)).toEqual([401, 'InvalidAuthenticationToken', expect.stringContaining('expired')]);
  });

  it('is refused when one claim, the signature or the algorithm was changed', async () => {
    const good = await token();
    // Once it was accepted, nothing that is like it may be.
    expect((await users(good)).status).toBe(200);
    const [header, claims, signature] = good.split('.') as [string, string, string];
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    const forged = [
      `${header}.${encode({ ...read(claims), roles: ['Directory.Read.All'] })}.${signature}`,
      `${header}.${claims}.${Buffer.alloc(256).toString('base64url')}`,
      `${encode({ ...read(header), alg: 'none' })}.${claims}.`,
      `${encode({ ...read(header), kid: 'other' })}.${claims}.${signature}`,
      `${header}.${claims}`,
      'nonsense',
    ];
    for (const each of forged) {
      expect(await refused(each)).toEqual([401, 'InvalidAuthenticationToken', expect.stringContaining('80049217')]);
    }
  });

  it('goes on working after a rollover, and not once its key was withdrawn', async () => {
    const before = await token();
    await emulator.rollSigningKey();
    const between = await token();
    expect([(await users(before)).status, (await users(between)).status]).toEqual([200, 200]);
    await emulator.rollSigningKey('withdrawn');
    expect((await users(await token())).status).toBe(200);
    expect((await refused(between))[0]).toBe(401);
    // The first key was published before the leak of the second one, and stays so.
    expect((await users(before)).status).toBe(200);
  });
});

it('Microsoft’s own library gets a token', async () => {
  const msal = await msalClient(emulator);
  const result = await msal.application.acquireTokenByClientCredential({ scopes: [`${GRAPH}/.default`] });
  expect((await users(result!.accessToken)).status).toBe(200);
  await msal.close();
});
