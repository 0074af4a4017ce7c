import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { chooseFiles, chooseFolder } from '../support/choose-files.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { requestsTo } from '../support/requests.ts';
import { openServerWire, type WireEnd } from '../support/server-wire.ts';
import { type MadeShare, makeShare } from '../support/shares.ts';
import { useAppBench } from '../support/use-app.ts';

const EVIL = "' onmouseover='window.hacked=1 &lt;img src=x onerror=window.hacked=1&gt;.txt";

describeWith('chromium', 'the app: the page of a share that takes files', () => {
  const on = useAppBench({ yaml: ['shares: {}'] });
  let share: MadeShare;
  let folder: string;
  let turn = 0;

  beforeEach(async () => {
    turn += 1;
    folder = `/In box ${turn}`;
    await on.server.mailboxes.ada.put(`${folder}/there.txt`, 'a private text');
    share = await makeShare(davClient(on.server), `/ada${encodeURI(folder)}/`, { kind: 'upload' });
  });

  const visit = async (options: BrowserContextOptions = {}, url = share.url) => {
    const app = await on.browser.open(on.server, { httpCredentials: undefined, reducedMotion: 'reduce', ...options });
    await app.page.goto(url);
    return app;
  };
  const read = async (path: string) => (await on.server.mailboxes.ada.read(`${folder}/${path}`)).toString();
  const openDialog = (page: Page, name: string) => () => page.getByRole('button', { name }).click();
  const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const panel = (page: Page) => page.getByRole('region', { name: 'Uploads' });
  const drop = (page: Page, name: string, text: string) =>
    page.evaluate(
      ([called, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([content!], called!));
        for (const type of ['dragenter', 'dragover', 'drop']) {
          const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
          document.querySelector('.app')!.dispatchEvent(event);
        }
      },
      [name, text],
    );

  it('says what it is for, takes what is dropped and chosen, and shows nothing of the folder', async () => {
    const before = requestsTo(on.server).length;
    const { page, context, problems } = await visit();
    await page.getByRole('heading', { name: `Send files to “In box ${turn}”` }).waitFor();
    await drop(page, EVIL, 'dropped');
    await panel(page).getByText('1 file uploaded').waitFor();
    const chosen = [file('one.txt', 'first'), file('two.txt', 'x'.repeat(300_000))];
    await chooseFiles(page, openDialog(page, 'Upload files'), chosen);
    await panel(page).getByText('3 files uploaded').waitFor();
    expect([await read(EVIL), await read('one.txt'), (await read('two.txt')).length]).toEqual([
      'dropped',
      'first',
      300_000,
    ]);
    const local = join(on.server.folder, `local${turn}/album`);
    await mkdir(join(local, 'summer'), { recursive: true });
    await writeFile(join(local, 'summer/lake.txt'), 'lake');
    await chooseFolder(page, openDialog(page, 'Upload a folder'), local);
    await panel(page).getByText('4 files uploaded').waitFor();
    expect(await read('album/summer/lake.txt')).toBe('lake');
    expect(await page.content()).not.toContain('there.txt');
    expect(await page.title()).toBe(`Send files to “In box ${turn}”`);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    const asked = requestsTo(on.server).slice(before);
    expect(asked.filter(({ method }) => method === 'PROPFIND' || method === 'REPORT')).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('replaces nothing: a taken name gets another one, small or large', async () => {
    const { page, context } = await visit();
    await page.getByRole('heading').first().waitFor();
    await drop(page, 'there.txt', 'mine');
    await panel(page).getByText('there (2).txt').waitFor();
    await panel(page).getByText('1 file uploaded').waitFor();
    await drop(page, 'there.txt', 'x'.repeat(300_000));
    await panel(page).getByText('2 files uploaded').waitFor();
    expect([await read('there.txt'), await read('there (2).txt')]).toEqual(['a private text', 'mine']);
    expect(await read('there (3).txt')).toHaveLength(300_000);
    await context.close();
  });

  it.each([
    ['a small', 7],
    ['a large', 300_000],
  ])('stores %s file once when the answer is lost and the browser sends it again by itself', async (_, size) => {
    await using wire = await openServerWire(on.server);
    const { page, context } = await visit({}, share.url.replace(on.server.url, wire.url));
    await page.getByRole('heading').first().waitFor();
    const ends: WireEnd[] = ['lose-answer'];
    wire.rule = ({ method }) => (method === 'PUT' ? (ends.shift() ?? 'pass') : 'pass');
    await drop(page, 'lost.txt', 'x'.repeat(size));
    await panel(page).getByText('1 file uploaded').waitFor();
    expect([ends, (await read('lost.txt')).length]).toEqual([[], size]);
    expect(on.server.mailboxes.ada.stat(`${folder}/lost (2).txt`)).toBeUndefined();
    await context.close();
  });

  it('says that a share is closed, and tries no other names then', async () => {
    const { page, context } = await visit();
    await page.getByRole('heading').first().waitFor();
    on.server.mailboxes.ada.move(folder, `${folder} moved`);
    on.server.mailboxes.ada.mkdir(folder);
    await drop(page, 'late.txt', 'x');
    await panel(page).getByText('You may not do this.').waitFor();
    expect(await panel(page).getByText('late (2).txt').count()).toBe(0);
    await context.close();
  });

  it('works without scripts: by a form, which says what became of each file', async () => {
    const { page, context } = await visit({ javaScriptEnabled: false });
    await page.goto(`${share.url}?view=plain`);
    await page.getByLabel('Files to send').setInputFiles([file(EVIL, 'evil'), file('there.txt', 'mine')]);
    // By the keyboard: before a click the driver waits for frames, which Firefox does not count for it without scripts.
    await page.getByRole('button', { name: 'Send', exact: true }).press('Enter');
    await page.getByText('was sent as there (2).txt').waitFor();
    expect(await page.getByRole('listitem').first().textContent()).toBe(`${EVIL} was sent`);
    expect([await read(EVIL), await read('there.txt'), await read('there (2).txt')]).toEqual([
      'evil',
      'a private text',
      'mine',
    ]);
    await context.close();
  });

  it('takes no form of a page elsewhere', async () => {
    const { page, context } = await visit();
    await page.route('https://evil.example/', route =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" enctype="multipart/form-data" action="${share.url}"><input type="file" name="files"><button>Go</button></form>`,
      }),
    );
    await page.goto('https://evil.example/');
    await page.locator('input').setInputFiles([file('forged.txt', 'x')]);
    const answer = page.waitForResponse(response => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Go' }).click();
    expect((await answer).status()).toBe(403);
    expect(on.server.mailboxes.ada.stat(`${folder}/forged.txt`)).toBeUndefined();
    await context.close();
  });

  describe.each([
    ['light', { colorScheme: 'light' }],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('%s', (_, options) => {
    it('axe finds nothing wrong, with scripts and without, and nothing is wider than the page', async () => {
      const { page, context } = await visit(options);
      await page.getByRole('button', { name: 'Upload files' }).waitFor();
      const isFitting = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
      await drop(page, 'sent.txt', 'x');
      await panel(page).getByText('1 file uploaded').waitFor();
      expect([await findings(page), await isFitting()]).toEqual([[], true]);
      await page.getByRole('link', { name: 'Page without scripts' }).click();
      await page.getByLabel('Files to send').waitFor();
      await eventually(() => expect(page.url()).toBe(`${share.url}?view=plain`));
      expect([await findings(page), await isFitting()]).toEqual([[], true]);
      await context.close();
    });
  });
});
