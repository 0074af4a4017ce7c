import sharp from 'sharp';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { AppBrowser, AppPage } from '../support/app-browser.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { goBack, isFirefox } from '../support/gestures.ts';
import { requestsTo } from '../support/requests.ts';
import type { TestServer } from '../support/test-server.ts';
import { useAppBench } from '../support/use-app.ts';

const PICTURE = { width: 320, height: 200, channels: 3, background: '#356' } as const;

describeWith('chromium', 'the app: previews and details', () => {
  const bench = useAppBench();
  let server: TestServer;
  let browser: AppBrowser;
  let app: AppPage;

  beforeAll(async () => {
    ({ server, browser } = bench);
    const { ada } = server.mailboxes;
    await ada.put('/show/a picture.png', await sharp({ create: PICTURE }).png().toBuffer());
    await ada.put('/show/b sound.wav', wav(30));
    await ada.put('/show/c document.pdf', pdf('Hello PDF'));
    await ada.put('/show/d text.txt', `first line\n${`${'x'.repeat(63)}\n`.repeat(16 * 1024)}`);
    await ada.put('/show/e notes.md', '# Notes\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n');
    await ada.put('/show/f unknown.bin', 'bytes');
    await ada.put('/show/g versions.txt', 'first version');
    await ada.put('/show/g versions.txt', 'second version');
    await ada.put('/show/below/deep/needle in it.txt', 'found');
    app = await browser.open(server);
    await openFolder();
  });
  afterEach(async () => {
    expect(app.problems).toEqual([]);
    await openFolder();
  });

  const openFolder = async () => {
    await app.page.goto(`${server.url}/ada/show/`);
    await app.page.getByRole('grid').waitFor();
  };
  const dialog = () => app.page.getByRole('dialog');
  const openFile = (name: string) => app.page.locator('.rows').getByText(name, { exact: true }).click();

  it('shows a picture, its neighbours by the arrows, and Back leads to the list', async () => {
    await openFile('a picture.png');
    const picture = dialog().getByRole('img', { name: 'a picture.png' });
    await eventually(async () =>
      expect(await picture.evaluate('document.querySelector("img.picture").naturalWidth')).toBe(320),
    );
    await app.page.keyboard.press('ArrowRight');
    await dialog().getByRole('heading', { name: 'b sound.wav' }).waitFor();
    await dialog().getByRole('button', { name: 'Previous' }).click();
    await dialog().getByRole('heading', { name: 'a picture.png' }).waitFor();
    expect(app.page.url()).toContain('#preview=a%20picture.png');
    await goBack(app.page);
    await dialog().waitFor({ state: 'detached' });
    expect(await app.page.locator('.rows .row').count()).toBe(8);
  });

  it('opens the preview that a URL names', async () => {
    await app.page.goto(`${server.url}/ada/show/?x#preview=e%20notes.md`);
    await dialog().locator('.prose h1').waitFor();
    await app.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await app.page.getByRole('grid').waitFor();
  });

  it('plays a sound, and asks for a part of it when somebody jumps', async () => {
    await openFile('b sound.wav');
    const sound = dialog().locator('audio');
    await eventually(async () => expect(await sound.evaluate('document.querySelector("audio").duration')).toBe(30));
    await sound.evaluate('document.querySelector("audio").currentTime = 28');
    await eventually(async () =>
      expect(await sound.evaluate('document.querySelector("audio").currentTime')).toBeGreaterThanOrEqual(28),
    );
    expect(requestsTo(server).some(({ path, status }) => path.endsWith('b sound.wav') && status === 206)).toBe(true);
  });

  it('shows a PDF in the viewer of the browser, out of bytes of that type only', async () => {
    const { page, context, problems } = await browser.open(server);
    await page.addInitScript(() => {
      const types: string[] = [];
      const { createObjectURL } = URL;
      URL.createObjectURL = (blob: Blob) => {
        types.push(blob.type);
        return createObjectURL(blob);
      };
      Object.assign(window, { typesOfBlobs: types });
    });
    await page.goto(`${server.url}/ada/show/#preview=c%20document.pdf`);
    const frame = page.getByRole('dialog').locator('iframe.document');
    await frame.waitFor();
    expect(await frame.getAttribute('src')).toMatch(/^blob:/);
    expect(await page.evaluate('window.typesOfBlobs')).toEqual(['application/pdf']);
    if (isFirefox(page)) {
      // Its viewer meets the policy of the page as well, says so, and does without what that refuses.
      await frame.contentFrame().getByText('Hello PDF').waitFor();
    } else {
      // Chromium's viewer is an extension, and nobody can look into it.
      expect(problems).toEqual([]);
    }
    await context.close();
  });

  it('shows the beginning of a long text, and says so', async () => {
    await openFile('d text.txt');
    await dialog().locator('pre').getByText('first line').waitFor();
    await dialog().getByText('This is the beginning of the file.').waitFor();
    expect(await dialog().locator('pre').evaluate('document.querySelector("pre").textContent.length')).toBe(
      1024 * 1024,
    );
  });

  it('shows Markdown as its reader sees it', async () => {
    await openFile('e notes.md');
    await dialog().locator('.prose h1').waitFor();
    expect(await dialog().locator('.prose strong').textContent()).toBe('two');
    expect(await dialog().locator('.prose td').allTextContents()).toEqual(['1', '2']);
  });

  it('offers the download of what it cannot show', async () => {
    await openFile('f unknown.bin');
    await dialog().getByText('There is no preview for this kind of file.').waitFor();
    const download = app.page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Download' }).last().click();
    expect((await download).suggestedFilename()).toBe('f unknown.bin');
  });

  it('tells the details of a file, and restores one of its versions after a question', async () => {
    await app.page.locator('.rows .row', { hasText: 'g versions' }).click({ button: 'right' });
    await app.page.getByRole('menuitem', { name: 'Details' }).click();
    await dialog().getByText('QuickXorHash').waitFor();
    await dialog().getByText('Current').waitFor();
    await dialog().getByRole('button', { name: 'Restore' }).click();
    await dialog().last().getByText('It becomes the newest version.').waitFor();
    await dialog().last().getByRole('button', { name: 'Restore' }).click();
    await app.page.getByText('The version is restored').waitFor();
    expect((await server.mailboxes.ada.read('/show/g versions.txt')).toString()).toBe('first version');
  });

  it('searches in all folders below, and a result is opened where it is', async () => {
    await app.page.getByRole('textbox').fill('needle');
    await app.page.keyboard.press('Enter');
    await app.page.getByText('Results for “needle”').waitFor();
    expect(new URL(app.page.url()).search).toBe('?q=needle');
    await app.page.locator('.rows .place', { hasText: 'below / deep' }).waitFor();
    await openFile('needle in it.txt');
    await dialog().locator('pre').getByText('found').waitFor();
  });

  it('shows thumbnails as tiles', async () => {
    await app.page.getByRole('button', { name: 'Thumbnails' }).click();
    const tile = app.page.getByRole('gridcell', { name: 'a picture.png', exact: true });
    await eventually(async () =>
      expect(await tile.locator('img').evaluate('document.querySelector(".tile img").naturalWidth')).toBeGreaterThan(0),
    );
    await app.page.getByRole('grid').focus();
    await app.page.keyboard.press('End');
    await eventually(async () =>
      expect(await app.page.locator('.tile.at-cursor').textContent()).toBe('g versions.txt'),
    );
    await app.page.getByRole('button', { name: 'List' }).click();
    await app.page.locator('.rows .row').first().waitFor();
  });
});

/** A silent sound of some seconds, 8,000 bytes each. */
function wav(seconds: number): Buffer {
  const head = Buffer.alloc(44);
  const size = seconds * 8000;
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, Buffer.alloc(size, 128)]);
}

/** The shortest PDF with a page; viewers find its parts by themselves. */
function pdf(text: string): string {
  const stream = `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`;
  return [
    '%PDF-1.4',
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj',
    `4 0 obj<</Length ${stream.length}>>stream\n${stream}\nendstream endobj`,
    '5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj',
    'trailer<</Root 1 0 R>>',
    '%%EOF',
  ].join('\n');
}
