import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { CALLBACK, NONCE, type SignInBench, STATE, signInBench, VERIFIER } from '../support/sign-in.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

const MINUTE_MS = 60_000;

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
/** What the browser brings back: where, and which error if any. */
const back = ({ sent, aadsts }: BrowserAnswer) => [sent?.to, sent?.parameters.error, aadsts];
const shown = ({ status, sent, aadsts }: BrowserAnswer) => [status, sent, aadsts];
const codeForm = (answer: BrowserAnswer) => ({
  grant_type: 'authorization_code',
  code: answer.sent!.parameters.code!,
  redirect_uri: CALLBACK,
  code_verifier: VERIFIER,
});
const outcome = async (form: Record<string, string>, tenant?: string) => {
  const { status, json } = await bench.token(form, tenant);
  return [status, json.error, json.error_codes?.[0]];
};

describe('the choice of people', () => {
  it('lists them, with text that is none of its markup, and goes back with a code that openid-client takes', async () => {
    const page = await bench.open();
    expect([page.status, page.title]).toEqual([200, 'Sign in to your account']);
    expect(page.text).toContain('Files &lt;b&gt;here&lt;/b&gt;');
    expect(page.text).toContain('Grace &quot;Amazing&quot; Hopper');
    const answer = await bench.browser.press(page, 'Ada');
    expect([answer.status, answer.sent?.to, answer.sent?.parameters.state]).toEqual([302, CALLBACK, STATE]);
    const tokens = await bench.redeem(answer);
    expect(tokens.claims()).toMatchObject({
      iss: `https://login.microsoftonline.com/${emulator.tenantId}/v2.0`,
      aud: emulator.clientId,
      tid: emulator.tenantId,
      oid: ada.userId,
      name: 'Ada Lovelace',
      preferred_username: 'ada@contoso.com',
      email: 'ada@contoso.com',
      nonce: NONCE,
      ver: '2.0',
    });
    expect([tokens.token_type, tokens.expires_in, tokens.scope]).toEqual([
      'bearer',
      3599,
      'openid profile email User.Read',
    ]);
  });

  it('accepts a typed address in any case, and reports AADSTS50034 for an unknown person', async () => {
    const wrong = await bench.browser.submit(await bench.open(), { login: 'nobody@contoso.com', decision: 'next' });
    expect([wrong.title, wrong.aadsts]).toEqual(['Sign in to your account', 50034]);
    const answer = await bench.browser.submit(wrong, { login: 'GRACE@contoso.com', decision: 'next' });
    expect((await bench.redeem(answer)).claims()?.name).toBe('Grace "Amazing" Hopper');
  });

  it('is cancelled with access_denied, by the button and without a browser', async () => {
    const answer = await bench.browser.submit(await bench.open(), { login: '', decision: 'cancel' });
    expect(back(answer)).toEqual([CALLBACK, 'access_denied', 65004]);
    expect(answer.sent?.parameters).toMatchObject({ error_subcode: 'cancel', state: STATE });
    emulator.setSignIn('cancel');
    expect(back(await bench.open())).toEqual([CALLBACK, 'access_denied', 65004]);
  });

  it('is answered once', async () => {
    const page = await bench.open();
    await bench.browser.press(page, 'Ada');
    expect(shown(await bench.browser.press(page, 'Grace'))).toEqual([400, undefined, 90100]);
  });

  it('shows the person of a login_hint alone, and nobody for a hint that names nobody', async () => {
    const hinted = await bench.open({ login_hint: 'ada@contoso.com' });
    expect(hinted.text).not.toContain('Grace');
    expect(hinted.text).toContain('Ada Lovelace');
    const unknown = await bench.open({ login_hint: 'new@contoso.com' });
    expect(unknown.text).toContain('value="new@contoso.com"');
    expect(unknown.text).not.toContain('Ada');
  });

  it('does not take the id of somebody of another tenant', async () => {
    const other = emulator.addTenant({ name: 'fabrikam' });
    const bob = other.addMailbox({ upn: 'bob@fabrikam.com' });
    const page = await bench.open();
    const answer = await bench.browser.submit(page, { person: `${other.tenantId}/${bob.userId}` });
    expect([answer.title, answer.aadsts]).toEqual(['Sign in to your account', 50034]);
  });

  it('is decided without a browser, for who does not exist too', async () => {
    emulator.setSignIn({ as: 'grace@contoso.com' });
    expect((await bench.redeem(await bench.open())).claims()?.preferred_username).toBe('grace@contoso.com');
    emulator.setSignIn({ as: 'nobody@contoso.com' });
    expect(shown(await bench.open())).toEqual([400, undefined, 50034]);
    emulator.setSignIn('page');
    expect((await bench.open({ prompt: 'login' })).title).toBe('Sign in to your account');
  });
});

