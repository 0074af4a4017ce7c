import { beforeAll, expect, it } from 'vitest';
import type { AppPage } from '../support/app-browser.ts';
import { waysOn } from '../support/app-ways.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import type { TestServer } from '../support/test-server.ts';
import { useAppBench } from '../support/use-app.ts';

/** The main ways through the app in the other engine; the rest is as in Chromium. */
describeWith('firefox-esr', 'the app in Firefox', () => {
  const bench = useAppBench({}, 'firefox-esr');
  let server: TestServer;
  let app: AppPage;

  beforeAll(async () => {
    server = bench.server;
    await server.mailboxes.ada.put('/fox/Den/cub.txt', 'small');
    await server.mailboxes.ada.put('/fox/notes.md', '# Notes\n\n<img src=x onerror="window.hacked=1">\n');
    await server.mailboxes.ada.put('/fox/old.txt', 'old');
    app = await bench.browser.open(server);
    await app.page.goto(`${server.url}/ada/fox/`);
    await app.page.getByRole('grid').waitFor();
  });

  const user = waysOn(() => app.page);
  const rows = () => app.page.locator('.rows .cell.name bdi').allTextContents();
  const seesRows = (...names: string[]) => eventually(async () => expect(await rows()).toEqual(names));

  it('lists, goes into a folder and back, and runs under its policy', async () => {
    await seesRows('Den', 'notes.md', 'old.txt');
    await app.page.getByRole('link', { name: 'Den' }).click();
    await seesRows('cub.txt');
    await app.page.getByRole('grid').focus();
    await app.page.keyboard.press('Backspace');
    await seesRows('Den', 'notes.md', 'old.txt');
    expect(app.problems).toEqual([]);
  });

  it('makes a folder, renames and deletes', async () => {
    await app.page.getByRole('button', { name: 'New folder' }).click();
    await app.page.getByLabel('Name of the folder').fill('Tail');
    await app.page.keyboard.press('Enter');
    await seesRows('Den', 'Tail', 'notes.md', 'old.txt');
    await user.select('old.txt');
    await user.rename();
    await app.page.getByLabel('New name').fill('new.txt');
    await app.page.keyboard.press('Enter');
    await seesRows('Den', 'Tail', 'new.txt', 'notes.md');
    await user.select('new.txt');
    await user.remove();
    await app.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await seesRows('Den', 'Tail', 'notes.md');
    expect(server.mailboxes.ada.stat('/fox/new.txt')).toBeUndefined();
  });

  it('uploads what is dropped', async () => {
    await app.page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['from Firefox'], 'dropped.txt'));
      const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector('.app')!.dispatchEvent(drop);
    });
    await app.page.getByText('1 file uploaded').waitFor();
    expect((await server.mailboxes.ada.read('/fox/dropped.txt')).toString()).toBe('from Firefox');
  });

  it('shows Markdown that holds a script, without it', async () => {
    await app.page.getByRole('link', { name: 'notes.md' }).click();
    await app.page.getByRole('dialog').locator('.prose h1').waitFor();
    expect(await app.page.evaluate('typeof window.hacked')).toBe('undefined');
    expect(app.problems).toEqual([]);
  });
});
