import { stat } from 'node:fs/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { davClient } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type MadeShare, makeShare } from '../support/shares.ts';
import { useAppBench } from '../support/use-app.ts';

const PASSWORD = 'open sesame ü';
const LARGE = 'x'.repeat(300_000);

describeWith('chromium', 'the password of a share', () => {
  // Its content host is one that a browser without the proxy of the tests reaches.
  const on = useAppBench({ yaml: ['shares: {}'], download: 'redirect', emulator: { downloadBase: 'loopback' } });
  let share: MadeShare;
  let inbox: MadeShare;
  let turn = 0;

  beforeEach(async () => {
    turn += 1;
    const { ada } = on.server.mailboxes;
    await ada.put(`/out ${turn}/x.txt`, 'content of x');
    await ada.put(`/out ${turn}/large.bin`, LARGE);
    await ada.put(`/out ${turn}/Below/deep.txt`, 'deep');
    ada.mkdir(`/in ${turn}`);
    const dav = davClient(on.server);
    share = await makeShare(dav, `/ada/out%20${turn}/`, { kind: 'read', password: PASSWORD });
    inbox = await makeShare(dav, `/ada/in%20${turn}/`, { kind: 'upload', password: PASSWORD });
  });

  const visit = async (at: string, options: BrowserContextOptions = {}) => {
    const app = await on.browser.open(on.server, { httpCredentials: undefined, reducedMotion: 'reduce', ...options });
    await app.page.goto(at);
    return app;
  };
  const enter = async (page: Page, password = PASSWORD) => {
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
  };

  it('is asked for by a page of ours, and the app works with it until the browser forgets it', async () => {
    const { page, context, problems } = await visit(share.url);
    expect(await page.title()).toBe('This link needs a password');
    expect(await page.evaluate('document.activeElement.id')).toBe('password');
    expect(await page.getByRole('textbox').count()).toBe(1);
    expect(await page.content()).not.toContain(`out ${turn}`);
    await enter(page, 'wrong');
    await page.getByRole('alert').getByText('This password is wrong.').waitFor();
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
    await enter(page);
    await page.getByText('x.txt').click();
    await page.getByRole('dialog').locator('pre').getByText('content of x').waitFor();
    expect(page.url()).toMatch(new RegExp(`^${share.url}`));
    await page.keyboard.press('Escape');
    await page.reload();
    await page.locator('#entries').getByText('x.txt').waitFor();
    expect(await page.evaluate('document.cookie')).not.toContain('share=');
    // The other share has a password of its own, though it is the same word.
    await page.goto(inbox.url);
    await page.getByLabel('Password').waitFor();
    await page.goto(share.url);
    await page.locator('#entries').getByText('x.txt').waitFor();
    await context.clearCookies();
    // The app says so; no dialogue of the browser hides it, which would let this wait for ever.
    await page.getByRole('link', { name: 'Below' }).click();
    await page.getByText('You are not signed in any more. Load the page anew.').first().waitFor();
    await page.reload();
    await page.getByLabel('Password').waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });

  it('lets a page send files', async () => {
    const { page, context } = await visit(inbox.url);
    await enter(page);
    await page.getByRole('heading', { name: `Send files to “in ${turn}”` }).waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload files' }).click();
    await (await chooser).setFiles([{ name: 'sent.txt', mimeType: 'text/plain', buffer: Buffer.from('sent') }]);
    await page.getByRole('region', { name: 'Uploads' }).getByText('1 file uploaded').waitFor();
    expect(String(await on.server.mailboxes.ada.read(`/in ${turn}/sent.txt`))).toBe('sent');
    await context.close();
  });

  it('works without scripts', async () => {
    const { page, context } = await visit(`${inbox.url}?view=plain`, { javaScriptEnabled: false });
    await page.getByLabel('Password').pressSequentially(PASSWORD);
    await page.getByLabel('Password').press('Enter');
    const file = { name: 'plain.txt', mimeType: 'text/plain', buffer: Buffer.from('plain') };
    await page.getByLabel('Files to send').setInputFiles([file]);
    await page.getByRole('button', { name: 'Send', exact: true }).press('Enter');
    await page.getByText('was sent').first().waitFor();
    expect(String(await on.server.mailboxes.ada.read(`/in ${turn}/plain.txt`))).toBe('plain');
    await context.close();
  });

  it('leads to a file that comes from OneDrive itself', async () => {
    const { page, context } = await visit(`${share.url}large.bin`);
    const download = page.waitForEvent('download');
    await enter(page);
    const saved = await (await download).path();
    expect((await stat(saved)).size).toBe(LARGE.length);
    expect((await download).url()).not.toContain('/-/s/');
    await context.close();
  });

  it('survives a restart of the server', async () => {
    const { page, context } = await visit(share.url);
    await enter(page);
    await page.locator('#entries').getByText('x.txt').waitFor();
    await on.server.restart();
    await page.goto(`${on.server.url}${share.root}`);
    await page.locator('#entries').getByText('x.txt').waitFor();
    await context.close();
  });

  it('is no password of a form on a page elsewhere', async () => {
    const { page, context } = await visit(share.url);
    await page.route('https://evil.example/', route =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${share.url}"><input name="password" value="guess"><button>Go</button></form>`,
      }),
    );
    await page.goto('https://evil.example/');
    const answer = page.waitForResponse(response => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Go' }).click();
    expect((await answer).status()).toBe(403);
    await context.close();
  });

  it.each([
    ['de-AT', 'de', 'Passwort', 'Öffnen', 'Zu sendende Dateien:'],
    ['zh-CN', 'zh', '密码', '打开', '要发送的文件：'],
  ])(
    'is asked for in the language of the browser, as is all that follows: %s',
    async (locale, lang, label, open, files) => {
      const { page, context } = await visit(`${inbox.url}?view=plain`, { locale, javaScriptEnabled: false });
      const isIn = async () => {
        expect(await page.locator('html').getAttribute('lang')).toBe(lang);
      };
      await isIn();
      await page.getByLabel(label).pressSequentially(PASSWORD);
      await page.getByRole('button', { name: open }).press('Enter');
      await page.getByLabel(files).waitFor();
      await isIn();
      await context.close();
      const gone = await visit(`${on.server.url}/-/s/none/`, { locale });
      expect(await gone.page.locator('html').getAttribute('lang')).toBe(lang);
      expect(await findings(gone.page)).toEqual([]);
      await gone.context.close();
    },
  );

  describe.each([
    ['light', { colorScheme: 'light' }],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('%s', (_, options) => {
    it('axe finds nothing wrong with its page, and nothing is wider than it', async () => {
      const { page, context } = await visit(share.url, options);
      const isFitting = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
      expect([await findings(page), await isFitting()]).toEqual([[], true]);
      await enter(page, 'wrong');
      await page.getByRole('alert').waitFor();
      expect([await findings(page), await isFitting()]).toEqual([[], true]);
      await context.close();
    });
  });
});
