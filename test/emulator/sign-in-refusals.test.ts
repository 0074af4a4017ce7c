import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { CALLBACK, type SignInBench, signInBench, VERIFIER } from '../support/sign-in.ts';
import { type BrowserAnswer, signInBrowser } from '../support/sign-in-browser.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let bench: SignInBench;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock(Date.now());
  emulator = await createEmulator({ clock, ...options });
  emulator.setApplication({ redirectUris: [CALLBACK], displayName: 'Files' });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada', password: 'Engine1843' });
  emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace' });
  bench = await signInBench(emulator);
}

async function stop(): Promise<void> {
  await bench.close();
  await emulator.close();
}

async function restart(options: EmulatorOptions): Promise<void> {
  await stop();
  await start(options);
}

beforeEach(() => start());
afterEach(stop);

const signIn = async (changes: Record<string, string | null> = {}, who = 'Ada'): Promise<BrowserAnswer> =>
  bench.browser.press(await bench.open({ prompt: 'login', ...changes }), who);
const silent = (changes: Record<string, string | null> = {}) => bench.open({ prompt: 'none', ...changes });
const back = ({ sent, aadsts }: BrowserAnswer) => [sent?.to, sent?.parameters.error, aadsts];
const shown = ({ sent, aadsts }: BrowserAnswer) => [sent, aadsts];
const hasCode = ({ sent }: BrowserAnswer) => sent?.parameters.code !== undefined;
const redeem = async (answer: BrowserAnswer) =>
  (
    await bench.token({
      grant_type: 'authorization_code',
      code: answer.sent!.parameters.code!,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    })
  ).json;
const refreshTokenOf = async (answer: BrowserAnswer): Promise<string> => (await redeem(answer)).refresh_token;
const refresh = async (token: string, form: Record<string, string> = {}) => {
  const { status, json } = await bench.token({ grant_type: 'refresh_token', refresh_token: token, ...form });
  return { status, json, outcome: [status, json.error, json.error_codes?.[0], json.suberror] };
};

describe('single sign-on', () => {
  it('is silent for a person who has signed in before, as long as the browser keeps its cookie', async () => {
    await signIn();
    expect(hasCode(await silent())).toBe(true);
    expect(hasCode(await bench.open())).toBe(true);
    const other = signInBrowser(bench.client);
    expect(back(await other.open(bench.url({ prompt: 'none' })))).toEqual([CALLBACK, 'login_required', 50058]);
  });

  it('is asked for again by prompt=login and select_account', async () => {
    await signIn();
    for (const prompt of ['login', 'select_account']) {
      expect((await bench.open({ prompt })).title).toBe('Sign in to your account');
    }
  });

  it('cannot choose between two, unless a hint does', async () => {
    await signIn();
    await signIn({}, 'Grace');
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 16000]);
    expect((await bench.open()).title).toBe('Sign in to your account');
    const { id_token } = await redeem(await silent({ login_hint: 'grace@contoso.com' }));
    expect(JSON.parse(Buffer.from(id_token.split('.')[1], 'base64url').toString()).name).toBe('Grace');
    expect(back(await silent({ login_hint: 'alan@contoso.com' }))).toEqual([CALLBACK, 'login_required', 50058]);
  });

  it('has a cookie that no script and no plain connection gets, and that nobody can write', async () => {
    const { headers } = await signIn();
    expect(String(headers['set-cookie'])).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=None$/);
    const [[name, value]] = [...bench.browser.cookies] as [[string, string]];
    bench.browser.cookies.set(name, `${value.slice(0, -4)}AAAA`);
    expect(back(await silent())).toEqual([CALLBACK, 'login_required', 50058]);
  });

  it('ends by logout, which goes back to a registered address alone', async () => {
    const logout = (query: Record<string, string>) =>
      bench.browser.open(
        `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/logout?${new URLSearchParams(query)}`,
      );
    await signIn();
    const evil = await logout({ post_logout_redirect_uri: 'https://evil.example/' });
    expect([evil.title, evil.sent, bench.browser.cookies.size]).toEqual(['Sign out', undefined, 0]);
    expect(back(await silent())).toEqual([CALLBACK, 'login_required', 50058]);
    const home = await logout({ post_logout_redirect_uri: CALLBACK, state: 'x' });
    expect(home.sent).toEqual({ to: CALLBACK, parameters: { state: 'x' } });
    const other = emulator.addApplication({ redirectUris: ['https://other.example/'] });
    const foreign = { post_logout_redirect_uri: CALLBACK, client_id: other.clientId };
    expect((await logout(foreign)).sent).toBeUndefined();
    expect((await logout({})).title).toBe('Sign out');
  });

  it('is worth nothing once sessions were revoked, the account disabled or deleted', async () => {
    await signIn();
    ada.revokeSessions();
    expect(back(await silent())).toEqual([CALLBACK, 'login_required', 50058]);
    clock.advance(1000);
    await signIn();
    ada.setAccountEnabled(false);
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 50057]);
    ada.deleteUser();
    expect(back(await silent())).toEqual([CALLBACK, 'login_required', 50058]);
  });
});

