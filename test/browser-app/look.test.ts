import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AppBrowser, PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import type { TestServer } from '../support/test-server.ts';
import { useAppBench } from '../support/use-app.ts';

describeWith('chromium', 'the app as people see and hear it', () => {
  const bench = useAppBench();
  let server: TestServer;
  let browser: AppBrowser;

  beforeAll(async () => {
    ({ server, browser } = bench);
    const { ada } = server.mailboxes;
    await ada.put('/look/Letters/one.txt', 'x');
    await ada.put('/look/notes.md', '# Notes\n\n[link](https://example.com) and `code`\n');
    await ada.put('/look/plan.txt', 'text');
    await ada.put('/look/photo.jpg', 'no photo');
    ada.mkdir('/look/nothing');
  });
  const opened = async (path: string, options: BrowserContextOptions = {}) => {
    const app = await browser.open(server, { reducedMotion: 'reduce', ...options });
    await app.page.goto(`${server.url}/ada${path}`);
    await app.page.locator('#entries, .notice').waitFor();
    return app;
  };

  describe.each([
    ['light', { colorScheme: 'light' }],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('%s', (_, options) => {
    it('has nothing that axe finds wrong: list, selection, dialogs, menus, tiles, preview, uploads, errors', async () => {
      const { page, problems, context } = await opened('/look/', options);
      const looks: Record<string, () => Promise<unknown>> = {
        list: () => page.getByRole('grid').waitFor(),
        selection: () => page.getByRole('checkbox', { name: 'Select plan.txt' }).check(),
        menu: async () => {
          await page.getByRole('button', { name: 'Settings' }).click();
          await page.getByRole('menu').waitFor();
        },
        details: async () => {
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'More actions: plan.txt' }).click();
          await page.getByRole('menuitem', { name: 'Details' }).click();
          await page.getByRole('dialog').getByText('QuickXorHash').waitFor();
        },
        name: async () => {
          await page.keyboard.press('Escape');
          await page.getByRole('grid').press('F2');
          await page.getByLabel('New name').fill('a/b');
          await page.keyboard.press('Enter');
          await page.getByRole('dialog').getByRole('alert').waitFor();
        },
        preview: async () => {
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
          await page.getByRole('link', { name: 'notes.md' }).click();
          await page.locator('.prose h1').waitFor();
        },
        tiles: async () => {
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
          await page.getByRole('grid').press('Escape');
          await page.getByRole('button', { name: 'Thumbnails' }).click();
          await page.locator('.tile').first().waitFor();
        },
        uploads: async () => {
          await page.evaluate(`(() => {
            const data = new DataTransfer();
            data.items.add(new File(['x'], 'plan.txt'));
            document.querySelector('.app').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
          })()`);
          await page.getByRole('dialog').getByRole('button', { name: 'Skip' }).waitFor();
        },
        empty: async () => {
          await page.keyboard.press('Escape');
          await page.goto(`${server.url}/ada/look/nothing/`);
          await page.getByText('This folder is empty').waitFor();
        },
        error: async () => {
          await page.route('**/*view=entries', route => route.abort());
          await page.reload();
          await page.getByRole('alert').getByText('The server cannot be reached').waitFor();
        },
      };
      for (const [look, show] of Object.entries(looks)) {
        await show();
        expect([look, await findings(page)]).toEqual([look, []]);
      }
      expect(problems).toEqual([]);
      await context.close();
    });
  });

  it('takes the look of the system, and another one by choice, which the next page has from the start', async () => {
    const { page, context } = await opened('/look/', { colorScheme: 'dark' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await background()).toBe('rgb(19, 22, 25)');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemradio', { name: 'Light' }).click();
    expect(await background()).toBe('rgb(251, 251, 252)');
    const next = await page.request.get(page.url(), { headers: { Accept: 'text/html' } });
    expect(await next.text()).toContain('data-theme="light"');
    await context.close();
  });

  it.each([
    ['de-AT', 'de', 'Hochladen', 'Neuer Ordner'],
    ['zh-CN', 'zh', '上传', '新建文件夹'],
    ['fr-FR', 'en', 'Upload', 'New folder'],
  ])('speaks the language of the browser: %s', async (locale, lang, upload, folder) => {
    const { page, context } = await browser.open(server, { locale });
    await page.goto(`${server.url}/ada/look/`);
    await page.getByRole('button', { name: upload, exact: true }).waitFor();
    await page.getByRole('button', { name: folder }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe(lang);
    await context.close();
  });

  it('shows times where the reader is, and says them exactly to programs', async () => {
    await server.mailboxes.ada.put('/times/x.txt', 'x', { modified: new Date('2026-03-04T22:30:00Z') });
    const { page, context } = await opened('/times/', { timezoneId: 'Asia/Tokyo', locale: 'en-US' });
    const time = page.locator('.rows time');
    expect([await time.textContent(), await time.getAttribute('datetime')]).toEqual([
      'Mar 5, 2026, 7:30 AM',
      '2026-03-04T22:30:00.000Z',
    ]);
    await context.close();
  });

  it('moves on to the plain page without scripts, though the app has run before', async () => {
    const { page, context } = await opened('/look/');
    const cookies = await context.cookies();
    const plain = await browser.open(server, { javaScriptEnabled: false });
    await plain.context.addCookies(cookies);
    await plain.page.goto(`${server.url}/ada/look/`);
    await eventually(() => expect(plain.page.url()).toBe(`${server.url}/ada/look/?view=plain`));
    await plain.page.getByRole('table').getByRole('link', { name: 'plan.txt' }).waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: 'Page without scripts' }).click();
    await page.getByRole('table').waitFor();
    await Promise.all([context.close(), plain.context.close()]);
  });

  it('leads to the plain page where the script cannot be had', async () => {
    const { page, context } = await browser.open(server);
    await page.route('**/-/app/main-*', route => route.abort());
    await page.goto(`${server.url}/ada/look/`);
    await page.getByRole('link', { name: 'This folder as a page without scripts' }).click();
    await page.getByRole('table').getByRole('link', { name: 'plan.txt' }).waitFor();
    await context.close();
  });

  it('shows a place that may only be read without anything that would change it', async () => {
    const { page, context } = await browser.open(server);
    await page.goto(`${server.url}/`);
    await page.getByText('grace').waitFor();
    for (const name of ['Upload', 'New folder']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
    await context.close();
  });
});
