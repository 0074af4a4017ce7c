import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { type AccountBench, type AccountBrowser, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

const MINUTE_MS = 60_000;
const SESSION = '__Host-onedrive-webdav-session';

let aheadMs = 0;
/** The machine's clock, moved on by the tests. */
const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  bench = await startAccountBench({
    clock,
    yaml: [...PEOPLE, 'listen: { port: 0, trustedProxies: [127.0.0.1], cors: ["https://app.example"] }'],
  });
});
afterAll(() => bench?.stop());
beforeEach(() => {
  bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  browser = bench.browser();
});

const shown = ({ status, title = '' }: BrowserAnswer) => [status, title.split(' – ')[0]];
const isSignedIn = async (who: AccountBrowser) => (await who.open('')).title!.startsWith('Your devices');

/** Goes to Microsoft with a changed request, and returns the address to which it sends the browser back. */
async function comeBack(
  who: AccountBrowser,
  changes: Record<string, string> = {},
  authority?: string,
): Promise<string> {
  const { sent } = await who.visit('/sign-in');
  const to = authority === undefined ? sent!.to : sent!.to.replace(bench.server.emulator.tenantId, authority);
  const answer = await who.visit(`${to}?${new URLSearchParams({ ...sent!.parameters, ...changes })}`);
  return String(answer.headers.location);
}

function withQuery(address: string, change: (query: URLSearchParams) => void): string {
  const url = new URL(address);
  change(url.searchParams);
  return url.href;
}

const UNKNOWN = [400, 'This sign-in is not under way'];
const OTHER_BROWSER = [400, 'This sign-in was begun in another browser'];

