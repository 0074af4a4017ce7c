import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type BrowserSession, openBrowserSession } from '../support/browser-session.ts';
import { describeWith } from '../support/foreign-client.ts';

describeWith('chromium', 'the sign-in pages in Chromium', () => {
  let emulator: Emulator;
  let ada: MailboxHandle;
  let browser: BrowserSession;
  let callback: string;

  const open = async (...more: string[]) => {
    browser = await openBrowserSession([`--proxy-server=${emulator.proxy}`, '--ignore-certificate-errors', ...more]);
  };
  const url = (query: Record<string, string> = {}) => {
    const all = {
      client_id: emulator.clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid profile',
      state: 'state-1',
      ...query,
    };
    const address = `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/authorize`;
    return `${address}?${new URLSearchParams(all)}`;
  };
  const where = async () => new URL(await browser.url());

  beforeEach(async () => {
    emulator = await createEmulator();
    // The emulator itself stands for the application: browsers go past a proxy to their own machine.
    callback = `${emulator.proxy}/back`;
    emulator.setApplication({ redirectUris: [callback], displayName: 'onedrive-webdav', consentedScopes: [] });
    ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace', mfa: 'required' });
    emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace Hopper' });
  });
  afterEach(async () => {
    await browser[Symbol.asyncDispose]();
    await emulator.close();
  });

  it('lead from the choice over the number and the consent back to the application; the next time at once', async () => {
    await open();
    await browser.open(url());
    expect(await browser.text()).toContain('Pick an account');
    await browser.click(`button[value$="${ada.userId}"]`);
    expect(await browser.title()).toBe('Approve sign in request');
    const number = /\n(\d\d)\n/.exec(await browser.text())?.[1];
    await browser.fill('input[name=number]', number ?? '');
    await browser.click('button[value=confirm]');
    expect(await browser.title()).toBe('Permissions requested');
    await browser.click('button[value=accept]');
    const { origin, pathname, searchParams } = await where();
    expect([`${origin}${pathname}`, searchParams.get('state'), searchParams.has('code')]).toEqual([
      callback,
      'state-1',
      true,
    ]);
    await browser.open(url({ prompt: 'none', state: 'state-2' }));
    const silent = await where();
    expect([silent.searchParams.get('state'), silent.searchParams.has('code')]).toEqual(['state-2', true]);
  });

  it('post the answer by a script, or by a button where there is none', async () => {
    emulator.setSignIn({ as: 'grace@contoso.com' });
    const posts = () => emulator.calls.filter(({ method, path }) => method === 'POST' && path === '/back').length;
    await open('--blink-settings=scriptEnabled=false');
    await browser.open(url({ response_mode: 'form_post' }));
    expect([await browser.text(), posts()]).toEqual([expect.stringContaining('Continue'), 0]);
    await browser.click('button.first');
    expect([await browser.url(), posts()]).toEqual([callback, 1]);
  });

  it('say what is wrong', async () => {
    await open();
    await browser.open(url({ redirect_uri: 'https://evil.example/' }));
    expect(await browser.text()).toContain('AADSTS50011: ');
    expect((await where()).hostname).toBe('login.microsoftonline.com');
  });

  it('work where the hosts are one, over plain HTTP, with a session of its own', async () => {
    await open();
    const here = url().replace('https://login.microsoftonline.com', emulator.proxy);
    await browser.open(here);
    await browser.fill('input[name=login]', 'grace@contoso.com');
    await browser.click('button[value=next]');
    await browser.click('button[value=accept]');
    expect((await where()).searchParams.has('code')).toBe(true);
    await browser.open(`${here}&prompt=none`);
    expect((await where()).searchParams.has('code')).toBe(true);
  });
});