describe('an account', () => {
  it('that is disabled is AADSTS50057, on the page and in mid-session', async () => {
    const token = await refreshTokenOf(await signIn());
    const code = await signIn();
    ada.setAccountEnabled(false);
    expect(shown(await signIn())).toEqual([undefined, 50057]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50057, undefined]);
    expect((await redeem(code)).error_codes).toEqual([50057]);
    ada.setAccountEnabled(true);
    expect((await refresh(token)).status).toBe(200);
  });

  it('that a policy blocks is AADSTS53003', async () => {
    const token = await refreshTokenOf(await signIn());
    ada.setSecurity({ blockedByPolicy: true });
    expect(shown(await signIn())).toEqual([undefined, 53003]);
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 53003]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 53003, 'message_only']);
  });

  it('that was deleted between two pages is AADSTS50034', async () => {
    ada.setSecurity({ mfa: 'required' });
    const page = await signIn();
    ada.deleteUser();
    expect(shown(await bench.browser.submit(page, { number: '1', decision: 'confirm' }))).toEqual([undefined, 50034]);
  });
});

describe('a second factor', () => {
  const numberOf = (page: BrowserAnswer) => /<p class="number">(\d+)<\/p>/.exec(page.text)![1]!;

  beforeEach(() => ada.setSecurity({ mfa: 'required' }));

  it('is confirmed by the number on the page, and asked for again after a wrong one', async () => {
    const page = await signIn();
    expect(page.title).toBe('Approve sign in request');
    const wrong = await bench.browser.submit(page, { number: '1', decision: 'confirm' });
    expect(wrong.text).toContain('That is not the number.');
    const answer = await bench.browser.submit(wrong, { number: numberOf(wrong), decision: 'confirm' });
    const { access_token } = await redeem(answer);
    expect(JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).amr).toEqual(['pwd', 'mfa']);
    expect(hasCode(await silent())).toBe(true);
  });

  it('can be cancelled, and leaves no session', async () => {
    const page = await signIn();
    const answer = await bench.browser.submit(page, { number: '', decision: 'cancel' });
    expect(back(answer)).toEqual([CALLBACK, 'access_denied', 65004]);
    expect(back(await silent())).toEqual([CALLBACK, 'login_required', 50058]);
  });

  it('is missing from sessions and refresh tokens of before: AADSTS50076', async () => {
    ada.setSecurity({ mfa: 'off' });
    const token = await refreshTokenOf(await signIn());
    ada.setSecurity({ mfa: 'required' });
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 50076]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50076, 'basic_action']);
    expect((await bench.open()).title).toBe('Approve sign in request');
  });

  it('that has to be set up first is AADSTS50079', async () => {
    ada.setSecurity({ mfa: 'off' });
    const token = await refreshTokenOf(await signIn());
    ada.setSecurity({ mfa: 'not-registered' });
    expect(shown(await signIn())).toEqual([undefined, 50079]);
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 50079]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50079, 'basic_action']);
  });

  it('is confirmed, or not, by who signs in without a browser', async () => {
    emulator.setSignIn({ as: 'ada@contoso.com' });
    expect(hasCode(await bench.open())).toBe(true);
    emulator.setSignIn({ as: 'ada@contoso.com', confirms: false });
    expect(shown(await bench.open())).toEqual([undefined, 500121]);
  });
});

