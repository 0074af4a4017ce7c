import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { PHONE } from '../support/app-browser.ts';
import { describeWith } from '../support/foreign-client.ts';
import { unzipped } from '../support/unzipped.ts';
import { useAppInFolder } from '../support/use-app.ts';

const MANY = 60;

describeWith('chromium', 'the app: zips', () => {
  const on = useAppInFolder({
    seed: async ({ server, folder }) => {
      const { ada } = server.mailboxes;
      await ada.put(`${folder}/Reports/a.txt`, 'in the folder');
      await ada.put(`${folder}/Reports/below/b ü.txt`, 'below');
      await ada.put(`${folder}/plan 1.txt`, 'first');
      await ada.put(`${folder}/plan 2.txt`, 'second');
    },
  });

  /** What is saved when something is done. */
  async function saved(act: () => Promise<unknown>, page = on.page) {
    const [download] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: download.suggestedFilename(), path: await download.path() };
  }

  /** Playwright 1.64 has no touch for Firefox, only the click that a touch ends with. */
  const touch = (target: Locator) =>
    target.page().context().browser()!.browserType().name() === 'firefox' ? target.click() : target.tap();

  it('saves a folder by its menu, and the one that is shown', async () => {
    const reports = await saved(async () => {
      await on.page.getByRole('button', { name: 'More actions: Reports' }).click();
      await on.page.getByRole('menuitem', { name: 'Download as zip' }).click();
    });
    expect(reports.name).toBe('Reports.zip');
    expect(await unzipped(reports.path)).toEqual({
      'Reports/': '',
      'Reports/a.txt': 'in the folder',
      'Reports/below/': '',
      'Reports/below/b ü.txt': 'below',
    });
    const shown = await saved(async () => {
      await on.page.getByRole('button', { name: 'View' }).click();
      await on.page.getByRole('menuitem', { name: 'Download as zip' }).click();
    });
    expect(shown.name).toBe(`${on.folder.slice(1)}.zip`);
    expect(Object.keys(await unzipped(shown.path)).sort()).toEqual([
      ...['Reports/', 'Reports/a.txt', 'Reports/below/', 'Reports/below/b ü.txt', 'plan 1.txt', 'plan 2.txt'],
    ]);
  });

  it('saves what is selected, also on a phone; a single file stays as it is', async () => {
    const { page, context } = await on.browser.open(on.server, PHONE);
    await page.goto(`${on.server.url}${encodeURI(`/ada${on.folder}/`)}`);
    await touch(page.getByRole('checkbox', { name: 'Select plan 1.txt' }));
    const one = await saved(() => touch(page.getByRole('button', { name: 'Download', exact: true })), page);
    expect(one.name).toBe('plan 1.txt');
    await touch(page.getByRole('checkbox', { name: 'Select plan 2.txt' }));
    const two = await saved(() => touch(page.getByRole('button', { name: 'Download as zip' })), page);
    expect(await unzipped(two.path)).toEqual({ 'plan 1.txt': 'first', 'plan 2.txt': 'second' });
    await context.close();
  });

  it('sends a selection that is too long for a URL beforehand', async () => {
    const name = (index: number) => `${'a long name '.repeat(8)}${index}.txt`;
    for (let index = 0; index < MANY; index += 1) {
      await on.server.mailboxes.ada.put(`${on.folder}/many/${name(index)}`, `${index}`);
    }
    await on.open();
    await on.page.getByRole('link', { name: 'many' }).click();
    await on.page.getByText(`${MANY} files`).waitFor();
    await on.page.getByRole('grid').press('Control+a');
    const urls: string[] = [];
    on.page.on('request', request => urls.push(request.url()));
    const all = await saved(() => on.page.getByRole('button', { name: 'Download as zip' }).click());
    expect(Object.keys(await unzipped(all.path))).toHaveLength(MANY);
    expect(Math.max(...urls.map(url => url.length))).toBeLessThan(2_100);
  });

  it('says what cannot be packed', async () => {
    await on.server.mailboxes.ada.remove(`${on.folder}/plan 2.txt`);
    await on.page.getByRole('checkbox', { name: 'Select plan 1.txt' }).check();
    await on.page.getByRole('checkbox', { name: 'Select plan 2.txt' }).check();
    await on.page.getByRole('button', { name: 'Download as zip' }).click();
    await on.page.getByText('“plan 1.txt, plan 2.txt”: It is not there any more.').waitFor();
  });
});
