import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { MailboxHandle } from '../../src/emulator/emulator.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { sha256Of } from '../support/file-hash.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { basic } from '../support/raw-http.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import type { TestServer } from '../support/test-server.ts';

/** Generous: the clients share two cores with the server and whatever else is tested. */
const LARGE_MS = 60_000;

/** What a file manager does, by paths below the mailbox `ada`, whichever program does it. */
export interface FileClient {
  /** All names in a folder, hidden ones too. */
  list(folder: string): Promise<string[]>;
  read(path: string): Promise<string>;
  makeFolder(path: string): Promise<void>;
  /** Creates or replaces the file at `path`. */
  upload(localFile: string, path: string): Promise<void>;
  download(path: string, localFile: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file, or a folder that is empty. */
  remove(path: string): Promise<void>;
}

export interface FileClientUnderTest {
  readonly server: TestServer;
  readonly client: FileClient;
}

/**
 * What every client must be able to do on our server. `current` is asked in each test, which works in a folder of its
 * own.
 */
export function itServesAFileClient(current: () => FileClientUnderTest): void {
  const ada = () => current().server.mailboxes.ada;
  const client = () => current().client;

  async function write(path: string, text: string): Promise<void> {
    const file = join(current().server.folder, 'text to upload');
    await writeFile(file, text);
    await client().upload(file, path);
  }

  it('makes folders in each other and lists them', async () => {
    await client().makeFolder('/folders');
    await client().makeFolder('/folders/one inside');
    await client().makeFolder('/folders/another inside');
    expect((await client().list('/folders')).sort()).toEqual(['another inside', 'one inside']);
    expect(await client().list('/folders/one inside')).toEqual([]);
    expect(below(ada(), '/folders')).toEqual(['/folders/another inside/', '/folders/one inside/']);
  });

  it('writes a file, lists it and reads it', async () => {
    await client().makeFolder('/files');
    await write('/files/hello.txt', 'hello OneDrive');
    expect(await client().list('/files')).toEqual(['hello.txt']);
    expect(await client().read('/files/hello.txt')).toBe('hello OneDrive');
    expect(await textOf(ada(), '/files/hello.txt')).toBe('hello OneDrive');
  });

  it('writes an empty file', async () => {
    await client().makeFolder('/empty');
    await write('/empty/nothing.txt', '');
    expect(await client().read('/empty/nothing.txt')).toBe('');
    expect(ada().stat('/empty/nothing.txt')).toMatchObject({ size: 0 });
  });

  it('overwrites a file with more and with less', async () => {
    await client().makeFolder('/overwritten');
    for (const text of ['first', 'second and longer', 'third']) {
      await write('/overwritten/file.txt', text);
      expect(await client().read('/overwritten/file.txt')).toBe(text);
      expect(await textOf(ada(), '/overwritten/file.txt')).toBe(text);
    }
  });

  it('renames a file and moves it to another folder', async () => {
    await client().makeFolder('/renamed');
    await client().makeFolder('/renamed/elsewhere');
    await write('/renamed/before.txt', 'the same');
    await client().rename('/renamed/before.txt', '/renamed/after.txt');
    expect((await client().list('/renamed')).sort()).toEqual(['after.txt', 'elsewhere']);
    await client().rename('/renamed/after.txt', '/renamed/elsewhere/at last.txt');
    expect(await client().read('/renamed/elsewhere/at last.txt')).toBe('the same');
    expect(below(ada(), '/renamed')).toEqual(['/renamed/elsewhere/', '/renamed/elsewhere/at last.txt']);
  });

  it('renames a folder with all that is in it', async () => {
    await client().makeFolder('/old name');
    await client().makeFolder('/old name/inner');
    await write('/old name/inner/file.txt', 'carried along');
    await client().rename('/old name', '/new name');
    expect(await client().list('/new name/inner')).toEqual(['file.txt']);
    expect(await client().read('/new name/inner/file.txt')).toBe('carried along');
    expect(ada().stat('/old name')).toBeUndefined();
  });

  it('deletes a file and then the folder', async () => {
    await client().makeFolder('/deleted');
    await write('/deleted/file.txt', 'soon gone');
    await client().remove('/deleted/file.txt');
    expect(await client().list('/deleted')).toEqual([]);
    await client().remove('/deleted');
    expect(await client().list('/')).not.toContain('deleted');
    expect(ada().stat('/deleted')).toBeUndefined();
  });

  it('keeps odd names: it writes, lists, reads, renames and deletes them', async () => {
    await client().makeFolder('/odd');
    for (const name of ODD_NAMES) {
      await write(`/odd/${name}`, name);
    }
    expect(composed(await client().list('/odd'))).toEqual(composed(ODD_NAMES));
    expect(below(ada(), '/odd')).toEqual(composed(ODD_NAMES.map(name => `/odd/${name}`)));
    for (const name of await client().list('/odd')) {
      expect(composed([await client().read(`/odd/${name}`)])).toEqual(composed([name]));
      await client().rename(`/odd/${name}`, `/odd/again ${name}`);
      await client().remove(`/odd/again ${name}`);
    }
    expect(below(ada(), '/odd')).toEqual([]);
  });

  it('makes, fills and lists folders of odd names', async () => {
    await client().makeFolder('/odd folders');
    for (const name of ODD_NAMES) {
      await client().makeFolder(`/odd folders/${name}`);
      await write(`/odd folders/${name}/inside`, name);
      expect(await client().list(`/odd folders/${name}`)).toEqual(['inside']);
    }
    expect(composed(await client().list('/odd folders'))).toEqual(composed(ODD_NAMES));
  });

  it(
    'stores a large file bit for bit',
    async () => {
      const file = join(current().server.folder, 'large up.bin');
      await writeSampleFile(file, LARGE_BYTES, 'up');
      await client().makeFolder('/large up');
      await client().upload(file, '/large up/large.bin');
      expect(await storedHashOf(current().server, '/large up/large.bin')).toBe(await sha256Of(file));
      expect(current().server.emulator.openUploadSessions()).toBe(0);
    },
    LARGE_MS,
  );

  it(
    'reads a large file bit for bit',
    async () => {
      const file = join(current().server.folder, 'large down.bin');
      const copy = join(current().server.folder, 'large that came back.bin');
      await writeSampleFile(file, LARGE_BYTES, 'down');
      await client().makeFolder('/large down');
      await store(current().server, file, '/large down/large.bin');
      // A client may not ask again for what it has asked for in this very second.
      const listed = async () => expect(await client().list('/large down')).toContain('large.bin');
      await eventually(listed, 100);
      await client().download('/large down/large.bin', copy);
      expect(await sha256Of(copy)).toBe(await sha256Of(file));
    },
    LARGE_MS,
  );

  it('left no violation behind', () => {
    expect(current().server.emulator.violations).toEqual([]);
  });
}

/** The paths below `folder`, in order; folders end with a slash. */
function below(mailbox: MailboxHandle, folder: string): string[] {
  return Object.keys(mailbox.tree())
    .filter(path => path.startsWith(`${folder}/`) && path !== `${folder}/`)
    .sort();
}

async function textOf(mailbox: MailboxHandle, path: string): Promise<string> {
  return (await mailbox.read(path)).toString();
}

/** OneDrive composes names, so a decomposed one comes back as another string. */
function composed(names: readonly string[]): string[] {
  return names.map(name => name.normalize('NFC')).sort();
}

/** Puts a file there as another client does. */
async function store(server: TestServer, file: string, path: string): Promise<void> {
  const body = Readable.toWeb(createReadStream(file)) as ReadableStream;
  const { status } = await davClient(server)('PUT', `/ada${encodeURI(path)}`, {}, body);
  expect(status).toBe(201);
}

async function storedHashOf(server: TestServer, path: string): Promise<string> {
  const { body } = await fetch(`${server.url}/ada${encodeURI(path)}`, { headers: basic(server.user, server.password) });
  return sha256Of(body!);
}