describe('an application for some people only', () => {
  beforeEach(() => emulator.setApplication({ assignmentRequired: true }));

  it('shows AADSTS50105 to the others, and sends it back where nobody looks', async () => {
    expect(shown(await signIn())).toEqual([undefined, 50105]);
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 50105]);
    emulator.setApplication({ assignmentRequired: false });
    const token = await refreshTokenOf(await signIn());
    emulator.setApplication({ assignmentRequired: true });
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 50105]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50105, undefined]);
  });

  it('admits assigned people and members of assigned groups; nested groups do not count', async () => {
    const inner = emulator.addGroup({ displayName: 'Inner', members: [ada] });
    const outer = emulator.addGroup({ displayName: 'Outer', members: [inner] });
    emulator.assign(outer);
    expect(shown(await signIn())).toEqual([undefined, 50105]);
    emulator.assign(inner);
    expect(hasCode(await signIn())).toBe(true);
    emulator.unassign(inner);
    emulator.assign(ada);
    expect(hasCode(await signIn())).toBe(true);
    emulator.unassign(ada);
    expect(shown(await signIn())).toEqual([undefined, 50105]);
  });

  it('sends everybody else back where Entra would', async () => {
    await restart({ unassignedSignIn: 'redirect' });
    emulator.setApplication({ assignmentRequired: true });
    expect(back(await signIn())).toEqual([CALLBACK, 'interaction_required', 50105]);
  });
});

describe('consent', () => {
  beforeEach(() => emulator.setApplication({ consentedScopes: [] }));

  it('is asked of the person, remembered, and theirs alone', async () => {
    const page = await signIn({ scope: 'openid User.Read' });
    expect(page.title).toBe('Permissions requested');
    expect(page.text).toContain('Sign you in and read your profile');
    expect(hasCode(await bench.browser.submit(page, { decision: 'accept' }))).toBe(true);
    expect(hasCode(await signIn({ scope: 'openid User.Read' }))).toBe(true);
    expect((await signIn({ scope: 'openid User.Read' }, 'Grace')).title).toBe('Permissions requested');
    const more = await signIn({ scope: 'openid profile' });
    expect(more.text).toContain('<span>profile</span>');
    expect(more.text).not.toContain('<span>openid</span>');
  });

  it('is refused with access_denied', async () => {
    const answer = await bench.browser.submit(await signIn(), { decision: 'cancel' });
    expect(back(answer)).toEqual([CALLBACK, 'access_denied', 65004]);
    emulator.setSignIn({ as: 'ada@contoso.com', consents: false });
    expect(back(await bench.open())).toEqual([CALLBACK, 'access_denied', 65004]);
  });

  it('is given by who signs in without a browser', async () => {
    emulator.setSignIn({ as: 'ada@contoso.com' });
    expect(hasCode(await bench.open())).toBe(true);
    emulator.setSignIn('page');
    expect(hasCode(await silent())).toBe(true);
  });

  it('that is missing is AADSTS65001 where nobody can be asked', async () => {
    emulator.setSignIn({ as: 'ada@contoso.com' });
    const token = await refreshTokenOf(await bench.open());
    emulator.setApplication({ userConsents: [] });
    expect(back(await silent())).toEqual([CALLBACK, 'interaction_required', 65001]);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 65001, 'consent_required']);
    await restart({ silentConsentError: 'consent_required' });
    await signIn();
    emulator.setApplication({ consentedScopes: [] });
    expect(back(await silent())).toEqual([CALLBACK, 'consent_required', 65001]);
  });

  it('is asked for again by prompt=consent, once', async () => {
    emulator.setApplication({ consentedScopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'] });
    await signIn();
    const page = await bench.open({ prompt: 'consent' });
    expect(page.title).toBe('Permissions requested');
    expect(hasCode(await bench.browser.submit(page, { decision: 'accept' }))).toBe(true);
  });

  it('is an administrator’s to give where people may not: AADSTS90094', async () => {
    await restart({ userConsent: 'administrators-only' });
    emulator.setApplication({ consentedScopes: ['openid'], requiredScopes: ['profile', 'User.Read'] });
    expect(shown(await signIn({ scope: 'openid profile User.Read' }))).toEqual([undefined, 90094]);
    const query = new URLSearchParams({ client_id: emulator.clientId, redirect_uri: CALLBACK });
    const address = `https://login.microsoftonline.com/${emulator.tenantId}/adminconsent?${query}`;
    expect((await bench.browser.open(address)).text).toContain('<span>User.Read</span>');
    emulator.setConsent('accept');
    await bench.browser.open(address);
    expect(hasCode(await signIn({ scope: 'openid profile User.Read' }))).toBe(true);
  });
});
