import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GroupMember } from '../../src/emulator/handles.ts';
import { type AccountBench, type AccountBrowser, startAccountBench } from '../support/account-bench.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  bench = await startAccountBench({
    seed: emulator => {
      emulator.addMailbox({ upn: 'eve@fabrikam.example' });
      emulator.addMailbox({ upn: 'carol@partner.example', guest: true, mail: 'carol@partner.example' });
    },
  });
});
afterAll(async () => {
  expect(bench.server.emulator.violations).toEqual([]);
  await bench.stop();
});
beforeEach(() => {
  bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  bench.server.emulator.setApplication({ assignmentRequired: false, consentedScopes: ['openid', 'profile'] });
  browser = bench.browser();
});

const shown = ({ status, title = '' }: BrowserAnswer) => [status, title.split(' – ')[0]];
const sessionOf = ({ cookies }: AccountBrowser) => cookies.get('__Host-onedrive-webdav-session');

describe('signing in', () => {
  it('leads from the first page over Microsoft to the devices of the person', async () => {
    const first = await browser.open('');
    expect(shown(first)).toEqual([200, 'Your files over WebDAV']);
    expect(first.text).toContain('href="/-/account/sign-in"');
    const page = await browser.signIn();
    expect(shown(page)).toEqual([200, 'Your devices']);
    expect(page.text).toContain('ada@contoso.com');
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'signed-in', user: 'ada@contoso.com', address: '127.0.0.1' });
  });

  it('asks Microsoft with PKCE, state and nonce for who the person is and nothing else', async () => {
    const { sent } = await browser.visit('/sign-in');
    expect(sent?.to).toBe(`https://login.microsoftonline.com/${bench.server.emulator.tenantId}/oauth2/v2.0/authorize`);
    expect(sent?.parameters).toMatchObject({
      response_type: 'code',
      scope: 'openid profile',
      code_challenge_method: 'S256',
      redirect_uri: `${bench.home}/callback`,
    });
    const { state, nonce, code_challenge } = sent!.parameters;
    expect([state, nonce, code_challenge].map(text => text!.length >= 43)).toEqual([true, true, true]);
  });

  it('is for somebody who has joined since the directory was read, too', async () => {
    bench.server.emulator.addMailbox({ upn: 'new@contoso.com' });
    bench.server.emulator.setSignIn({ as: 'new@contoso.com' });
    expect(shown(await browser.signIn())).toEqual([200, 'Your devices']);
    expect(shown(await browser.open(''))).toEqual([200, 'Your devices']);
  });

  it('goes on to the page that was asked for', async () => {
    const page = await browser.open('/connect/windows');
    expect(page.text).toContain('sign-in?to=%2Fconnect%2Fwindows');
    expect(shown(await browser.open('/sign-in?to=%2Fconnect%2Fwindows'))).toEqual([200, 'Connect this device']);
  });

  it('costs at most three calls to Graph', async () => {
    bench.server.emulator.resetCalls();
    await browser.signIn();
    const graph = bench.server.emulator.calls.filter(({ host }) => host === 'graph');
    expect(graph.length).toBeLessThanOrEqual(3);
  });

  it('gives a cookie that is of this host alone and that no script reads; only its digest is kept', async () => {
    const { sent } = await browser.visit('/sign-in');
    const back = await browser.visit((await browser.visit(addressOf(sent!))).headers.location as string);
    const [session] = [back.headers['set-cookie']].flat().filter(cookie => /-session=/.test(cookie!));
    expect(session).toMatch(
      /^__Host-onedrive-webdav-session=[\w-]{43}; Path=\/; Max-Age=28800; Secure; HttpOnly; SameSite=Lax$/,
    );
    expect(back.headers.location).toBe(`${bench.home}/`);
    expect(JSON.stringify(bench.server.logged)).not.toContain(sessionOf(browser));
  });

  it('has pages that nobody frames, keeps or adds to', async () => {
    for (const path of ['', '/connect', '/nowhere', '/callback?state=x']) {
      const { headers } = await browser.open(path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; form-action 'self'/,
      );
      expect(policy).toContain("frame-ancestors 'none'");
    }
  });

  it('ends with a sign-out here and at Microsoft', async () => {
    const page = await browser.signIn();
    const value = sessionOf(browser)!;
    const out = await browser.send(page, '/sign-out');
    expect(shown(out)).toEqual([200, 'You have signed out']);
    const [, next] = /<meta http-equiv="refresh" content="0; url=([^"]*)">/.exec(out.text)!;
    expect(next).toContain('/oauth2/v2.0/logout?');
    expect(shown(await browser.open(next!.replaceAll('&amp;', '&')))).toEqual([200, 'You have signed out']);
    browser.cookies.set('__Host-onedrive-webdav-session', value);
    expect(shown(await browser.open(''))).toEqual([200, 'Your files over WebDAV']);
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'signed-out', user: 'ada@contoso.com' });
  });
});

