import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { findings } from '../support/axe.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { visitor } from '../support/shares.ts';
import { useAppInFolder } from '../support/use-app.ts';

/** OneDrive has no such name now, but old files may; none of them can be shared. */
const EVIL = '<img src=x onerror=window.hacked=1>"\'.txt';

const SLY = "&lt;img src=x onerror=window.hacked=1&gt; ' onmouseover='window.hacked=1.txt";

describeWith('chromium', 'the app: links that share', () => {
  const on = useAppInFolder({
    server: { yaml: ['shares: { maxDays: 20, maxDownloads: 50, mounts: [ada] }'] },
    seed: async ({ server, folder }) => {
      await server.mailboxes.ada.put(`${folder}/Reports/a.txt`, 'in the folder');
      await server.mailboxes.ada.put(`${folder}/plan.txt`, 'the plan');
    },
  });

  const dialog = (page = on.page) => page.getByRole('dialog').last();
  const menuOf = async (name: string, line: string, page = on.page) => {
    await page.getByRole('button', { name: `More actions: ${name}` }).click();
    await page.getByRole('menuitem', { name: line, exact: true }).click();
  };
  const create = async (page = on.page): Promise<string> => {
    await dialog(page).getByRole('button', { name: 'Create link' }).click();
    return dialog(page).getByLabel('Link', { exact: true }).inputValue();
  };
  const rootOf = (url: string) => new URL(url).pathname;
  const listed = () => dialog().getByRole('listitem');
  const dayIn = (days: number, page: Page) =>
    page.evaluate(
      `(() => { const day = new Date(); day.setDate(day.getDate() + ${days}); return day.toLocaleDateString('sv'); })()`,
    ) as Promise<string>;

  it('makes a link to a file with an end, a password and a limit, shows it once, and copies it', async () => {
    await menuOf('plan.txt', 'Share');
    await dialog().getByRole('heading', { name: 'Share “plan.txt”' }).waitFor();
    const day = dialog().getByLabel('Last day');
    await day.waitFor();
    // A file cannot take files.
    expect(await dialog().getByRole('radio').count()).toBe(1);
    expect([await day.inputValue(), await day.getAttribute('max')]).toEqual([
      await dayIn(7, on.page),
      await dayIn(20, on.page),
    ]);
    await day.fill(await dayIn(3, on.page));
    await dialog().getByLabel('Password').fill('open sesame');
    await dialog().getByLabel('Most downloads').fill('2');
    const url = await create();
    await dialog().getByRole('button', { name: 'Copy' }).click();
    await dialog().getByRole('button', { name: 'Link copied' }).waitFor();
    const get = (password?: string) => visitor(on.server, password)('GET', `${rootOf(url)}plan.txt`);
    expect([(await get()).status, (await get('open sesame')).text]).toEqual([401, 'the plan']);
    await eventually(async () => expect(await listed().allTextContents()).toHaveLength(1));
    const [text] = await listed().allTextContents();
    expect(text).toMatch(/To see and download.*with a password · 0 of 2 downloads · never opened/);
    await on.page.keyboard.press('Escape');
    await menuOf('plan.txt', 'Share');
    await listed().getByText('1 of 2 downloads').waitFor();
    await dialog().getByLabel('Password').press('Control+v');
    expect(await dialog().getByLabel('Password').inputValue()).toBe(url);
    expect(await on.page.content()).not.toContain(rootOf(url).split('/').at(-2));
    const { shares } = JSON.parse((await asked('?view=shares')).text);
    const end = new Date(`${await dayIn(3, on.page)}T23:59:59`);
    expect(Math.abs(Date.parse(shares.at(-1).expires) - end.getTime())).toBeLessThan(24 * 60 * 60_000);
  });

  const asked = (query: string) =>
    on.page.request
      .get(`${on.server.url}/${query}`)
      .then(async answer => ({ status: answer.status(), text: await answer.text() }));

  it('makes a link that takes files into the folder that is shown, until as late as it may be', async () => {
    await on.page.getByRole('toolbar').getByRole('button', { name: 'Share' }).click();
    await dialog().getByLabel('send new files').check();
    expect(await dialog().getByLabel('Most downloads').count()).toBe(0);
    await dialog()
      .getByLabel('Last day')
      .fill(await dayIn(20, on.page));
    const url = await create();
    const by = visitor(on.server);
    expect((await by('PUT', `${rootOf(url)}sent.txt`, {}, 'by a visitor')).status).toBe(201);
    expect((await on.server.mailboxes.ada.read(`${on.folder}/sent.txt`)).toString()).toBe('by a visitor');
    expect((await by('PUT', `${rootOf(url)}plan.txt`, {}, 'other')).status).toBe(403);
  });

  it('ends a link after a question, from the list of one place or of all', async () => {
    await menuOf('Reports', 'Share');
    const url = await create();
    const status = async () => (await visitor(on.server)('GET', `${rootOf(url)}a.txt`)).status;
    expect(await status()).toBe(200);
    await on.page.keyboard.press('Escape');
    await on.page.getByRole('button', { name: 'Settings' }).click();
    await on.page.getByRole('menuitem', { name: 'Your links' }).click();
    const line = listed().filter({ hasText: `ada / ${on.folder.slice(1)} / Reports /` });
    await line.getByRole('button', { name: 'End' }).click();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    expect(await status()).toBe(200);
    await line.getByRole('button', { name: 'End' }).click();
    await dialog().getByRole('heading', { name: 'End this link?' }).waitFor();
    await dialog().getByRole('button', { name: 'End' }).click();
    await line.getByText('ended by hand').waitFor();
    expect([await status(), await line.getByRole('button').count()]).toEqual([410, 0]);
    await on.page.keyboard.press('Escape');
  });

  it('says why there is no link: too short a password, and a right that was lost meanwhile', async () => {
    await menuOf('plan.txt', 'Share');
    await dialog().getByLabel('Password').pressSequentially('abc');
    await dialog().getByRole('button', { name: 'Create link' }).click();
    expect(
      (await dialog().getByLabel('Password').evaluate('document.activeElement.validity.tooShort')) as unknown,
    ).toBe(true);
    await dialog().getByLabel('Password').fill('');
    await on.page.route('**/*action=share', route =>
      route.fulfill({ status: 409, json: { error: { code: 'too-many', message: '' } } }),
    );
    await dialog().getByRole('button', { name: 'Create link' }).click();
    await dialog().getByRole('alert').getByText('as many links as you may have').waitFor();
    await on.page.unroute('**/*action=share');
    await on.server.mailboxes.ada.remove(`${on.folder}/plan.txt`);
    await dialog().getByRole('button', { name: 'Create link' }).click();
    await dialog().getByRole('alert').getByText('It is not there any more.').waitFor();
    await on.page.keyboard.press('Escape');
  });

  it('has no such dialog where nothing may be shared', async () => {
    const { page, context } = await on.browser.open(on.server);
    await page.goto(`${on.server.url}/grace/`);
    await page.locator('#entries, .notice').waitFor();
    expect(await page.getByRole('toolbar').getByRole('button', { name: 'Share' }).count()).toBe(0);
    await page.getByRole('button', { name: 'View' }).click();
    await page.getByRole('menuitem', { name: 'Refresh' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Share' }).count()).toBe(0);
    await context.close();
  });

  describe.each([
    ['light', { colorScheme: 'light' }],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('%s', (_, options) => {
    it('shows a name that is a script as text; axe finds nothing wrong, and nothing is wider than the page', async () => {
      await on.server.mailboxes.ada.plant(`${on.folder}/${EVIL}`, { content: 'x' });
      await on.server.mailboxes.ada.put(`${on.folder}/${SLY}`, 'x');
      const { page, context, problems } = await on.browser.open(on.server, { reducedMotion: 'reduce', ...options });
      await page.goto(`${on.server.url}${encodeURI(`/ada${on.folder}/`)}`);
      const isFitting = async () => {
        const [inner, outer] = (await page.evaluate(
          '[...document.querySelectorAll("dialog")].map(each => [each.scrollWidth, each.clientWidth]).at(-1)',
        )) as [number, number];
        return inner <= outer;
      };
      await menuOf(EVIL, 'Share', page);
      await dialog(page).getByRole('button', { name: 'Create link' }).waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await isFitting()).toBe(true);
      await page.keyboard.press('Escape');
      await menuOf(SLY, 'Share', page);
      await create(page);
      await dialog(page).getByRole('listitem').first().waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await isFitting()).toBe(true);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('menuitem', { name: 'Your links' }).click();
      await dialog(page).getByText(SLY).first().waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await dialog(page).locator('img').count()).toBe(0);
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(problems).toEqual([]);
      await context.close();
    });
  });
});
