import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { type ConsentListener, openConsentListener } from '../../src/setup/consent-listener.ts';
import { type BrowserSession, openBrowserSession } from '../support/browser-session.ts';
import { describeWith } from '../support/foreign-client.ts';

describeWith('chromium', 'the consent page in Chromium', () => {
  let emulator: Emulator;
  let listener: ConsentListener;
  let browser: BrowserSession;

  beforeEach(async () => {
    emulator = await createEmulator();
    emulator.setApplication({ displayName: 'onedrive-webdav', roles: [], redirectUris: ['http://localhost/consent'] });
    listener = await openConsentListener({ host: '127.0.0.1', port: 0, state: 'ours', onForeign: () => {} });
    browser = await openBrowserSession();
  });
  afterEach(async () => {
    await browser?.[Symbol.asyncDispose]();
    await listener.close();
    await emulator.close();
  });

  /** The page as the demo shows it, to a browser without a proxy. */
  async function openConsentPage(state = 'ours'): Promise<void> {
    const query = new URLSearchParams({
      client_id: emulator.clientId,
      scope: 'https://graph.microsoft.com/.default',
      redirect_uri: `http://localhost:${listener.port}/consent`,
      state,
    });
    await browser.open(`${emulator.proxy}/${emulator.tenantId}/v2.0/adminconsent?${query}`);
  }

  it('shows what is asked for, and Accept comes back to a page that says so', async () => {
    await openConsentPage();
    expect(await browser.text()).toMatch(/onedrive-webdav[\s\S]*Files\.ReadWrite\.All[\s\S]*User\.Read\.All/);
    await browser.click('button[value=accept]');
    expect(await browser.title()).toBe('Consent was granted – onedrive-webdav');
    expect(await browser.text()).toMatch(/^Consent was granted\n/);
    expect(await listener.answer).toEqual({ kind: 'granted' });
    // The policy of the page has refused nothing that belongs to it.
    expect(browser.console.filter(line => !line.includes('favicon'))).toEqual([]);
  });

  it('Cancel comes back to a page that says who refused and why', async () => {
    await openConsentPage();
    await browser.click('button[value=cancel]');
    const text = await browser.text();
    expect(text).toMatch(/^Consent was refused\n[\s\S]*The person who signed in[\s\S]*AADSTS65004/);
    expect(await listener.answer).toMatchObject({ kind: 'refused', by: 'the person who signed in' });
  });

  it('a user who is not an administrator returns by the link, to a page that says so', async () => {
    emulator.setConsent('not-an-administrator');
    await openConsentPage();
    await browser.click('a');
    expect(await browser.text()).toMatch(/may not grant application permissions[\s\S]*AADSTS90094/);
  });

  it('with a state that is not ours stays outside', async () => {
    await openConsentPage('theirs');
    await browser.click('button[value=accept]');
    expect(await browser.text()).toMatch(/^This answer is not for this setup\n/);
    expect(await Promise.race([listener.answer, 'still waiting'])).toBe('still waiting');
  });
});
