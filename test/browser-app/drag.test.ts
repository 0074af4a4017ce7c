import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { useAppInFolder } from '../support/use-app.ts';

describeWith('chromium', 'the app: rows that are dragged', () => {
  const on = useAppInFolder({
    seed: async ({ server, folder }) => {
      const { ada } = server.mailboxes;
      await ada.put(`${folder}/Reports/old.txt`, 'old');
      ada.mkdir(`${folder}/Letters`);
      await ada.put(`${folder}/plan 1.txt`, 'first');
      await ada.put(`${folder}/plan 2.txt`, 'second');
    },
  });

  const row = (name: string) => on.page.locator('.rows .row', { hasText: name });
  const crumb = (name: string) => on.page.getByRole('navigation').getByRole('listitem').filter({ hasText: name });
  const rows = () => on.page.locator('.rows .cell.name bdi').allTextContents();
  const seesRows = (...names: string[]) => eventually(async () => expect(await rows()).toEqual(names));
  const hears = (text: string) => on.page.getByText(text, { exact: true }).first().waitFor();
  const read = async (path: string) => (await on.server.mailboxes.ada.read(`${on.folder}/${path}`)).toString();

  it('moves a row onto a folder, and shows while it is over it that it will', async () => {
    await row('plan 1.txt').hover();
    await on.page.mouse.down();
    await row('Reports').hover();
    await row('Reports').hover();
    await on.page.locator('.row.drop-into', { hasText: 'Reports' }).waitFor();
    await on.page.mouse.up();
    await hears('1 item moved');
    await seesRows('Letters', 'Reports', 'plan 2.txt');
    expect(await read('Reports/plan 1.txt')).toBe('first');
    expect(await on.page.locator('.drop-into').count()).toBe(0);
  });

  it('moves all that are selected, by their names, and copies with Ctrl', async () => {
    await row('plan 1.txt').click();
    await row('plan 2.txt').click({ modifiers: ['Control'] });
    await on.page.keyboard.down('Control');
    await row('plan 1.txt').getByRole('link').dragTo(row('Reports'));
    await on.page.keyboard.up('Control');
    await hears('2 items copied');
    await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
    expect([await read('Reports/plan 1.txt'), await read('plan 1.txt')]).toEqual(['first', 'first']);
    await row('plan 1.txt').click();
    await row('plan 2.txt').click({ modifiers: ['Control'] });
    await row('plan 2.txt').dragTo(row('Letters'));
    await hears('2 items moved');
    await seesRows('Letters', 'Reports');
    expect([await read('Letters/plan 1.txt'), await read('Letters/plan 2.txt')]).toEqual(['first', 'second']);
  });

  it('moves a folder up by the breadcrumb, and nothing onto itself or to where it is', async () => {
    await row('Letters').dragTo(row('Reports'));
    await seesRows('Reports', 'plan 1.txt', 'plan 2.txt');
    await row('Reports').getByRole('link').click();
    await seesRows('Letters', 'old.txt');
    await row('Letters').dragTo(row('Letters'));
    await row('old.txt').dragTo(crumb('Reports'));
    await seesRows('Letters', 'old.txt');
    await row('Letters').dragTo(crumb(on.folder.slice(1)));
    await seesRows('old.txt');
    await crumb(on.folder.slice(1)).getByRole('link').click();
    await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
    expect(on.tree()).toHaveLength(5);
  });

  it('asks where a name is taken there, and finds a free one without knowing that folder', async () => {
    await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 1.txt`, 'other');
    await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 1 (2).txt`, 'another');
    await row('plan 1.txt').dragTo(row('Reports'));
    await on.page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
    await on.page.getByRole('dialog').waitFor({ state: 'detached' });
    await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
    await row('plan 1.txt').dragTo(row('Reports'));
    await on.page.getByRole('dialog').getByRole('button', { name: 'Keep both' }).click();
    await hears('1 item moved');
    expect([await read('Reports/plan 1.txt'), await read('Reports/plan 1 (2).txt')]).toEqual(['other', 'another']);
    expect(await read('Reports/plan 1 (3).txt')).toBe('first');
  });

  it('works with tiles, and is no upload', async () => {
    await on.page.getByRole('button', { name: 'Thumbnails' }).click();
    const tile = (name: string) => on.page.getByRole('option').filter({ hasText: name });
    await tile('plan 2.txt').dragTo(tile('Letters'));
    await hears('1 item moved');
    expect(await read('Letters/plan 2.txt')).toBe('second');
    expect(await on.page.getByRole('region', { name: 'Uploads' }).count()).toBe(0);
    await on.page.getByRole('button', { name: 'List', exact: true }).click();
  });
});
