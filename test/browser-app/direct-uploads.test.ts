import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AppBrowser, type AppPage, startAppBrowser } from '../support/app-browser.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
/** Three fragments. */
const BYTES = Buffer.alloc(25 * MIB, 'bytes of a large file ');

describeWith('chromium', 'the app: uploads straight to OneDrive', () => {
  let server: TestServer;
  let browser: AppBrowser;
  let app: AppPage;
  let folder: string;
  let local: string;
  let turn = 0;

  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTestServer({
        download: 'redirect',
        emulator: { downloadBase: 'loopback' },
        yaml: ['cache: { ttlSeconds: 0 }', 'limits: { maxUploadBytes: 1 GiB }'],
      }),
      startAppBrowser(),
    ]);
    local = join(server.folder, 'large.bin');
    await writeFile(local, BYTES);
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  });
  beforeEach(async () => {
    turn += 1;
    folder = `/turn${turn}`;
    await server.mailboxes.ada.put(`${folder}/there.txt`, 'old');
    app ??= await browser.open(server);
    await app.page.goto(`${server.url}/ada${folder}/`);
    await app.page.getByRole('grid').waitFor();
    server.emulator.resetCalls();
  });
  afterEach(() => {
    expect(app.problems).toEqual([]);
  });

  const panel = () => app.page.getByRole('region', { name: 'Uploads' });
  const stored = async () => (await server.mailboxes.ada.read(`${folder}/large.bin`)).equals(BYTES);
  const callsOf = (wanted: string) => server.emulator.calls.filter(({ operation }) => operation === wanted).length;

  async function choose(): Promise<void> {
    const chooser = app.page.waitForEvent('filechooser');
    await app.page.getByRole('button', { name: 'Upload' }).first().click();
    await app.page.getByRole('menuitem', { name: 'Upload files' }).click();
    await (await chooser).setFiles(local);
  }

  it('sends the bytes past this server', async () => {
    let through = 0;
    await app.page.route('**/large.bin*', async route => {
      through += route.request().method() === 'PUT' ? 1 : 0;
      await route.continue();
    });
    await choose();
    await panel().getByText('1 file uploaded').waitFor();
    await app.page.unroute('**/large.bin*');
    expect([await stored(), through, callsOf('upload-fragment'), callsOf('upload-session-commit')]).toEqual([
      true,
      0,
      3,
      1,
    ]);
  });

  it('goes on after a reload where it was', async () => {
    let fragments = 0;
    server.emulator.setFault(operation => {
      fragments += operation === 'upload-fragment' ? 1 : 0;
      return operation === 'upload-fragment' && fragments > 1 ? { status: 503 } : undefined;
    });
    await choose();
    await eventually(() => expect(fragments).toBeGreaterThan(1));
    await app.page.reload();
    await app.page.getByRole('grid').waitFor();
    server.emulator.setFault(undefined);
    server.emulator.resetCalls();
    await choose();
    await panel().getByText('1 file uploaded').waitFor();
    expect([await stored(), callsOf('driveItem-createUploadSession'), callsOf('upload-fragment')]).toEqual([
      true,
      0,
      2,
    ]);
  });
});