describe('the answer', () => {
  it.each(['query', 'fragment', 'form_post'])('comes by %s', async response_mode => {
    const answer = await signIn({ response_mode });
    expect(answer.sent?.to).toBe(CALLBACK);
    const { location } = answer.headers;
    expect([/\?code=/.test(String(location)), /#code=/.test(String(location)), answer.status]).toEqual(
      { query: [true, false, 302], fragment: [false, true, 302], form_post: [false, false, 200] }[response_mode],
    );
    expect((await bench.redeem(answer)).claims()?.oid).toBe(ada.userId);
  });

  it('keeps the query that the address has', async () => {
    const redirect_uri = `${CALLBACK}?door=1`;
    emulator.setApplication({ redirectUris: [redirect_uri] });
    const { sent } = await signIn({ redirect_uri });
    expect(sent?.parameters).toMatchObject({ door: '1', state: STATE });
  });

  it('brings errors the same way, and state back', async () => {
    for (const response_mode of ['query', 'fragment', 'form_post']) {
      const answer = await bench.open({ response_mode, prompt: 'none' });
      expect(back(answer)).toEqual([CALLBACK, 'login_required', 50058]);
      expect(answer.sent?.parameters).toMatchObject({
        state: STATE,
        error_uri: 'https://login.microsoftonline.com/error?code=50058',
      });
    }
  });

  it('has no state when none was sent, and MSAL’s client_info when it is asked for', async () => {
    const { sent } = await signIn({ state: null, client_info: '1' });
    expect(sent?.parameters).not.toHaveProperty('state');
    expect(JSON.parse(Buffer.from(sent!.parameters.client_info!, 'base64url').toString())).toEqual({
      uid: ada.userId,
      utid: emulator.tenantId,
    });
  });
});

describe('a request that is wrong', () => {
  it.each<[string, Record<string, string | null>, number]>([
    ['of an unknown application', { client_id: 'x' }, 700016],
    ['of no application', { client_id: null }, 900144],
    ['with an address that is not registered', { redirect_uri: 'https://evil.example/callback' }, 50011],
    ['with a longer address', { redirect_uri: `${CALLBACK}/more` }, 50011],
    ['with a query that is not registered', { redirect_uri: `${CALLBACK}?next=//evil.example` }, 50011],
  ])('%s is shown and sends nobody anywhere', async (_, changes, code) => {
    expect(shown(await bench.open(changes))).toEqual([400, undefined, code]);
  });

  it.each<[string, Record<string, string | null>, string, number]>([
    ['without a response type', { response_type: null }, 'invalid_request', 900144],
    ['without a scope', { scope: null }, 'invalid_request', 900144],
    ['for an id_token from here', { response_type: 'code id_token' }, 'unsupported_response_type', 700054],
    ['for what nobody knows', { response_type: 'magic' }, 'unsupported_response_type', 70005],
    ['with another response mode', { response_mode: 'carrier_pigeon' }, 'invalid_request', 90023],
    ['with another prompt', { prompt: 'admin_consent' }, 'invalid_request', 90023],
    ['with another way to challenge', { code_challenge_method: 'S512' }, 'invalid_request', 50149],
    ['with a challenge that is too short', { code_challenge: 'short' }, 'invalid_request', 501491],
    ['for a permission that is none', { scope: 'openid Fly.ToTheMoon' }, 'invalid_scope', 650053],
    ['for another API', { scope: 'openid api://other/read' }, 'invalid_resource', 500011],
  ])('%s goes back to the application', async (_, changes, error, code) => {
    expect(back(await bench.open(changes))).toEqual([CALLBACK, error, code]);
  });

  it('to a tenant that does not exist, or of an application that is disabled, is shown', async () => {
    const wrong = bench.url().replace(emulator.tenantId, '00000000-0000-0000-0000-000000000000');
    expect(shown(await bench.browser.open(wrong))).toEqual([400, undefined, 90002]);
    emulator.setApplication({ disabled: true });
    expect(shown(await bench.open())).toEqual([400, undefined, 7000112]);
  });

  it.each([
    ['claims', '{"id_token":{"acr":{"essential":true}}}'],
    ['max_age', '0'],
    ['request', 'x'],
    ['request_uri', 'https://files.example/request'],
  ])('with %s is 501: the emulator does not know it', async (name, value) => {
    expect((await bench.open({ [name]: value })).status).toBe(501);
    expect((await bench.open({ 'x-client-sku': '1' })).status).toBe(200);
  });

  it('may be posted as well', async () => {
    const [address, query] = bench.url().split('?');
    const answer = await bench.client.plain(address!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: query!,
    });
    expect(answer.text).toContain('Pick an account');
  });
});

