import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { openInChromium } from '../support/chromium.ts';
import { describeWith } from '../support/foreign-client.ts';

describeWith('chromium', 'chromium', () => {
  let emulator: Emulator;

  beforeEach(async () => {
    emulator = await createEmulator();
    emulator.setApplication({ roles: [], displayName: 'onedrive-webdav' });
  });
  afterEach(() => emulator.close());

  /** What the browser has made of the page behind Microsoft's name, by the emulator's proxy. */
  const open = (redirectUri: string) => {
    const query = new URLSearchParams({ client_id: emulator.clientId, redirect_uri: redirectUri });
    const url = `https://login.microsoftonline.com/${emulator.tenantId}/adminconsent?${query}`;
    const flags = [`--proxy-server=${emulator.proxy}`, '--ignore-certificate-errors', '--dump-dom'];
    return openInChromium(url, flags);
  };

  it('shows who asks for what, with two buttons', async () => {
    const { stdout } = await open('http://localhost');
    expect(stdout).toContain('<title>Permissions requested</title>');
    expect(stdout).toContain('<p class="application">onedrive-webdav</p>');
    expect(stdout.match(/<button/g)).toHaveLength(2);
  });

  it('is left at once for the application’s own address when somebody has decided before', async () => {
    emulator.setConsent('accept');
    emulator.setApplication({ redirectUris: ['http://127.0.0.1/back'] });
    const { stdout } = await open(`${emulator.proxy}/back`);
    expect(stdout).toContain('The emulator does not support GET 127.0.0.1/back');
    expect(emulator.calls.filter(({ path }) => path === '/back')).toHaveLength(1);
  });
});