describe('nobody signs in', () => {
  it.each([
    ['who no rule admits', 'eve@fabrikam.example', 'You may not use this server', 'not-admitted'],
    ['who is a guest', 'carol@partner.example', 'Guests cannot sign in here', 'guest'],
  ])('%s', async (_, as, title, reason) => {
    bench.server.emulator.setSignIn({ as });
    expect(shown(await browser.signIn())).toEqual([403, title]);
    expect(sessionOf(browser)).toBeUndefined();
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'sign-in-refused', user: as, reason });
  });

  it('who has cancelled', async () => {
    bench.server.emulator.setSignIn('cancel');
    const page = await browser.signIn();
    expect(shown(page)).toEqual([403, 'The sign-in was cancelled']);
    expect(page.text).toContain('AADSTS65004');
  });

  it('who is not assigned to the application: AADSTS50105', async () => {
    bench.server.emulator.setApplication({ assignmentRequired: true });
    const page = await browser.signIn();
    // Entra shows this error itself, and sends nobody back.
    expect(page.aadsts).toBe(50105);
    expect(sessionOf(browser)).toBeUndefined();
    const ada: GroupMember = bench.server.mailboxes.ada;
    bench.server.emulator.assign(ada);
    expect(shown(await browser.signIn())).toEqual([200, 'Your devices']);
    bench.server.emulator.unassign(ada);
  });

  it('while this server’s own secret is wrong: AADSTS7000215', async () => {
    const { clientSecret } = bench.server.emulator;
    bench.server.emulator.setApplication({ clientSecret: 'another' });
    const page = await browser.signIn();
    expect(shown(page)).toEqual([503, 'This server cannot identify itself']);
    expect(page.text).toContain('AADSTS7000215');
    bench.server.emulator.setApplication({ clientSecret });
  });

  it('while the directory cannot be read, and then it goes on', async () => {
    bench.server.emulator.setFaults([{ fault: { status: 403, code: 'Authorization_RequestDenied' }, host: 'graph' }]);
    expect(shown(await browser.signIn())).toEqual([503, 'The directory cannot be read now']);
    bench.server.emulator.setFaults([]);
    expect(shown(await browser.signIn())).toEqual([200, 'Your devices']);
  });
});

/** The errors that the provider sends back, as it words them. */
describe('an error of Microsoft', () => {
  it.each([
    ['access_denied', 'AADSTS65004: User declined.', 403, 'The sign-in was cancelled'],
    ['access_denied', 'AADSTS50105: Not assigned.', 403, 'You are not assigned to this application'],
    ['consent_required', 'AADSTS65001: No consent.', 403, 'An administrator must agree first'],
    ['interaction_required', 'AADSTS50076: MFA.', 403, 'One more step is needed'],
    ['interaction_required', 'AADSTS53003: Blocked.', 403, 'A rule of your organisation forbids this sign-in'],
    ['login_required', 'AADSTS999999: New.', 403, 'One more step is needed'],
    ['temporarily_unavailable', '', 503, 'The sign-in service is busy'],
    ['server_error', 'AADSTS90033: Later.', 503, 'The sign-in service is busy'],
    ['something_new', '<b>AADSTS1: x</b>', 400, 'The sign-in did not succeed'],
  ])('%s, %s, is a page in plain words', async (error, error_description, status, title) => {
    const { sent } = await browser.visit('/sign-in');
    const query = new URLSearchParams({ error, error_description, state: sent!.parameters.state! });
    const page = await browser.open(`/callback?${query}`);
    expect(shown(page)).toEqual([status, title]);
    expect(page.text).not.toContain('<b>AADSTS');
  });
});

function addressOf({ to, parameters }: NonNullable<BrowserAnswer['sent']>): string {
  return `${to}?${new URLSearchParams(parameters)}`;
}
