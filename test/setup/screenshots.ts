import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { openConsentListener } from '../../src/setup/consent-listener.ts';
import { openBrowserSession } from '../support/browser-session.ts';

/*
 * Makes the pictures of the way through consent for the documentation: `node test/setup/screenshots.ts` writes
 * docs/images/consent-*.png. It needs Chromium; the first page is the emulator's, not Microsoft's.
 */

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const STATE = 'sample';
const SIZE = { width: 760, scheme: 'light' } as const;

const emulator = await createEmulator();
emulator.setApplication({ displayName: 'onedrive-webdav', roles: [], redirectUris: ['http://localhost/consent'] });
await using browser = await openBrowserSession();
await mkdir(IMAGES, { recursive: true });

for (const [decision, name] of [
  ['cancel', 'consent-refused'],
  ['accept', 'consent-granted'],
] as const) {
  const listener = await openConsentListener({ host: '127.0.0.1', port: 0, state: STATE, onForeign: () => {} });
  const query = new URLSearchParams({
    client_id: emulator.clientId,
    scope: 'https://graph.microsoft.com/.default',
    redirect_uri: `http://localhost:${listener.port}/consent`,
    state: STATE,
  });
  await browser.open(`${emulator.proxy}/${emulator.tenantId}/v2.0/adminconsent?${query}`);
  await browser.screenshot(`${IMAGES}consent-page.png`, { ...SIZE, height: 690 });
  await browser.click(`button[value=${decision}]`);
  await browser.screenshot(`${IMAGES}${name}.png`, { ...SIZE, height: decision === 'accept' ? 340 : 560 });
  await listener.close();
}
await emulator.close();
