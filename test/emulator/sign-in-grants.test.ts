import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { CALLBACK, type SignInBench, signInBench, VERIFIER } from '../support/sign-in.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

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

beforeEach(() => start());
afterEach(stop);

const signIn = async (changes: Record<string, string | null> = {}, who = 'Ada'): Promise<BrowserAnswer> =>
  bench.browser.press(await bench.open({ prompt: 'login', ...changes }), who);
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

describe('a refresh token', () => {
  it('gives new tokens and a new one of its kind, and goes on working itself', async () => {
    const token = await refreshTokenOf(await signIn());
    const first = await refresh(token);
    expect(Object.keys(first.json)).toEqual(expect.arrayContaining(['access_token', 'id_token', 'refresh_token']));
    expect(first.json.refresh_token).not.toBe(token);
    expect([(await refresh(token)).status, (await refresh(first.json.refresh_token)).status]).toEqual([200, 200]);
  });

  it('lasts ninety days: AADSTS700082', async () => {
    const token = await refreshTokenOf(await signIn());
    clock.advance(90 * DAY_MS - 1);
    const { json } = await refresh(token, { client_secret: emulator.clientSecret });
    expect(json.error_codes).toBeUndefined();
    clock.advance(1);
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 700082, undefined]);
    expect((await refresh(json.refresh_token)).status).toBe(200);
  });

  it('is worth nothing once it was revoked: AADSTS50173', async () => {
    const token = await refreshTokenOf(await signIn());
    ada.revokeSessions();
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50173, 'bad_token']);
    clock.advance(1000);
    expect((await refresh(await refreshTokenOf(await signIn()))).status).toBe(200);
  });

  it('is worthless for a deleted person: AADSTS50034', async () => {
    const token = await refreshTokenOf(await signIn());
    ada.deleteUser();
    expect((await refresh(token)).outcome).toEqual([400, 'invalid_grant', 50034, undefined]);
  });

  it('is the application’s own, unaltered, and no code', async () => {
    const token = await refreshTokenOf(await signIn());
    const other = emulator.addApplication();
    const stolen = { client_id: other.clientId, client_secret: other.clientSecret };
    expect((await refresh(token, stolen)).outcome).toEqual([400, 'invalid_grant', 70000, undefined]);
    expect((await refresh(`${token}x`)).outcome.slice(0, 3)).toEqual([400, 'invalid_grant', 9002313]);
    const { code } = (await signIn()).sent!.parameters;
    expect((await refresh(code!)).outcome.slice(0, 3)).toEqual([400, 'invalid_grant', 9002313]);
    const { json } = await bench.token({ grant_type: 'refresh_token' });
    expect(json.error_codes).toEqual([900144]);
  });

  it('is good for less than was granted, and for nothing that was not', async () => {
    const token = await refreshTokenOf(await signIn());
    expect((await refresh(token, { scope: 'User.Read' })).status).toBe(200);
    const more = await refresh(token, { scope: 'User.Read.All' });
    expect(more.outcome).toEqual([400, 'invalid_grant', 65001, 'consent_required']);
  });

  it('outlives the emulator when it keeps its state', async () => {
    await stop();
    await using folder = await makeTempDir();
    await start({ dataDir: folder.path });
    const token = await refreshTokenOf(await signIn());
    await bench.close();
    await emulator.close();
    emulator = await createEmulator({ clock, dataDir: folder.path });
    bench = await signInBench(emulator);
    expect((await refresh(token)).status).toBe(200);
    await stop();
    await start();
  });
});

describe('a password', () => {
  const byPassword = async (form: Record<string, string | undefined> = {}, tenant?: string) => {
    const all = { username: 'ada@contoso.com', password: 'Engine1843', scope: 'openid User.Read', ...form };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const { status, json } = await bench.token(
      { grant_type: 'password', ...Object.fromEntries(given) },
      tenant ?? emulator.tenantId,
    );
    return [status, json.error, json.error_codes?.[0], json.suberror];
  };

  it('gives tokens to people with a password and without a second factor', async () => {
    expect(await byPassword()).toEqual([200, undefined, undefined, undefined]);
  });

  it.each<[string, Record<string, string | undefined>, unknown[]]>([
    ['a wrong one', { password: 'x' }, [400, 'invalid_grant', 50126, undefined]],
    ['somebody who has none', { username: 'grace@contoso.com' }, [400, 'invalid_grant', 50126, undefined]],
    ['somebody who does not exist', { username: 'x@contoso.com' }, [400, 'invalid_grant', 50034, undefined]],
    ['nobody', { username: undefined }, [400, 'invalid_request', 900144, undefined]],
  ])('is refused for %s', async (_, form, expected) => {
    expect(await byPassword(form)).toEqual(expected);
  });

  it('is refused to guests, whose password is another organisation’s', async () => {
    emulator.addMailbox({ upn: 'eve@fabrikam.com', guest: true, password: 'x' });
    const guest = { username: 'eve@fabrikam.com', password: 'x' };
    expect(await byPassword(guest)).toEqual([400, 'invalid_grant', 50034, undefined]);
  });

  it('is refused to who needs a second factor (AADSTS50076), is disabled or has not consented', async () => {
    ada.setSecurity({ mfa: 'required' });
    expect(await byPassword()).toEqual([400, 'invalid_grant', 50076, 'basic_action']);
    ada.setSecurity({ mfa: 'off' });
    emulator.setApplication({ consentedScopes: [] });
    expect(await byPassword()).toEqual([400, 'invalid_grant', 65001, 'consent_required']);
    ada.setAccountEnabled(false);
    expect(await byPassword()).toEqual([400, 'invalid_grant', 50057, undefined]);
  });

  it('is no grant of common: AADSTS9001023', async () => {
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    expect(await byPassword({}, 'common')).toEqual([400, 'invalid_request', 9001023, undefined]);
    expect(await byPassword({}, 'organizations')).toEqual([200, undefined, undefined, undefined]);
  });
});
