import { decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { ExposedApi } from '../../src/emulator/exposed-api.ts';
import { CALLBACK, type SignInBench, signInBench, VERIFIER } from '../support/sign-in.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let bench: SignInBench;
let uri: string;
let scope: string;

const API: ExposedApi = {
  requestedAccessTokenVersion: null,
  oauth2PermissionScopes: ['access_as_user', 'read_only'],
  preAuthorizedApplications: [],
};

function expose(change: Partial<ExposedApi> = {}): void {
  emulator.setApplication({ identifierUris: [uri], api: { ...API, ...change } });
}

beforeEach(async () => {
  emulator = await createEmulator();
  emulator.setApplication({ redirectUris: [CALLBACK], roles: ['Application.Read.All'] });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada', password: 'Engine1843' });
  bench = await signInBench(emulator);
  uri = `api://${emulator.clientId}`;
  scope = `${uri}/access_as_user`;
  expose();
  emulator.setSignIn({ as: 'ada@contoso.com' });
});

afterEach(async () => {
  await bench.close();
  await emulator.close();
});

const open = (changes: Record<string, string | null>) => bench.open({ scope: `openid ${scope}`, ...changes });
const codeForm = (answer: BrowserAnswer) => ({
  grant_type: 'authorization_code',
  code: answer.sent!.parameters.code!,
  redirect_uri: CALLBACK,
  code_verifier: VERIFIER,
});
const tokensOf = async (changes: Record<string, string | null> = {}, form: Record<string, string> = {}) =>
  (await bench.token({ ...codeForm(await open(changes)), ...form })).json;
const claimsOf = async (token: string) => (await jwtVerify(token, bench.party.keys)).payload;

describe('the access token of an API', () => {
  it('is of version 1 by default: the issuer, the audience as requested, upn, appid', async () => {
    const { access_token, scope: granted } = await tokensOf();
    expect(granted).toBe(scope);
    const claims = await claimsOf(access_token);
    expect(claims).toMatchObject({
      ...{ iss: `https://sts.windows.net/${emulator.tenantId}/`, aud: uri, ver: '1.0', scp: 'access_as_user' },
      ...{ oid: ada.userId, tid: emulator.tenantId, upn: 'ada@contoso.com', appid: emulator.clientId },
    });
    expect(decodeProtectedHeader(access_token)).toHaveProperty('x5t');
    const byId = await tokensOf({ scope: `${emulator.clientId}/access_as_user` });
    expect((await claimsOf(byId.access_token)).aud).toBe(emulator.clientId);
  });

  it('is of version 2 when the registration asks for it: client id, azp, preferred_username', async () => {
    expose({ requestedAccessTokenVersion: 2 });
    const { access_token } = await tokensOf();
    const claims = await claimsOf(access_token);
    expect(claims).toMatchObject({
      ...{ iss: `https://login.microsoftonline.com/${emulator.tenantId}/v2.0`, aud: emulator.clientId, ver: '2.0' },
      ...{ scp: 'access_as_user', preferred_username: 'ada@contoso.com', azp: emulator.clientId, oid: ada.userId },
    });
    expect(claims).not.toHaveProperty('upn');
    expect(decodeProtectedHeader(access_token)).not.toHaveProperty('x5t');
  });

  it('has the roles that the person has in the API’s application', async () => {
    emulator.setApplication({ appRoles: [{ id: crypto.randomUUID(), value: 'Files.User', displayName: 'Users' }] });
    emulator.assign(ada, { role: 'Files.User' });
    expect(await claimsOf((await tokensOf()).access_token)).toMatchObject({ roles: ['Files.User'] });
  });

  it('has all consented scopes for .default', async () => {
    await open({});
    expect((await tokensOf({ scope: `${uri}/.default` })).scope).toBe(scope);
  });

  it('is refused by Graph', async () => {
    const { access_token } = await tokensOf();
    const { status, json } = await bench.client.graph('/me', { headers: { authorization: `Bearer ${access_token}` } });
    expect([status, json.error.message]).toEqual([401, 'Access token validation failure. Invalid audience.']);
  });

  it('comes by a refresh token of another resource, and Graph’s by this one', async () => {
    const { refresh_token } = await tokensOf({ scope: 'openid offline_access User.Read' });
    await open({});
    const refreshed = await bench.token({ grant_type: 'refresh_token', refresh_token, scope });
    expect((await claimsOf(refreshed.json.access_token)).aud).toBe(uri);
    const back = await bench.token({
      grant_type: 'refresh_token',
      refresh_token: refreshed.json.refresh_token,
      scope: 'User.Read',
    });
    expect((await claimsOf(back.json.access_token)).aud).toBe('https://graph.microsoft.com');
  });
});

describe('a request for an API', () => {
  it('names a scope and a resource that are there: AADSTS650053, 500011', async () => {
    const unknown = await open({ scope: `${uri}/write` });
    expect([unknown.aadsts, unknown.sent?.parameters.error]).toEqual([650053, 'invalid_scope']);
    expect((await open({ scope: 'api://nobody/read' })).aadsts).toBe(500011);
    emulator.setApplication({ identifierUris: [] });
    expect((await open({})).aadsts).toBe(500011);
  });

  it('asks for a token for one resource: AADSTS28000', async () => {
    const { json } = await bench.token({ ...codeForm(await open({})), scope: `${scope} User.Read` });
    expect(json.error_codes).toEqual([28000]);
  });

  it('needs consent, for its scope alone', async () => {
    const again = { prompt: 'none' };
    emulator.setSignIn('page');
    await bench.browser.press(await bench.open({ scope: 'openid' }), 'Ada');
    expect((await open(again)).aadsts).toBe(65001);
    emulator.setApplication({
      consentedScopes: ['openid', scope],
    });
    expect((await open(again)).sent?.parameters).toHaveProperty('code');
    expect((await open({ ...again, scope: `openid ${uri}/read_only` })).aadsts).toBe(65001);
  });

  it('needs none from a pre-authorized public client, which has no secret', async () => {
    const tool = emulator.addApplication({
      ...{ displayName: 'rclone', publicClient: true, redirectUris: ['http://localhost'] },
      consentedScopes: ['openid', 'offline_access'],
    });
    const form = { client_id: tool.clientId, redirect_uri: 'http://localhost:53682/' };
    const ask = () => open({ ...form, scope: `openid offline_access ${scope}` });
    emulator.setSignIn('page');
    const before = await bench.browser.press(await ask(), 'Ada');
    expect(before.title).toBe('Permissions requested');
    expose({ preAuthorizedApplications: [{ appId: tool.clientId, scopes: ['access_as_user'] }] });
    const { client, party } = bench;
    const code = (await ask()).sent!.parameters.code!;
    const { json } = await client.plain(party.config.serverMetadata().token_endpoint!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        code_verifier: VERIFIER,
        ...form,
      }).toString(),
    });
    expect(await claimsOf(json.access_token)).toMatchObject({ aud: uri, appid: tool.clientId, appidacr: '0' });
    expect((await open({ ...form, scope: `openid ${uri}/read_only` })).title).toBe('Permissions requested');
  });

  it('comes from an application for itself: no person, no scope', async () => {
    const { json } = await bench.token({ grant_type: 'client_credentials', scope: `${uri}/.default` });
    const claims = await claimsOf(json.access_token);
    expect(claims).toMatchObject({ aud: uri, idtyp: 'app', appid: emulator.clientId });
    expect([claims.scp, claims.roles, claims.sub === claims.oid]).toEqual([undefined, undefined, true]);
    const wrong = await bench.token({ grant_type: 'client_credentials', scope });
    expect(wrong.json.error_codes).toEqual([1002012]);
  });

  it('comes from another tenant only for a multi-tenant application', async () => {
    const other = emulator.addTenant({ name: 'fabrikam' });
    other.addMailbox({ upn: 'eve@fabrikam.com', password: 'Pass1234' });
    const form = { grant_type: 'password', username: 'eve@fabrikam.com', password: 'Pass1234', scope };
    expect((await bench.token(form, other.tenantId)).json.error_codes).toEqual([700016]);
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    expect((await bench.token(form, other.tenantId)).json.error_codes).toEqual([65001]);
    emulator.setApplication({
      api: { ...API, preAuthorizedApplications: [{ appId: emulator.clientId, scopes: ['access_as_user'] }] },
    });
    const { json } = await bench.token(form, other.tenantId);
    expect(await claimsOf(json.access_token)).toMatchObject({
      iss: `https://sts.windows.net/${other.tenantId}/`,
      aud: uri,
    });
  });
});

it('an application shows its API to Graph', async () => {
  expose({ requestedAccessTokenVersion: 2, preAuthorizedApplications: [{ appId: 'x', scopes: ['read_only'] }] });
  const { json } = await bench.client.graph(`/applications(appId='${emulator.clientId}')?$select=api,identifierUris`);
  const [, readOnly] = json.api.oauth2PermissionScopes;
  expect(json).toMatchObject({
    identifierUris: [uri],
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [{ value: 'access_as_user', isEnabled: true }, { value: 'read_only' }],
      preAuthorizedApplications: [{ appId: 'x', delegatedPermissionIds: [readOnly.id] }],
    },
  });
});
