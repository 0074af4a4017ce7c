import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { msalClient } from '../support/msal.ts';
import { CALLBACK, type SignInBench, signInBench, VERIFIER } from '../support/sign-in.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let bench: SignInBench;
let clock: FakeClock;

async function start(): Promise<void> {
  clock = fakeClock(Date.now());
  emulator = await createEmulator({ clock });
  emulator.setApplication({ redirectUris: [CALLBACK], displayName: 'Files <b>here</b>' });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
  emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace "Amazing" Hopper', drive: 'no-licence' });
  bench = await signInBench(emulator);
}

async function stop(): Promise<void> {
  await bench.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

const signIn = async (changes: Record<string, string | null> = {}, who = 'Ada'): Promise<BrowserAnswer> =>
  bench.browser.press(await bench.open(changes), who);
const shown = ({ status, sent, aadsts }: BrowserAnswer) => [status, sent, aadsts];
const codeForm = (answer: BrowserAnswer) => ({
  grant_type: 'authorization_code',
  code: answer.sent!.parameters.code!,
  redirect_uri: CALLBACK,
  code_verifier: VERIFIER,
});

describe('the tokens', () => {
  const tokensOf = async (changes: Record<string, string | null> = {}, who = 'Ada') =>
    (await bench.token(codeForm(await signIn({ prompt: 'login', ...changes }, who)))).json;
  const claimsOf = async (token: string) => (await jwtVerify(token, bench.party.keys)).payload;

  it('are as many as the scopes ask for', async () => {
    const all = await tokensOf();
    expect(Object.keys(all)).toEqual(expect.arrayContaining(['access_token', 'id_token', 'refresh_token']));
    const some = await tokensOf({ scope: 'User.Read' });
    expect([some.id_token, some.refresh_token]).toEqual([undefined, undefined]);
    const { name, email, preferred_username } = await claimsOf((await tokensOf({ scope: 'openid' })).id_token);
    expect([name, email, preferred_username]).toEqual([undefined, undefined, undefined]);
  });

  it('speak for a person at Graph, by scp and without roles', async () => {
    const { access_token } = await tokensOf();
    const claims = await claimsOf(access_token);
    expect(claims).toMatchObject({ scp: 'openid profile email User.Read', oid: ada.userId, idtyp: 'user' });
    expect(claims).not.toHaveProperty('roles');
  });

  it('resolve .default to the consented scopes', async () => {
    expect((await tokensOf({ scope: 'openid .default' })).scope).toBe('openid User.Read');
  });

  it('name a person by another subject for each application, always by the same for one', async () => {
    const [first, second] = [await tokensOf(), await tokensOf()];
    const { sub } = await claimsOf(first.id_token);
    expect((await claimsOf(second.id_token)).sub).toBe(sub);
    expect((await claimsOf((await tokensOf({}, 'Grace')).id_token)).sub).not.toBe(sub);
    const other = emulator.addApplication({
      redirectUris: [CALLBACK],
      consentedScopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    });
    const answer = await signIn({ client_id: other.clientId, prompt: 'login' });
    const own = { client_id: other.clientId, client_secret: other.clientSecret };
    const { id_token } = (await bench.token({ ...codeForm(answer), ...own })).json;
    expect((await claimsOf(id_token)).sub).not.toBe(sub);
  });

  it('have the e-mail address of a person who has one', async () => {
    emulator.addMailbox({ upn: 'nomail@contoso.com', displayName: 'No Mail', mail: null });
    expect(await claimsOf((await tokensOf({}, 'No Mail')).id_token)).not.toHaveProperty('email');
    emulator.setApplication({ optionalClaims: ['email', 'acct'] });
    const claims = await claimsOf((await tokensOf({ scope: 'openid' })).id_token);
    expect(claims).toMatchObject({ email: 'ada@contoso.com', acct: 0 });
  });

  it('are MSAL’s to use', async () => {
    const msal = await msalClient(emulator);
    const answer = await bench.browser.press(
      await bench.browser.open(
        await msal.application.getAuthCodeUrl({ scopes: ['User.Read'], redirectUri: CALLBACK, prompt: 'login' }),
      ),
      'Ada',
    );
    const { code } = answer.sent!.parameters;
    const result = await msal.application.acquireTokenByCode({
      scopes: ['User.Read'],
      redirectUri: CALLBACK,
      code: code!,
    });
    expect(result.account).toMatchObject({ localAccountId: ada.userId, username: 'ada@contoso.com' });
    const silent = await msal.application.acquireTokenSilent({
      account: result.account!,
      scopes: ['User.Read'],
      forceRefresh: true,
    });
    expect(silent?.fromCache).toBe(false);
    await msal.close();
  });
});

describe('people of every tenant', () => {
  it('sign in by organizations when the application is for all, each with the issuer of their own', async () => {
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    const fabrikam = emulator.addTenant({ name: 'fabrikam' });
    fabrikam.addMailbox({ upn: 'bob@fabrikam.com', displayName: 'Bob' });
    const shared = await signInBench(emulator, { tenant: 'organizations' });
    const chosen = await shared.browser.press(await shared.open(), 'Bob');
    expect(chosen.title).toBe('Permissions requested');
    const answer = await shared.browser.submit(chosen, { decision: 'accept' });
    const claims = (await shared.redeem(answer)).claims();
    expect([claims?.iss, claims?.tid]).toEqual([
      `https://login.microsoftonline.com/${fabrikam.tenantId}/v2.0`,
      fabrikam.tenantId,
    ]);
    await shared.close();
  });

  it.each(['common', 'organizations'])('do not by %s when it is for one tenant: AADSTS50194', async tenant => {
    const url = bench.url().replace(emulator.tenantId, tenant);
    expect(shown(await bench.browser.open(url))).toEqual([400, undefined, 50194]);
  });

  it('have no personal accounts: AADSTS9002332', async () => {
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    const url = bench.url().replace(emulator.tenantId, 'consumers');
    expect(shown(await bench.browser.open(url))).toEqual([400, undefined, 9002332]);
  });

  it('cannot use the application of another tenant that is not for all', async () => {
    const fabrikam = emulator.addTenant({ name: 'fabrikam' });
    const url = bench.url().replace(emulator.tenantId, fabrikam.tenantId);
    expect(shown(await bench.browser.open(url))).toEqual([400, undefined, 700016]);
  });
});

describe('a guest', () => {
  it('signs in with the address at home, into this tenant, and is called #EXT# here', async () => {
    emulator.setApplication({ optionalClaims: ['acct'] });
    const guest = emulator.addMailbox({ upn: 'eve@fabrikam.com', displayName: 'Eve', guest: true });
    expect(guest.upn).toBe('eve_fabrikam.com#EXT#@contoso.onmicrosoft.com');
    const page = await bench.open({ scope: 'openid profile' });
    const answer = await bench.browser.submit(page, { login: 'eve@fabrikam.com', decision: 'next' });
    expect((await bench.redeem(answer)).claims()).toMatchObject({
      iss: `https://login.microsoftonline.com/${emulator.tenantId}/v2.0`,
      tid: emulator.tenantId,
      oid: guest.userId,
      preferred_username: 'eve@fabrikam.com',
      email: 'eve@fabrikam.com',
      acct: 1,
      idp: expect.stringMatching(/^https:\/\/sts\.windows\.net\/(?!.*contoso)/),
    });
  });

  it('has no OneDrive and is a guest in the directory', async () => {
    const guest = emulator.addMailbox({ upn: 'eve@fabrikam.com', guest: true });
    const client = await microsoftClient(emulator);
    const { json } = await client.graph(`/users/${guest.userId}?$select=userType,userPrincipalName`);
    expect(json).toMatchObject({ userType: 'Guest', userPrincipalName: guest.upn });
    expect((await client.graph(`/users/${guest.userId}/drive`)).json.error.message).toContain('SPO license');
    await client.close();
  });
});
