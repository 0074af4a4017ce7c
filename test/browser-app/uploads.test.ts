import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseFiles, chooseFolder } from '../support/choose-files.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import type { WireEnd, WireRule } from '../support/server-wire.ts';
import { useAppInFolder } from '../support/use-app.ts';

describeWith('chromium', 'the app: uploads', () => {
  const on = useAppInFolder({
    seed: ({ server, folder }) => server.mailboxes.ada.put(`${folder}/there.txt`, 'old'),
  });

  const read = async (path: string) => (await on.server.mailboxes.ada.read(`${on.folder}/${path}`)).toString();
  const stored = (path: string) => on.server.mailboxes.ada.stat(`${on.folder}/${path}`);
  const panel = () => on.page.getByRole('region', { name: 'Uploads' });
  const seesRow = (name: string) => on.page.locator('.rows bdi', { hasText: name }).waitFor();
  const press = (name: string | RegExp) => on.page.getByRole('button', { name }).click();

  const openDialog = (line: 'Upload files' | 'Upload a folder') => async () => {
    await on.page.getByRole('button', { name: 'Upload' }).first().click();
    await on.page.getByRole('menuitem', { name: line }).click();
  };
  const choose = (...files: ReturnType<typeof file>[]) => chooseFiles(on.page, openDialog('Upload files'), files);
  const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

  /** Drops files, as a person does with the mouse. */
  async function drop(...files: { name: string; text: string }[]): Promise<void> {
    await on.page.evaluate(given => {
      const data = new DataTransfer();
      for (const { name, text } of given) {
        data.items.add(new File([text], name, { lastModified: Date.parse('2025-05-06T07:08:09.500Z') }));
      }
      const target = document.querySelector('.app')!;
      for (const type of ['dragenter', 'dragover', 'drop']) {
        target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    }, files);
  }

  it('uploads files that are chosen, and shows them', async () => {
    await choose(file('one.txt', 'first'), file('two ü #%.txt', 'second'));
    await panel().getByText('2 files uploaded').waitFor();
    await seesRow('one.txt');
    expect([await read('one.txt'), await read('two ü #%.txt')]).toEqual(['first', 'second']);
    await press('Clear the list');
    await panel().waitFor({ state: 'detached' });
  });

  it('uploads what is dropped, with its time', async () => {
    await drop({ name: 'dropped.txt', text: 'from the desktop' }, { name: 'empty.txt', text: '' });
    await panel().getByText('2 files uploaded').waitFor();
    expect(await read('dropped.txt')).toBe('from the desktop');
    expect(stored('dropped.txt')!.modified).toEqual(new Date('2025-05-06T07:08:09Z'));
    expect(stored('empty.txt')!.size).toBe(0);
  });

  it('uploads a folder with its folders, into one that may be there already', async () => {
    const local = join(on.server.folder, `local${on.folder}/album`);
    await mkdir(join(local, 'summer'), { recursive: true });
    await writeFile(join(local, 'cover.txt'), 'cover');
    await writeFile(join(local, 'summer/lake.txt'), 'lake');
    on.server.mailboxes.ada.mkdir(`${on.folder}/album`);
    await chooseFolder(on.page, openDialog('Upload a folder'), local);
    await panel().getByText('2 files uploaded').waitFor();
    expect([await read('album/cover.txt'), await read('album/summer/lake.txt')]).toEqual(['cover', 'lake']);
  });

  it.each([
    ['Replace', { 'there.txt': 'new', 'there (2).txt': undefined }],
    ['Keep both', { 'there.txt': 'old', 'there (2).txt': 'new' }],
    ['Skip', { 'there.txt': 'old', 'there (2).txt': undefined }],
  ])('asks when a name is taken: %s', async (answer, expected) => {
    await drop({ name: 'there.txt', text: 'new' });
    await on.page.getByRole('dialog').getByRole('button', { name: answer }).click();
    await panel()
      .getByText(answer === 'Skip' ? '0 files uploaded' : '1 file uploaded')
      .waitFor();
    const names = Object.keys(expected);
    const contents = await Promise.all(names.map(name => (stored(name) === undefined ? undefined : read(name))));
    expect(Object.fromEntries(names.map((name, index) => [name, contents[index]]))).toEqual(expected);
  });

  it('asks nothing about the very same file, and does about another one of its size and time', async () => {
    await drop({ name: 'same.txt', text: 'these bytes' });
    await panel().getByText('1 file uploaded').waitFor();
    const before = stored('same.txt')!;
    await drop({ name: 'same.txt', text: 'these bytes' });
    await panel().getByText('2 files uploaded').waitFor();
    expect(stored('same.txt')).toEqual(before);
    await drop({ name: 'same.txt', text: 'other bytes' });
    await on.page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
    expect(await read('same.txt')).toBe('these bytes');
  });

  it('asks once for all, if it is told so', async () => {
    await on.server.mailboxes.ada.put(`${on.folder}/too.txt`, 'old');
    await drop({ name: 'there.txt', text: 'new' }, { name: 'too.txt', text: 'new' });
    await on.page.getByRole('dialog').getByLabel('Do this for all others, too').check();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await panel().getByText('2 files uploaded').waitFor();
    expect([await read('there.txt'), await read('too.txt')]).toEqual(['new', 'new']);
  });

  /** Decides what happens to the requests for one name. */
  function onWire(name: string | RegExp, rule: (method: string) => ReturnType<WireRule>): void {
    on.wire.rule = ({ method, target }) => (target.split('/').at(-1)!.match(name) === null ? 'pass' : rule(method));
  }

  it('replaces only the version that was there when it was told to', async () => {
    await drop({ name: 'there.txt', text: 'new' });
    onWire('there.txt', async (method): Promise<WireEnd> => {
      if (method === 'PUT') {
        await on.server.mailboxes.ada.put(`${on.folder}/there.txt`, 'written by somebody in between');
      }
      return 'pass';
    });
    await on.page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
    expect(await read('there.txt')).toBe('written by somebody in between');
  });

  it('tries again after a 503, when its Retry-After has passed, and by hand after what does not pass', async () => {
    const answers: WireEnd[] = [{ status: 503, headers: { 'Retry-After': '0' } }, { status: 507 }];
    onWire('again.txt', () => answers.shift() ?? 'pass');
    await drop({ name: 'again.txt', text: 'at last' });
    await panel().getByText('There is no room left.').waitFor();
    expect(answers).toEqual([]);
    await press('Try the upload of again.txt again');
    await panel().getByText('1 file uploaded').waitFor();
    expect(await read('again.txt')).toBe('at last');
  });

  it.each([
    ['in its middle', 'cut-answer'],
    ['as a whole, and the browser may send the request again by itself', 'lose-answer'],
  ] as const)('takes a file as stored when only the answer was lost: %s', async (_, end) => {
    const ends: WireEnd[] = [end];
    onWire('lost.txt', method => (method === 'PUT' ? (ends.shift() ?? 'pass') : 'pass'));
    await drop({ name: 'lost.txt', text: 'arrived' });
    await panel().getByText('1 file uploaded').waitFor();
    expect([ends, await read('lost.txt')]).toEqual([[], 'arrived']);
  });

  it('pauses, goes on, and cancels; three run at once', async () => {
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    onWire(/^slow/, async (): Promise<WireEnd> => {
      await held;
      return 'pass';
    });
    await drop(...[1, 2, 3, 4, 5].map(number => ({ name: `slow${number}.txt`, text: `text ${number}` })));
    await panel().getByText('Uploading 5 files').waitFor();
    await eventually(async () => expect(await panel().locator('.upload.running').count()).toBe(3));
    await press('Pause the upload of slow1.txt');
    await panel().getByText('Paused').waitFor();
    await press('Cancel the upload of slow2.txt');
    await eventually(async () => expect(await panel().locator('.upload.running').count()).toBe(3));
    await press('Resume the upload of slow1.txt');
    release();
    await panel().getByText('4 files uploaded').waitFor();
    expect([1, 2, 3, 4, 5].map(number => stored(`slow${number}.txt`)?.size)).toEqual([6, undefined, 6, 6, 6]);
  });

  it('warns before the page is left while something is on its way', async () => {
    onWire('slow.txt', () => new Promise(() => {}));
    // Browsers ask only on pages that somebody has used (HTML standard, "sticky activation"), and a drop by script is no use.
    await choose(file('slow.txt', 'never there'));
    await panel().getByText('Uploading 1 file').waitFor();
    const asked = on.page.waitForEvent('dialog');
    const closed = on.page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await closed;
    await press('Cancel the upload of slow.txt');
    await panel().waitFor({ state: 'detached' });
    expect(stored('slow.txt')).toBeUndefined();
  });
});