describe('a callback', () => {
  it('with another state, or none, signs nobody in', async () => {
    const back = await comeBack(browser);
    expect(shown(await browser.open(withQuery(back, query => query.set('state', 'x'.repeat(43)))))).toEqual(UNKNOWN);
    expect(shown(await browser.open(withQuery(back, query => query.delete('state'))))).toEqual(UNKNOWN);
    expect(await isSignedIn(browser)).toBe(false);
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'sign-in-refused', reason: 'unknown-state' });
  });

  it('with the state of another sign-in of this browser is refused by its nonce or its verifier', async () => {
    const first = await comeBack(browser);
    const second = await comeBack(browser);
    const code = new URL(first).searchParams.get('code')!;
    const [status] = shown(await browser.open(withQuery(second, query => query.set('code', code))));
    expect(status).toBe(400);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('in another browser signs nobody in there, and the first browser may still come', async () => {
    const back = await comeBack(browser);
    const victim = bench.browser();
    expect(shown(await victim.open(back))).toEqual(OTHER_BROWSER);
    await victim.visit('/sign-in');
    expect(shown(await victim.open(back))).toEqual(OTHER_BROWSER);
    expect(await isSignedIn(victim)).toBe(false);
    expect(shown(await browser.open(back))).toEqual([200, 'Your devices']);
  });

  it('counts once', async () => {
    const back = await comeBack(browser);
    await browser.open(back);
    const again = bench.browser();
    for (const [name, value] of browser.cookies) {
      again.cookies.set(name, value);
    }
    again.cookies.delete(SESSION);
    expect(shown(await again.open(back))).not.toEqual([200, 'Your devices']);
    expect(await isSignedIn(again)).toBe(false);
  });

  it('with a code that was used before is refused', async () => {
    const back = await comeBack(browser);
    const used = new URL(back).searchParams.get('code')!;
    await browser.open(back);
    const other = bench.browser();
    const next = await comeBack(other);
    const [status] = shown(await other.open(withQuery(next, query => query.set('code', used))));
    expect([status, await isSignedIn(other)]).toEqual([400, false]);
  });

  it('after ten minutes is too late', async () => {
    const back = await comeBack(browser);
    aheadMs += 10 * MINUTE_MS;
    expect(shown(await browser.open(back))).toEqual(UNKNOWN);
  });

  it('with the nonce of another sign-in is refused', async () => {
    const back = await comeBack(browser, { nonce: 'x'.repeat(43) });
    expect(shown(await browser.open(back))).toEqual([400, 'The answer of the sign-in service was refused']);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('with a code of another application is refused', async () => {
    const other = bench.server.emulator.addApplication({
      redirectUris: [`${bench.home}/callback`],
      consentedScopes: ['openid', 'profile'],
    });
    const back = await comeBack(browser, { client_id: other.clientId });
    expect(shown(await browser.open(back))[0]).toBe(400);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('with a code of another tenant is refused', async () => {
    const { emulator } = bench.server;
    const fabrikam = emulator.addTenant({ name: 'fabrikam' });
    fabrikam.addMailbox({ upn: 'bob@fabrikam.com' });
    emulator.setApplication({ signInAudience: 'AzureADMultipleOrgs' });
    emulator.setSignIn({ as: 'bob@fabrikam.com' });
    const back = await comeBack(browser, {}, 'organizations');
    expect(new URL(back).searchParams.has('code')).toBe(true);
    expect(shown(await browser.open(back))[0]).toBe(400);
    expect(await isSignedIn(browser)).toBe(false);
    emulator.setApplication({ signInAudience: 'AzureADMyOrg' });
  });
});

describe('codes that are made up', () => {
  it('make their address wait, without a request to Microsoft; others sign in', async () => {
    const guess = async () => {
      const { sent } = await browser.visit('/sign-in');
      return browser.open(`/callback?${new URLSearchParams({ code: '1.made-up', state: sent!.parameters.state! })}`);
    };
    const { emulator } = bench.server;
    let page = await guess();
    for (let index = 0; page.status === 400 && index < 100; index += 1) {
      page = await guess();
    }
    expect([page.status, Number(page.headers['retry-after']) > 0]).toEqual([429, true]);
    emulator.resetCalls();
    await guess();
    expect(emulator.calls).toEqual([]);
    const elsewhere = bench.browser({ 'x-forwarded-for': '203.0.113.7' });
    expect(shown(await elsewhere.signIn())).toEqual([200, 'Your devices']);
    aheadMs += 10 * MINUTE_MS;
    expect(shown(await browser.signIn())).toEqual([200, 'Your devices']);
  });
});

describe('a session', () => {
  it('is a new one after each sign-in: one that was planted before stays nobody’s', async () => {
    const planted = 'A'.repeat(43);
    browser.cookies.set(SESSION, planted);
    await browser.signIn();
    expect(browser.cookies.get(SESSION)).not.toBe(planted);
    const attacker = bench.browser();
    attacker.cookies.set(SESSION, planted);
    expect(await isSignedIn(attacker)).toBe(false);
  });

  it('ends when its browser signs in again', async () => {
    await browser.signIn();
    const first = browser.cookies.get(SESSION)!;
    await browser.signIn();
    const attacker = bench.browser();
    attacker.cookies.set(SESSION, first);
    expect(await isSignedIn(attacker)).toBe(false);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('of another host, or given twice, is none', async () => {
    await browser.signIn();
    const value = browser.cookies.get(SESSION)!;
    for (const cookie of [
      `session=${value}`,
      `onedrive-webdav-session=${value}`,
      `__Secure-onedrive-webdav-session=${value}`,
      `${SESSION}=${value}; ${SESSION}=${value}`,
    ]) {
      const { text } = await bench.plain(`${bench.home}/`, { headers: { cookie } });
      expect(text).toContain('<h1>Your files over WebDAV</h1>');
    }
  });

  it('ends after its hours, however much it is used', async () => {
    await browser.signIn();
    aheadMs += 8 * 60 * MINUTE_MS - 2 * MINUTE_MS;
    expect(await isSignedIn(browser)).toBe(true);
    aheadMs += 2 * MINUTE_MS;
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe('a form', () => {
  const make = (page: BrowserAnswer, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    browser.send(page, '/passwords', { name: 'Laptop', ...fields }, headers);
  const count = async () => (await browser.open('')).text.match(/aria-label="Revoke /g)?.length ?? 0;

  it.each<[string, Record<string, string>]>([
    ['of another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of a host beside ours', { origin: 'https://files.evil.example', 'sec-fetch-site': 'same-site' }],
    ['of a page that hides where it is', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['of a sandboxed page of ours', { origin: 'null', 'sec-fetch-site': '' }],
    ['of an old browser with another origin', { origin: 'https://evil.example', 'sec-fetch-site': '' }],
    ['of an app that may use WebDAV', { origin: 'https://app.example', 'sec-fetch-site': 'same-site' }],
    ['that does not say where it comes from', { origin: '', 'sec-fetch-site': '' }],
  ])('%s changes nothing', async (_, headers) => {
    const page = await browser.signIn();
    const before = await count();
    expect(shown(await make(page, {}, headers))).toEqual([403, 'Another page has sent this']);
    expect(await count()).toBe(before);
  });

  it('of an old browser that says our origin is taken', async () => {
    const page = await browser.signIn();
    expect(shown(await make(page, {}, { 'sec-fetch-site': '' }))[0]).toBe(200);
  });

  it('without its token, with one of another session, or of another form, changes nothing', async () => {
    const page = await browser.signIn();
    bench.server.emulator.setSignIn({ as: 'grace@contoso.com' });
    const foreign = tokenOf(await bench.browser().signIn(), '/passwords');
    const before = await count();
    for (const token of ['', 'x', foreign, tokenOf(page, '/sign-out'), `${tokenOf(page, '/passwords')}x`]) {
      expect(shown(await make(page, { token }))).toEqual([403, 'This form is not of your session']);
    }
    expect(await count()).toBe(before);
  });

  it('of an earlier session, or of nobody, changes nothing', async () => {
    const page = await browser.signIn();
    await browser.signIn();
    expect(shown(await make(page, {}))).toEqual([403, 'This form is not of your session']);
    browser.cookies.clear();
    expect(shown(await make(page, {}))).toEqual([403, 'You are signed out']);
  });

  it('is no link: GET changes nothing', async () => {
    const page = await browser.signIn();
    const token = tokenOf(page, '/passwords');
    for (const path of ['/passwords', '/revoke', '/revoke-all', '/sign-out']) {
      const { status, headers } = await browser.open(`${path}?name=x&token=${token}`);
      expect([status, headers.allow]).toEqual([405, 'POST']);
    }
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('that is too long, or of another kind, is refused', async () => {
    const page = await browser.signIn();
    expect(shown(await make(page, { name: 'x'.repeat(20_000) }))).toEqual([400, 'This form cannot be read']);
    expect(shown(await make(page, {}, { 'content-type': 'text/plain' }))).toEqual([400, 'This form cannot be read']);
  });
});

describe('a page', () => {
  it('is not read by a script of an app that may use WebDAV', async () => {
    await browser.signIn();
    const cookie = `${SESSION}=${browser.cookies.get(SESSION)}`;
    const { status, text } = await bench.plain(`${bench.home}/`, {
      headers: { cookie, origin: 'https://app.example' },
    });
    expect([status, text.includes('ada@contoso.com')]).toEqual([403, false]);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/connect/../../evil',
    '/connect/windows?x=//evil.example',
    '/connect/@evil.example',
    '/-/users/ada/',
  ])('%s is nowhere to go after a sign-in', async to => {
    const back = await browser.visit(
      (await browser.visit(await viaMicrosoft(`/sign-in?${new URLSearchParams({ to })}`))).headers.location as string,
    );
    expect(back.headers.location).toBe(`${bench.home}/`);
  });

  it('shows no address but this server’s own, whatever the Host header says', async () => {
    for (const host of ['evil.example', '127.evil.example', 'localhost.evil.example']) {
      const { status, text, headers } = await bench.plain(`${bench.home}/sign-in`, { headers: { host } });
      expect([status, headers.location, text.includes(host)]).toEqual([503, undefined, false]);
    }
  });
});

async function viaMicrosoft(path: string): Promise<string> {
  const { sent } = await browser.visit(path);
  return `${sent!.to}?${new URLSearchParams(sent!.parameters)}`;
}

function tokenOf({ text }: BrowserAnswer, action: string): string {
  const [, token] = new RegExp(`${action}">[\\s\\S]*?name="token" value="([^"]+)"`).exec(text)!;
  return token!;
}
