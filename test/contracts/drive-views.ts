import { describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import type { Entry } from '../../src/drive/entry.ts';
import { isDriveError } from '../../src/drive/errors.ts';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';

const live = () => ({ signal: new AbortController().signal });

/** The promises of what WebDAV does not have. `folder` makes one of its own for each test. */
export function describeDriveViews(folder: () => Promise<{ readonly drive: Drive; readonly name: string }>): void {
  const work = async () => {
    const { drive, name } = await folder();
    return stepsIn(drive, name);
  };

  describe('search', () => {
    it('finds everything below the folder by a word of its name, and nothing beside it', async () => {
      const at = await work();
      await at.drive.makeFolder(at.path('quarterly'), live());
      await at.drive.makeFolder(at.path('quarterly/deep'), live());
      await at.write('quarterly/deep/Quarterly plan.txt', 'x');
      await at.write('other.txt', 'x');
      expect(await at.found('', 'QUARTERLY')).toEqual(['quarterly/', 'quarterly/deep/Quarterly plan.txt']);
      expect(await at.found('quarterly', 'quarterly')).toEqual(['deep/Quarterly plan.txt']);
      expect(await at.found('quarterly/deep', 'quarterly')).toEqual(['Quarterly plan.txt']);
      expect(await at.found('', 'nothing')).toEqual([]);
    });

    it('gives entries as stat does, and names that lead to them', async () => {
      const at = await work();
      await at.drive.makeFolder(at.path("it's 100% ä&b #1 (x)"), live());
      await at.write("it's 100% ä&b #1 (x)/100%25 déjà.txt", 'x');
      const found = await at.drive.search(at.path(''), 'déjà', { ...live(), limit: 10 });
      expect(found!.hits).toHaveLength(1);
      const { names, entry } = found!.hits[0]!;
      expect(await at.drive.stat(at.path(names.join('/')), live())).toEqual(entry);
    });

    it('accepts every text, and finds nothing by one without words', async () => {
      const at = await work();
      await at.write("Ada's plan.txt", 'x');
      expect(await at.found('', "Ada's")).toEqual(["Ada's plan.txt"]);
      for (const text of ["'", "''')?$top=1", '../..', 'a/b\\c', '*:"<>|?#%', '\u0000\u202e', '🚀']) {
        expect(await at.found('', text)).toEqual([]);
      }
    });

    it('gives no more than the limit, and says that there are more', async () => {
      const at = await work();
      for (const name of ['word 1', 'word 2', 'word 3']) {
        await at.write(name, 'x');
      }
      const search = (limit: number) => at.drive.search(at.path(''), 'word', { ...live(), limit });
      const [some, all] = [await search(2), await search(3)];
      expect([some!.hits.length, some!.hasMore, all!.hits.length, all!.hasMore]).toEqual([2, true, 3, false]);
    });

    it('says is-file for a file and not-found for nothing', async () => {
      const at = await work();
      await at.write('file', 'x');
      const search = (path: string) => at.codeOf(d => d.search(at.path(path), 'x', { ...live(), limit: 1 }));
      expect([await search('file'), await search('missing')]).toEqual(['is-file', 'not-found']);
    });
  });

  describe('details', () => {
    it('has the entry of a file and of a folder', async () => {
      const at = await work();
      await at.write('file', 'x');
      for (const path of ['file', '']) {
        const details = await at.drive.details(at.path(path), live());
        expect(details?.entry).toEqual(await at.drive.stat(at.path(path), live()));
      }
      expect(await at.codeOf(d => d.details(at.path('missing'), live()))).toBe('not-found');
    });
  });

  describe('thumbnail', () => {
    it('is none for what is no picture, is-folder for a folder and not-found for nothing', async () => {
      const at = await work();
      await at.write('file.txt', 'x');
      const thumbnail = (path: string) => at.drive.thumbnail(at.path(path), { ...live(), size: 'small' });
      expect(await thumbnail('file.txt')).toBeUndefined();
      expect(await at.codeOf(() => thumbnail(''))).toBe('is-folder');
      expect(await at.codeOf(() => thumbnail('missing'))).toBe('not-found');
    });
  });

  describe('versions', () => {
    it('are all contents of a file, the current one first, each with its bytes', async () => {
      const at = await work();
      await at.write('file', 'first');
      await at.write('file', 'second one');
      const versions = await at.versions('file');
      expect(versions.map(({ size, isCurrent }) => [size, isCurrent])).toEqual([
        [10, true],
        [5, false],
      ]);
      expect(await at.readVersion('file', versions[0]!.id)).toBe('second one');
      expect(await at.readVersion('file', versions[1]!.id)).toBe('first');
    });

    it('come back as the current content, in a version of their own', async () => {
      const at = await work();
      await at.write('file', 'first');
      const { entry: before } = await at.write('file', 'second one');
      const [, first] = await at.versions('file');
      const entry = await at.drive.restoreVersion(at.path('file'), first!.id, live());
      expect(entry).toMatchObject({ id: before.id, size: 5 });
      expect(entry!.etag).not.toBe(before.etag);
      expect(await at.drive.stat(at.path('file'), live())).toEqual(entry);
      expect(await at.drive.list(at.path(''), live())).toEqual([entry]);
      expect(await at.read('file')).toBe('first');
      expect((await at.versions('file')).map(({ size }) => size)).toEqual([5, 10, 5]);
    });

    it('that are current already stay as they are', async () => {
      const at = await work();
      const { entry } = await at.write('file', 'only');
      const [only] = await at.versions('file');
      expect(await at.drive.restoreVersion(at.path('file'), only!.id, live())).toEqual(entry);
      expect(await at.versions('file')).toHaveLength(1);
    });

    it('are not restored when beforeCommit throws', async () => {
      const at = await work();
      await at.write('file', 'first');
      await at.write('file', 'second');
      const [, first] = await at.versions('file');
      const beforeCommit = () => Promise.reject(new Error('locked meanwhile'));
      const restore = at.drive.restoreVersion(at.path('file'), first!.id, { ...live(), beforeCommit });
      await expect(restore).rejects.toThrow('locked meanwhile');
      expect(await at.read('file')).toBe('second');
    });

    it('say not-found for another version or file, and is-folder for a folder', async () => {
      const at = await work();
      await at.write('file', 'x');
      const codes = (path: string) =>
        Promise.all([
          at.codeOf(d => d.versions(at.path(path), live())),
          at.codeOf(d => d.readVersion(at.path(path), '9.0', live())),
          at.codeOf(d => d.restoreVersion(at.path(path), '9.0', live())),
        ]);
      expect(await codes('file')).toEqual(['no error', 'not-found', 'not-found']);
      expect(await codes('missing')).toEqual(['not-found', 'not-found', 'not-found']);
      expect(await codes('')).toEqual(['is-folder', 'is-folder', 'is-folder']);
    });
  });
}

function stepsIn(drive: Drive, folder: string) {
  const path = (text: string): DrivePath => toDrivePath([folder, ...text.split('/').filter(name => name !== '')]);
  const textOf = async (body: AsyncIterable<Uint8Array>, length: number) => {
    const bytes = Buffer.concat(await Array.fromAsync(body));
    expect(bytes.length).toBe(length);
    return bytes.toString();
  };
  return {
    drive,
    path,
    write: (at: string, text: string): Promise<{ entry: Entry }> =>
      drive.write(path(at), chunk(text), { ...live(), length: Buffer.byteLength(text) }),
    read: async (at: string) => {
      const { body, length } = await drive.read(path(at), live());
      return textOf(body, length);
    },
    found: async (at: string, text: string): Promise<string[]> => {
      const found = await drive.search(path(at), text, { ...live(), limit: 100 });
      expect(found).toMatchObject({ hasMore: false });
      return found!.hits.map(({ names, entry }) => names.join('/') + (entry.kind === 'folder' ? '/' : '')).sort();
    },
    versions: async (at: string) => (await drive.versions(path(at), live()))!,
    readVersion: async (at: string, id: string) => {
      const { body, length, version } = (await drive.readVersion(path(at), id, live()))!;
      expect(version.id).toBe(id);
      return textOf(body, length);
    },
    codeOf: async (run: (drive: Drive) => Promise<unknown>) => {
      try {
        await run(drive);
        return 'no error';
      } catch (error) {
        if (isDriveError(error)) {
          return error.code;
        }
        throw error;
      }
    },
  };
}

async function* chunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
