import { expect, it } from 'vitest';
import { waysOn } from '../support/app-ways.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { goBack } from '../support/gestures.ts';
import { listedOn } from '../support/listed-entries.ts';
import { useAppInFolder } from '../support/use-app.ts';

describeWith('chromium', 'the app: files', () => {
  const on = useAppInFolder({
    seed: async ({ server, folder }) => {
      const { ada } = server.mailboxes;
      ada.mkdir(`${folder}/Reports`);
      await ada.put(`${folder}/plan 2.txt`, 'second', { modified: new Date('2026-01-02T00:00:00Z') });
      await ada.put(`${folder}/plan 10.txt`, 'the tenth', { modified: new Date('2026-01-01T00:00:00Z') });
    },
  });

  const user = waysOn(() => on.page);
  const { row, rows, seesRows, hears } = listedOn(() => on.page);
  const key = (keys: string) => on.page.keyboard.press(keys);

  it('lists folders first, numbers as numbers, and sorts by each column', async () => {
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await user.sortBy('Modified');
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await user.sortBy('Modified');
    await seesRows('Reports', 'plan 10.txt', 'plan 2.txt');
    await user.sortBy('Name');
    expect(await on.page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');
  });

  it('filters as somebody types', async () => {
    await key('/');
    await on.page.getByRole('textbox').fill('PLAN 1');
    await seesRows('plan 10.txt');
    await key('Escape');
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
  });

  it('goes into folders and back without loading a page, and each has its URL', async () => {
    await on.page.evaluate('window.isSamePage = true');
    await row('Reports').getByRole('link').click();
    await on.page.getByText('This folder is empty').waitFor();
    expect(new URL(on.page.url()).pathname).toBe(`${encodeURI(`/ada${on.folder}`)}/Reports/`);
    await eventually(async () => expect(await on.page.title()).toBe(`Reports – ada${on.folder}`));
    await goBack(on.page);
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await on.page.getByRole('navigation').getByRole('link', { name: 'ada' }).click();
    await row(on.folder.slice(1)).first().waitFor();
    expect(await on.page.evaluate('window.isSamePage')).toBe(true);
  });

  it('is worked by the keyboard: arrows, Enter, Backspace, and the first letters of a name', async () => {
    await on.page.getByRole('grid').focus();
    await key('ArrowDown');
    await key('Enter');
    await on.page.getByText('This folder is empty').waitFor();
    await goBack(on.page);
    await on.page.getByRole('grid').focus();
    await on.page.keyboard.type('plan 1');
    await eventually(async () => expect(await on.page.locator('.at-cursor bdi').textContent()).toBe('plan 10.txt'));
    await key('Shift+ArrowUp');
    await on.page.getByText('2 selected').waitFor();
    await key('Control+a');
    await on.page.getByText('3 selected').waitFor();
    await key('Escape');
    await key('Backspace');
    await eventually(() => expect(new URL(on.page.url()).pathname).toBe('/ada/'));
  });

  it('makes a folder, and says in the dialog when the name is taken or not allowed', async () => {
    await on.page.getByRole('button', { name: 'New folder' }).click();
    const field = on.page.getByLabel('Name of the folder');
    await field.fill('a/b');
    await key('Enter');
    await on.page.getByRole('alert').getByText('A name cannot contain').waitFor();
    await field.fill('Reports');
    await key('Enter');
    await hears('There is already something with this name.');
    await field.fill('Letters');
    await key('Enter');
    await seesRows('Letters', 'Reports', 'plan 2.txt', 'plan 10.txt');
    expect(on.tree()).toContain(`${on.folder}/Letters/`);
  });

  it('renames, and never over another file', async () => {
    await row('plan 2.txt').getByRole('checkbox').check();
    await user.rename();
    const field = on.page.getByLabel('New name');
    expect(
      await field.evaluate(
        '(field => field.value.slice(field.selectionStart, field.selectionEnd))(document.activeElement)',
      ),
    ).toBe('plan 2');
    await field.fill('plan 10.txt');
    await key('Enter');
    await hears('There is already something with this name.');
    await field.fill('draft.txt');
    await key('Enter');
    await seesRows('Reports', 'draft.txt', 'plan 10.txt');
    expect((await on.server.mailboxes.ada.read(`${on.folder}/plan 10.txt`)).toString()).toBe('the tenth');
  });

  it('copies, and asks where a name is taken', async () => {
    await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 2.txt`, 'other');
    await user.select('plan 2.txt', 'plan 10.txt');
    await user.copy();
    await row('Reports').getByRole('link').click();
    await seesRows('plan 2.txt');
    await on.page.getByRole('button', { name: 'Paste 2 items here' }).click();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Keep both' }).click();
    await seesRows('plan 2 (2).txt', 'plan 2.txt', 'plan 10.txt');
    expect((await on.server.mailboxes.ada.read(`${on.folder}/Reports/plan 2 (2).txt`)).toString()).toBe('second');
    expect((await on.server.mailboxes.ada.read(`${on.folder}/Reports/plan 2.txt`)).toString()).toBe('other');
  });

  it('moves by cut and paste, and replaces only when it is told to', async () => {
    await on.server.mailboxes.ada.put(`${on.folder}/Reports/plan 2.txt`, 'other');
    await user.select('plan 2.txt');
    await user.cut();
    await row('Reports').getByRole('link').click();
    await seesRows('plan 2.txt');
    await user.paste(1);
    await on.page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await hears('1 item moved');
    expect((await on.server.mailboxes.ada.read(`${on.folder}/Reports/plan 2.txt`)).toString()).toBe('second');
    expect(on.tree()).not.toContain(`${on.folder}/plan 2.txt`);
  });

  it('deletes after a question that names the recycle bin, and not a file that has changed since', async () => {
    await on.server.mailboxes.ada.put(`${on.folder}/plan 10.txt`, 'changed by somebody');
    await user.select('plan 2.txt', 'plan 10.txt');
    await user.remove();
    await on.page.getByText('recycle bin').waitFor();
    await on.page.getByRole('button', { name: 'Cancel' }).click();
    expect(on.tree()).toHaveLength(3);
    await user.remove();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await eventually(() => expect(on.tree()).not.toContain(`${on.folder}/plan 2.txt`));
    await hears('“plan 10.txt”: It has been changed in the meantime.');
    await seesRows('Reports', 'plan 10.txt');
    expect((await on.server.mailboxes.ada.read(`${on.folder}/plan 10.txt`)).toString()).toBe('changed by somebody');
  });

  it('shows a listing that was cut as an error, never as a short one, with a way to try again', async () => {
    await on.page.route('**/*view=entries', async route => {
      const answer = await route.fetch();
      const text = await answer.text();
      await route.fulfill({ response: answer, body: text.slice(0, text.lastIndexOf('{"end"')) });
    });
    await on.page.goto(`${on.server.url}${encodeURI(`/ada${on.folder}/`)}`);
    await on.page.getByText('The connection broke before everything had arrived.').waitFor();
    expect(await rows()).toEqual([]);
    await on.page.unroute('**/*view=entries');
    await on.page.getByRole('button', { name: 'Try again' }).click();
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
  });
});
