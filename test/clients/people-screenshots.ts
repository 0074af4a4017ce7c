import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEOPLE } from '../support/account-bench.ts';
import { openBrowserSession } from '../support/browser-session.ts';
import { makeCertificate } from '../support/certificates.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer } from '../support/test-server.ts';

/*
 * Makes the pictures of docs/people.md: `node test/clients/people-screenshots.ts` writes docs/images/people-*.png. It
 * needs Chromium; the pictures use whatever sans-serif this machine has.
 */

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const HOST = 'files.contoso.com';
const HOME = `https://${HOST}/-/account`;

await using folder = await makeTempDir();
const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
const made = await makeCertificate({ kind: 'ec' });
await Promise.all([writeFile(key, made.key), writeFile(cert, made.certificate)]);
const server = await startTestServer({
  yaml: [
    ...PEOPLE,
    `listen: { host: 127.0.0.1, port: 0, tls: { certificateFile: "${cert}", keyFile: "${key}" } }`,
    `publicUrls: ["https://${HOST}"]`,
  ],
});
server.emulator.setApplication({ redirectUris: [`${HOME}/callback`], displayName: 'Files' });
server.emulator.setSignIn({ as: 'ada@contoso.com' });
await using browser = await openBrowserSession([
  '--ignore-certificate-errors',
  `--proxy-server=${server.emulator.proxy}`,
  `--proxy-bypass-list=${HOST}`,
  `--host-resolver-rules=MAP ${HOST}:443 ${new URL(server.url).host}`,
]);
await mkdir(IMAGES, { recursive: true });
const shoot = (name: string, height: number) =>
  browser.screenshot(join(IMAGES, `people-${name}.png`), { width: 900, height, scheme: 'light' });

// Until the directory has been read, every sign-in is refused.
do {
  await browser.open(`${HOME}/sign-in`);
} while (!(await browser.title()).includes('Your devices'));
for (const [device, name] of [
  ['windows', 'Laptop'],
  ['rclone', 'Nightly backup'],
]) {
  await browser.open(`${HOME}/connect/${device}`);
  await browser.fill('[name=name]', name!);
  await browser.click('form.fields button');
  await shoot(`connect-${device}`, device === 'windows' ? 1000 : 700);
}
await browser.open(`${HOME}/`);
await shoot('devices', 700);
await server.stop();
