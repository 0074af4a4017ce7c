import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccountBench, type AccountBrowser, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import { type Forgery, type ForgingIssuer, ISSUER_CLIENT, startForgingIssuer } from '../support/forging-issuer.ts';

let issuer: ForgingIssuer;
let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  issuer = await startForgingIssuer();
  const { clientId, clientSecret } = ISSUER_CLIENT;
  const signIn = `signIn: { issuer: "${issuer.url}", clientId: ${clientId}, clientSecret: ${clientSecret} }`;
  bench = await startAccountBench({ yaml: [...PEOPLE, signIn] });
});
afterAll(async () => {
  await bench?.stop();
  await issuer?.close();
});
beforeEach(() => {
  issuer.forge({});
  browser = bench.browser();
});

/** Signs in with a wrong answer; then the browser must still be signed out. */
async function signInWith(forgery: Forgery): Promise<readonly unknown[]> {
  issuer.forge(forgery);
  const { status, title } = await browser.signIn();
  expect((await browser.open('')).title).toContain('Your files over WebDAV');
  return [status, title!.split(' – ')[0]];
}

const REFUSED = [400, 'The answer of the sign-in service was refused'];

describe('another issuer', () => {
  it('signs in the person whom its claim names', async () => {
    const page = await browser.signIn();
    expect(page.title).toContain('Your devices');
    expect(page.text).toContain('ada@contoso.com');
  });

  it('may name an address in any case, and an address that says nothing of being verified', async () => {
    issuer.forge({ claims: { email: 'GRACE@Contoso.com', email_verified: undefined } });
    expect((await browser.signIn()).text).toContain('grace@contoso.com');
  });

  it.each<[string, Record<string, unknown>]>([
    ['that is not verified', { email_verified: false }],
    ['that is not verified, in a text', { email_verified: 'false' }],
    ['that is missing', { email: undefined }],
    ['that is no text', { email: ['ada@contoso.com'] }],
  ])('signs in nobody by an address %s', async (_, claims) => {
    expect(await signInWith({ claims })).toEqual([403, 'The sign-in service does not say who you are']);
  });

  it('signs in nobody whom the directory does not know', async () => {
    expect(await signInWith({ claims: { email: 'eve@elsewhere.example' } })).toEqual([
      403,
      'You may not use this server',
    ]);
    expect(bench.audit().at(-1)).toMatchObject({
      audit: 'sign-in-refused',
      user: 'eve@elsewhere.example',
      reason: 'not-admitted',
    });
  });

  it.each<[string, Forgery]>([
    ['of another issuer', { claims: { iss: 'https://login.evil.example' } }],
    ['for another application', { claims: { aud: 'mail' } }],
    ['for several, of which another asked', { claims: { aud: ['files', 'mail'], azp: 'mail' } }],
    ['with another nonce', { claims: { nonce: 'of another sign-in' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['that has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 3600 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['without a signature', { signature: 'none' }],
    ['of a key that the issuer does not have', { signature: 'unknown-key' }],
    ['with the name of its key and the signature of another', { signature: 'wrong-key' }],
    ['brought by another issuer (mix-up, RFC 9207)', { back: { iss: 'https://login.evil.example' } }],
  ])('has its ID token refused %s', async (_, forgery) => {
    expect(await signInWith(forgery)).toEqual(REFUSED);
  });

  it('is asked for its configuration and keys once for many sign-ins', async () => {
    await browser.signIn();
    const before = issuer.asked.length;
    await bench.browser().signIn();
    expect(issuer.asked.slice(before).sort()).toEqual(['/authorize', '/token']);
  });

  it('may replace its key: the new one is fetched when a token names it', async () => {
    await browser.signIn();
    await issuer.roll();
    // openid-client asks for keys once a minute at most.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      expect((await bench.browser().signIn()).title).toContain('Your devices');
    } finally {
      vi.useRealTimers();
    }
  });

  it('that is broken is a page with 503, which says when to come back, and nothing more is asked until then', async () => {
    issuer.forge({ status: 500 });
    const url = (await browser.visit('/sign-in')).sent!;
    const query = new URLSearchParams({ code: 'x', state: url.parameters.state!, iss: issuer.url });
    const page = await browser.open(`/callback?${query}`);
    expect([page.status, page.headers['retry-after']]).toEqual([503, '7']);
    expect(page.text).toContain('it answered with status 500');
    const before = issuer.asked.length;
    const next = (await browser.visit('/sign-in')).sent!;
    const again = await browser.open(
      `/callback?${new URLSearchParams({ ...Object.fromEntries(query), state: next.parameters.state! })}`,
    );
    expect([again.status, issuer.asked.length]).toEqual([503, before]);
  });
});
