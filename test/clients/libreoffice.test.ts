import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith } from '../support/foreign-client.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { basicText, type LibreOffice, libreOfficeOnWebDav } from '../support/libreoffice.ts';
import { requestsTo } from '../support/requests.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const LOCK =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>me</owner></lockinfo>';

describeWith('soffice', 'LibreOffice', () => {
  let server: TestServer;
  let office: LibreOffice;

  beforeAll(async () => {
    server = await startTestServer();
    office = await libreOfficeOnWebDav(server.folder, server);
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** The URL of an entry of ada, as a Basic text. */
  function at(path: string): string {
    return basicText(`${server.url}/ada/${path.split('/').map(encodeURIComponent).join('/')}`);
  }

  function local(file: string): string {
    return basicText(pathToFileURL(file).href);
  }

  it('makes a new document', async () => {
    await office(
      'document = StarDesktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, Array())',
      'document.Text.String = "the first text"',
      `document.storeAsURL(${at('Größe #1.odt')}, Options)`,
      'document.close(True)',
    );
    expect((await server.mailboxes.ada.read('/Größe #1.odt')).subarray(0, 2).toString()).toBe('PK');
    expect(await textOf('Größe #1.odt')).toBe('the first text');
  });

  /** What a new process finds in a document. */
  async function textOf(path: string): Promise<string> {
    const [text] = await office(`document = Opened(${at(path)})`, 'Say(document.Text.String)', 'document.close(True)');
    return text!;
  }

  it('opens a document under a lock, changes it, stores it with the token, and unlocks it', async () => {
    await server.mailboxes.ada.put('/locked.txt', 'before');
    const from = requestsTo(server).length;
    const said = await office(
      `document = Opened(${at('locked.txt')})`,
      'Say(document.isReadonly())',
      'document.Text.insertString(document.Text.End, " and after", False)',
      'document.store()',
      'document.close(True)',
    );
    expect(said).toEqual(['False']);
    expect((await server.mailboxes.ada.read('/locked.txt')).toString()).toContain('before and after');
    const writes = requestsTo(server)
      .slice(from)
      .filter(({ method, path }) => path === '/ada/locked.txt' && /LOCK|PUT/.test(method));
    expect(writes).toMatchObject([
      { method: 'LOCK', status: 200 },
      { method: 'PUT', status: 204 },
      { method: 'UNLOCK', status: 204 },
    ]);
    expect((await davClient(server)('PUT', '/ada/locked.txt', {}, 'by others')).status).toBe(204);
  });

  it('does not get to write a document that somebody else has locked', async () => {
    await server.mailboxes.ada.put('/taken.txt', 'taken');
    const dav = davClient(server);
    expect((await dav('LOCK', '/ada/taken.txt', {}, LOCK)).status).toBe(200);
    const said = await office(
      `document = Opened(${at('taken.txt')})`,
      'Say(document.isReadonly())',
      'document.close(True)',
    );
    expect(said).toEqual(['True']);
  });

  it('lists, renames, copies, overwrites and deletes in its file dialogs', async () => {
    await server.mailboxes.grace.put('/folder/one.txt', 'one');
    await server.mailboxes.grace.put('/folder/two.txt', 'two');
    const folder = basicText(`${server.url}/grace/folder`);
    const said = await office(
      `For Each entry In Files.getFolderContents(${folder}, True)`,
      '  Say(entry)',
      'Next entry',
      `Files.move(${folder} & "/one.txt", ${folder} & "/three.txt")`,
      `Files.copy(${folder} & "/three.txt", ${folder} & "/two.txt")`,
      `Files.createFolder(${folder} & "/new")`,
      `Say(Files.getSize(${folder} & "/two.txt"))`,
      `Files.kill(${folder} & "/three.txt")`,
      `Say(Files.exists(${folder} & "/three.txt"))`,
    );
    expect(said).toEqual([`${server.url}/grace/folder/one.txt`, `${server.url}/grace/folder/two.txt`, '3', 'False']);
    expect(Object.keys(server.mailboxes.grace.tree()).sort()).toEqual(['/folder/', '/folder/new/', '/folder/two.txt']);
    expect((await server.mailboxes.grace.read('/folder/two.txt')).toString()).toBe('one');
  });

  it('stores odd names, from a file here: in a Destination of its own it would write ? for what is not ASCII', async () => {
    const note = join(server.folder, 'note.txt');
    await writeSampleFile(note, 1000, 'note');
    await office(
      `Files.createFolder(${at('odd')})`,
      ...ODD_NAMES.map(name => `Files.copy(${local(note)}, ${at(`odd/${name}`)})`),
    );
    expect(
      Object.keys(server.mailboxes.ada.tree())
        .filter(path => path.startsWith('/odd/'))
        .sort(),
    ).toEqual(['/odd/', ...ODD_NAMES.map(name => `/odd/${name.normalize('NFC')}`)].sort());
  });

  it('stores and reads a large file', async () => {
    const file = join(server.folder, 'large.bin');
    const back = join(server.folder, 'back.bin');
    await writeSampleFile(file, LARGE_BYTES, 'office');
    await office(`Files.copy(${local(file)}, ${at('large.bin')})`, `Files.copy(${at('large.bin')}, ${local(back)})`);
    expect(await sha256Of(back)).toBe(await sha256Of(file));
  });

  it('left no violation behind', () => {
    expect(server.emulator.violations).toEqual([]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });
});
