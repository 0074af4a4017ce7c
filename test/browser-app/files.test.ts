import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AppBrowser, type AppPage, startAppBrowser } from '../support/app-browser.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('chromium', 'the app: files', () => {
  let server: TestServer;
  let browser: AppBrowser;
  let app: AppPage;
  let folder: string;
  let turn = 0;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startTestServer({ yaml: ['cache: { ttlSeconds: 0 }'] }), startAppBrowser()]);
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  });
  beforeEach(async () => {
    turn += 1;
    folder = `/turn ${turn}`;
    server.mailboxes.ada.mkdir(`${folder}/Reports`);
    await server.mailboxes.ada.put(`${folder}/plan 2.txt`, 'second', { modified: new Date('2026-01-02T00:00:00Z') });
    await server.mailboxes.ada.put(`${folder}/plan 10.txt`, 'the tenth', {
      modified: new Date('2026-01-01T00:00:00Z'),
    });
    app ??= await browser.open(server);
    await app.page.goto(`${server.url}${encodeURI(`/ada${folder}/`)}`);
    await app.page.getByRole('grid').waitFor();
  });
  afterEach(() => {
    expect(app.problems).toEqual([]);
  });

  const rows = () => app.page.locator('.rows .cell.name bdi').allTextContents();
  const row = (name: string) => app.page.locator('.rows .row', { hasText: name });
  const key = (keys: string) => app.page.keyboard.press(keys);
  const tree = () =>
    Object.keys(server.mailboxes.ada.tree())
      .filter(path => path.startsWith(`${folder}/`) && path !== `${folder}/`)
      .sort();
  const seesRows = (...names: string[]) => eventually(async () => expect(await rows()).toEqual(names));
  const hears = (text: string) => app.page.getByText(text, { exact: true }).first().waitFor();

  it('lists folders first, numbers as numbers, and sorts by each column', async () => {
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await app.page.getByRole('button', { name: 'Modified' }).click();
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await app.page.getByRole('button', { name: 'Modified' }).click();
    await seesRows('Reports', 'plan 10.txt', 'plan 2.txt');
    await app.page.getByRole('button', { name: 'Name' }).click();
    expect(await app.page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');
  });

  it('filters as somebody types', async () => {
    await key('/');
    await app.page.getByRole('textbox').fill('PLAN 1');
    await seesRows('plan 10.txt');
    await key('Escape');
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
  });

  it('goes into folders and back without loading a page, and each has its URL', async () => {
    await app.page.evaluate('window.isSamePage = true');
    await row('Reports').getByRole('link').click();
    await app.page.getByText('This folder is empty').waitFor();
    expect(new URL(app.page.url()).pathname).toBe(`${encodeURI(`/ada${folder}`)}/Reports/`);
    await eventually(async () => expect(await app.page.title()).toBe(`Reports – ada${folder}`));
    await app.page.goBack();
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
    await app.page.getByRole('navigation').getByRole('link', { name: 'ada' }).click();
    await row(folder.slice(1)).first().waitFor();
    expect(await app.page.evaluate('window.isSamePage')).toBe(true);
  });

  it('is worked by the keyboard: arrows, Enter, Backspace, and the first letters of a name', async () => {
    await app.page.getByRole('grid').focus();
    await key('ArrowDown');
    await key('Enter');
    await app.page.getByText('This folder is empty').waitFor();
    await app.page.goBack();
    await app.page.getByRole('grid').focus();
    await app.page.keyboard.type('plan 1');
    await eventually(async () => expect(await app.page.locator('.at-cursor bdi').textContent()).toBe('plan 10.txt'));
    await key('Shift+ArrowUp');
    await app.page.getByText('2 selected').waitFor();
    await key('Control+a');
    await app.page.getByText('3 selected').waitFor();
    await key('Escape');
    await key('Backspace');
    await eventually(() => expect(new URL(app.page.url()).pathname).toBe('/ada/'));
  });

  it('makes a folder, and says in the dialog when the name is taken or not allowed', async () => {
    await app.page.getByRole('button', { name: 'New folder' }).click();
    const field = app.page.getByLabel('Name of the folder');
    await field.fill('a/b');
    await key('Enter');
    await app.page.getByRole('alert').getByText('A name cannot contain').waitFor();
    await field.fill('Reports');
    await key('Enter');
    await hears('There is already something with this name.');
    await field.fill('Letters');
    await key('Enter');
    await seesRows('Letters', 'Reports', 'plan 2.txt', 'plan 10.txt');
    expect(tree()).toContain(`${folder}/Letters/`);
  });

  it('renames, and never over another file', async () => {
    await row('plan 2.txt').getByRole('checkbox').check();
    await app.page.getByRole('grid').focus();
    await key('F2');
    const field = app.page.getByLabel('New name');
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
    expect((await server.mailboxes.ada.read(`${folder}/plan 10.txt`)).toString()).toBe('the tenth');
  });

  it('copies, and asks where a name is taken', async () => {
    await server.mailboxes.ada.put(`${folder}/Reports/plan 2.txt`, 'other');
    await row('plan 2.txt').click();
    await row('plan 10.txt').click({ modifiers: ['Control'] });
    await key('Control+c');
    await row('Reports').getByRole('link').click();
    await seesRows('plan 2.txt');
    await app.page.getByRole('button', { name: 'Paste 2 items here' }).click();
    await app.page.getByRole('dialog').getByRole('button', { name: 'Keep both' }).click();
    await seesRows('plan 2 (2).txt', 'plan 2.txt', 'plan 10.txt');
    expect((await server.mailboxes.ada.read(`${folder}/Reports/plan 2 (2).txt`)).toString()).toBe('second');
    expect((await server.mailboxes.ada.read(`${folder}/Reports/plan 2.txt`)).toString()).toBe('other');
  });

  it('moves by cut and paste, and replaces only when it is told to', async () => {
    await server.mailboxes.ada.put(`${folder}/Reports/plan 2.txt`, 'other');
    await row('plan 2.txt').click();
    await key('Control+x');
    await row('Reports').getByRole('link').click();
    await seesRows('plan 2.txt');
    await app.page.getByRole('grid').focus();
    await key('Control+v');
    await app.page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await hears('1 item moved');
    expect((await server.mailboxes.ada.read(`${folder}/Reports/plan 2.txt`)).toString()).toBe('second');
    expect(tree()).not.toContain(`${folder}/plan 2.txt`);
  });

  it('deletes after a question that names the recycle bin, and not a file that has changed since', async () => {
    await server.mailboxes.ada.put(`${folder}/plan 10.txt`, 'changed by somebody');
    await row('plan 2.txt').click();
    await row('plan 10.txt').click({ modifiers: ['Shift'] });
    await key('Delete');
    await app.page.getByText('recycle bin').waitFor();
    await app.page.getByRole('button', { name: 'Cancel' }).click();
    expect(tree()).toHaveLength(3);
    await app.page.getByRole('grid').focus();
    await key('Delete');
    await app.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await eventually(() => expect(tree()).not.toContain(`${folder}/plan 2.txt`));
    await hears('“plan 10.txt”: It has been changed in the meantime.');
    await seesRows('Reports', 'plan 10.txt');
    expect((await server.mailboxes.ada.read(`${folder}/plan 10.txt`)).toString()).toBe('changed by somebody');
  });

  it('shows a listing that was cut as an error, never as a short one, with a way to try again', async () => {
    await app.page.route('**/*view=entries', async route => {
      const answer = await route.fetch();
      const text = await answer.text();
      await route.fulfill({ response: answer, body: text.slice(0, text.lastIndexOf('{"end"')) });
    });
    await app.page.goto(`${server.url}${encodeURI(`/ada${folder}/`)}`);
    await app.page.getByText('The connection broke before everything had arrived.').waitFor();
    expect(await rows()).toEqual([]);
    await app.page.unroute('**/*view=entries');
    await app.page.getByRole('button', { name: 'Try again' }).click();
    await seesRows('Reports', 'plan 2.txt', 'plan 10.txt');
  });
});
