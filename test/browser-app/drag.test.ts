import { expect, it } from 'vitest';
import { IS_PHONE } from '../support/app-browser.ts';
import { waysOn } from '../support/app-ways.ts';
import { describeWith } from '../support/foreign-client.ts';
import { dragOnto, pickUp, tap } from '../support/gestures.ts';
import { listedOn } from '../support/listed-entries.ts';
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

  const user = waysOn(() => on.page);
  const { row, seesRows, hears } = listedOn(() => on.page);
  const crumb = (name: string) => on.page.getByRole('navigation').getByRole('listitem').filter({ hasText: name });
  const read = async (path: string) => (await on.server.mailboxes.ada.read(`${on.folder}/${path}`)).toString();

  (IS_PHONE ? byFinger : byMouse)();

  function byMouse() {
    it('moves a row onto a folder, and shows while it is over it that it will', async () => {
      const drag = await pickUp(row('plan 1.txt'));
      await drag.over(row('Reports'));
      await on.page.locator('.row.drop-into', { hasText: 'Reports' }).waitFor();
      await drag.drop();
      await hears('1 item moved');
      await seesRows('Letters', 'Reports', 'plan 2.txt');
      expect(await read('Reports/plan 1.txt')).toBe('first');
      expect(await on.page.locator('.drop-into').count()).toBe(0);
    });

    it('moves all that are selected, by their names, and copies with Ctrl', async () => {
      await user.select('plan 1.txt', 'plan 2.txt');
      await dragOnto(row('plan 1.txt').getByRole('link'), row('Reports'), { withControl: true });
      await hears('2 items copied');
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      expect([await read('Reports/plan 1.txt'), await read('plan 1.txt')]).toEqual(['first', 'first']);
      await user.select('plan 1.txt', 'plan 2.txt');
      await dragOnto(row('plan 2.txt'), row('Letters'));
      await hears('2 items moved');
      await seesRows('Letters', 'Reports');
      expect([await read('Letters/plan 1.txt'), await read('Letters/plan 2.txt')]).toEqual(['first', 'second']);
    });

    it('moves a folder up by the breadcrumb, and nothing onto itself or to where it is', async () => {
      await dragOnto(row('Letters'), row('Reports'));
      await seesRows('Reports', 'plan 1.txt', 'plan 2.txt');
      await row('Reports').getByRole('link').click();
      await seesRows('Letters', 'old.txt');
      await dragOnto(row('Letters'), row('Letters'));
      await dragOnto(row('old.txt'), crumb('Reports'));
      await seesRows('Letters', 'old.txt');
      await dragOnto(row('Letters'), crumb(on.folder.slice(1)));
      await seesRows('old.txt');
      await crumb(on.folder.slice(1)).getByRole('link').click();
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      expect(on.tree()).toHaveLength(5);
    });

    it('asks where a name is taken there, and finds a free one without knowing that folder', async () => {
      await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 1.txt`, 'other');
      await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 1 (2).txt`, 'another');
      await dragOnto(row('plan 1.txt'), row('Reports'));
      await on.page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
      await on.page.getByRole('dialog').waitFor({ state: 'detached' });
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      await dragOnto(row('plan 1.txt'), row('Reports'));
      await on.page.getByRole('dialog').getByRole('button', { name: 'Keep both' }).click();
      await hears('1 item moved');
      expect([await read('Reports/plan 1.txt'), await read('Reports/plan 1 (2).txt')]).toEqual(['other', 'another']);
      expect(await read('Reports/plan 1 (3).txt')).toBe('first');
    });

    it('works with tiles, and is no upload', async () => {
      await on.page.getByRole('button', { name: 'Thumbnails' }).click();
      const tile = (name: string) => on.page.locator('.tile', { hasText: name });
      await dragOnto(tile('plan 2.txt'), tile('Letters'));
      await hears('1 item moved');
      expect(await read('Letters/plan 2.txt')).toBe('second');
      expect(await on.page.getByRole('region', { name: 'Uploads' }).count()).toBe(0);
      await on.page.getByRole('button', { name: 'List', exact: true }).click();
    });
  }

  /** There is no mouse on a phone: what is dragged elsewhere is cut, and pasted in the other folder. */
  function byFinger() {
    const goInto = (name: string) => tap(row(name).getByRole('link'));
    const carry = async (names: string[], { way, open }: { way: 'copy' | 'cut'; open: () => Promise<void> }) => {
      await user.select(...names);
      await user[way]();
      await open();
      await user.paste(names.length);
    };

    it('moves a row into a folder', async () => {
      await carry(['plan 1.txt'], { way: 'cut', open: () => goInto('Reports') });
      await hears('1 item moved');
      await seesRows('old.txt', 'plan 1.txt');
      await on.open();
      await seesRows('Letters', 'Reports', 'plan 2.txt');
      expect(await read('Reports/plan 1.txt')).toBe('first');
    });

    it('copies and moves all that are selected', async () => {
      await carry(['plan 1.txt', 'plan 2.txt'], { way: 'copy', open: () => goInto('Reports') });
      await hears('2 items copied');
      await on.open();
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      await carry(['plan 1.txt', 'plan 2.txt'], { way: 'cut', open: () => goInto('Letters') });
      await hears('2 items moved');
      await on.open();
      await seesRows('Letters', 'Reports');
      expect([await read('Reports/plan 1.txt'), await read('Letters/plan 2.txt')]).toEqual(['first', 'second']);
    });

    it('moves a folder up by the breadcrumb, and nothing into itself or to where it is', async () => {
      await carry(['Letters'], { way: 'cut', open: () => goInto('Letters') });
      await hears('“Letters”: A folder cannot go into itself.');
      await on.open();
      await carry(['Letters'], { way: 'cut', open: async () => {} });
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      await carry(['Letters'], { way: 'cut', open: () => goInto('Reports') });
      await seesRows('Letters', 'old.txt');
      await carry(['Letters'], { way: 'cut', open: () => tap(crumb(on.folder.slice(1)).getByRole('link')) });
      await seesRows('Letters', 'Reports', 'plan 1.txt', 'plan 2.txt');
      expect(on.tree()).toHaveLength(5);
    });

    it('asks where a name is taken there', async () => {
      await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 1.txt`, 'other');
      await carry(['plan 1.txt'], { way: 'cut', open: () => goInto('Reports') });
      await tap(on.page.getByRole('dialog').getByRole('button', { name: 'Keep both' }));
      await hears('1 item moved');
      expect([await read('Reports/plan 1.txt'), await read('Reports/plan 1 (2).txt')]).toEqual(['other', 'first']);
    });

    it('works with tiles', async () => {
      await tap(on.page.getByRole('button', { name: 'Thumbnails' }));
      await carry(['plan 2.txt'], { way: 'cut', open: () => tap(on.page.locator('.tile', { hasText: 'Letters' })) });
      await hears('1 item moved');
      expect(await read('Letters/plan 2.txt')).toBe('second');
      await tap(on.page.getByRole('button', { name: 'List', exact: true }));
    });
  }
});