describe('a code', () => {
  it('is good once: AADSTS54005', async () => {
    const answer = await signIn();
    await bench.redeem(answer);
    expect(await outcome(codeForm(answer))).toEqual([400, 'invalid_grant', 54005]);
  });

  it('is good for ten minutes: AADSTS70008', async () => {
    const [first, second] = [await signIn(), await signIn({ prompt: 'login' })];
    clock.advance(10 * MINUTE_MS - 1);
    expect(await outcome(codeForm(first))).toEqual([200, undefined, undefined]);
    clock.advance(1);
    expect(await outcome(codeForm(second))).toEqual([400, 'invalid_grant', 70008]);
  });

  it.each<[string, Record<string, string>, unknown[]]>([
    ['another verifier', { code_verifier: `${VERIFIER}x` }, [400, 'invalid_grant', 501481]],
    ['another address', { redirect_uri: 'https://files.example/other' }, [401, 'invalid_client', 500112]],
    ['a wrong secret', { client_secret: 'x' }, [401, 'invalid_client', 7000215]],
    ['another text', { code: '1.nonsense' }, [400, 'invalid_grant', 9002313]],
    ['another scope', { scope: 'User.Read.All' }, [400, 'invalid_grant', 65001]],
  ])('is not redeemed with %s', async (_, changes, expected) => {
    const answer = await signIn();
    expect(await outcome({ ...codeForm(answer), ...changes })).toEqual(expected);
  });

  it('is not redeemed without its verifier, nor with one when there was no challenge', async () => {
    const { code_verifier: _, ...without } = codeForm(await signIn());
    expect(await outcome(without)).toEqual([400, 'invalid_grant', 50148]);
    const open = await signIn({ code_challenge: null, code_challenge_method: null, prompt: 'login' });
    expect(await outcome(codeForm(open))).toEqual([400, 'invalid_grant', 501481]);
  });

  it('takes a plain challenge', async () => {
    const plain = await signIn({ code_challenge: VERIFIER, code_challenge_method: 'plain' });
    expect(await outcome(codeForm(plain))).toEqual([200, undefined, undefined]);
  });

  it.each(['code', 'redirect_uri'])('is not redeemed without %s: AADSTS900144', async name => {
    const { [name]: _, ...form } = codeForm(await signIn()) as Record<string, string>;
    expect(await outcome(form)).toEqual([400, 'invalid_request', 900144]);
  });

  it('is the application’s own, and the tenant’s', async () => {
    const other = emulator.addApplication({ redirectUris: [CALLBACK] });
    const stolen = { client_id: other.clientId, client_secret: other.clientSecret };
    expect(await outcome({ ...codeForm(await signIn()), ...stolen })).toEqual([400, 'invalid_grant', 70000]);
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    const fabrikam = emulator.addTenant({ name: 'fabrikam' });
    const form = codeForm(await signIn({ prompt: 'login' }));
    expect(await outcome(form, fabrikam.tenantId)).toEqual([400, 'invalid_grant', 700005]);
  });

  it('of a program on somebody’s machine needs no secret, and must not come with one', async () => {
    const without = codeForm(await signIn());
    const url = `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`;
    const post = (form: Record<string, string>) => {
      const given = { client_id: emulator.clientId, ...form };
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return bench.client.plain(url, { method: 'POST', headers, body: new URLSearchParams(given).toString() });
    };
    expect((await post(without)).json.error_codes).toEqual([7000218]);
    emulator.setApplication({ publicClient: true });
    expect(await outcome(codeForm(await signIn({ prompt: 'login' })))).toEqual([401, 'invalid_client', 700025]);
    expect((await post(without)).status).toBe(200);
  });
});
