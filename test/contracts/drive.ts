import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Drive, WriteOptions } from '../../src/drive/drive.ts';
import type { Entry } from '../../src/drive/entry.ts';
import { DriveError, type DriveErrorCode } from '../../src/drive/errors.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import { describeDriveChanges } from './drive-changes.ts';
import { describeDriveViews } from './drive-views.ts';

const MIB = 1024 ** 2;

/** A drive under test and how to be rid of it. */
export interface DriveUnderTest {
  readonly drive: Drive;
  close?(): Promise<void>;
}

/**
 * The promises of `src/drive/drive.ts`, run on every implementation. `make` is called once; each test works in a
 * folder of its own, so that the order of the tests does not matter.
 */
export function describeDrive(name: string, make: () => Promise<DriveUnderTest>): void {
  describe(`${name} keeps the drive contract`, () => {
    let underTest: DriveUnderTest;
    let drive: Drive;
    let folders = 0;

    beforeAll(async () => {
      underTest = await make();
      drive = underTest.drive;
    });
    afterAll(async () => {
      await underTest?.close?.();
    });

    async function makeWorkFolder(): Promise<string> {
      folders += 1;
      const folder = `work ${folders}`;
      await drive.makeFolder(toDrivePath([folder]), live());
      return folder;
    }

    async function workFolder(): Promise<Steps> {
      return stepsIn(drive, await makeWorkFolder());
    }

    describeDriveChanges(async () => ({ drive, name: await makeWorkFolder() }));
    describeDriveViews(async () => ({ drive, name: await makeWorkFolder() }));

    describe('stat', () => {
      it('finds the root', async () => {
        expect(await drive.stat(ROOT, live())).toMatchObject({ kind: 'folder', name: '', size: 0 });
      });

      it('says not-found for a missing entry, a missing parent and a path through a file', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        expect(await at.codeOf(d => d.stat(at.path('missing'), live()))).toBe('not-found');
        expect(await at.codeOf(d => d.stat(at.path('missing/below'), live()))).toBe('not-found');
        expect(await at.codeOf(d => d.stat(at.path('file/below'), live()))).toBe('not-found');
      });

      it('finds a name whatever its case and composition, and spells it as it was written', async () => {
        const at = await workFolder();
        await at.write('Crème Brûlée.TXT', 'x');
        const entry = await drive.stat(at.path('CRÈME BRÛLÉE.txt'), live());
        expect(entry.name.normalize('NFC')).toBe('Crème Brûlée.TXT');
        expect((await drive.stat(at.path('Crème Brûlée.TXT'.normalize('NFD')), live())).id).toBe(entry.id);
      });

      it('gives whole seconds', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'x');
        expect(entry.modified.getMilliseconds()).toBe(0);
      });
    });

    describe('list', () => {
      it('gives all members and nothing else', async () => {
        const at = await workFolder();
        await at.write('b', '22');
        await at.folder('a');
        await at.write('a/hidden below', '');
        expect(await at.names('')).toEqual(['a/', 'b']);
        expect(await at.names('a')).toEqual(['hidden below']);
      });

      it.each([false, true])('says is-file for a file and not-found for nothing, fresh: %s', async fresh => {
        const at = await workFolder();
        await at.write('file', 'x');
        expect(await at.codeOf(d => d.list(at.path('file'), { ...live(), fresh }))).toBe('is-file');
        expect(await at.codeOf(d => d.list(at.path('missing'), { ...live(), fresh }))).toBe('not-found');
      });

      it('and stat show the same with a fresh look as without', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'x');
        const folder = await at.folder('folder');
        const fresh = { ...live(), fresh: true };
        expect(await drive.stat(at.path('FILE'), fresh)).toEqual(entry);
        const byName = (entries: readonly Entry[]) => entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
        const expected = byName([entry, folder]);
        expect(byName(await drive.list(at.path(''), fresh))).toEqual(expected);
        expect(byName(await drive.list(at.path(''), live()))).toEqual(expected);
        expect(await drive.stat(at.path('folder'), fresh)).toEqual(await drive.stat(at.path('folder'), live()));
        expect(await at.codeOf(d => d.stat(at.path('missing'), fresh))).toBe('not-found');
        expect(await at.codeOf(d => d.stat(at.path('file/below'), fresh))).toBe('not-found');
      });
    });

    describe('read', () => {
      it('gives the bytes, whole and in ranges', async () => {
        const at = await workFolder();
        await at.write('file', '0123456789');
        expect(await at.read('file')).toBe('0123456789');
        expect(await at.read('file', { start: 0, end: 0 })).toBe('0');
        expect(await at.read('file', { start: 3, end: 9 })).toBe('3456789');
      });

      it('gives an empty file', async () => {
        const at = await workFolder();
        await at.write('empty', '');
        expect(await at.read('empty')).toBe('');
        expect(await at.stat('empty')).toMatchObject({ kind: 'file', size: 0 });
      });

      it('gives the entry that the bytes belong to', async () => {
        const at = await workFolder();
        for (const content of ['one', 'longer than that', '']) {
          const { entry } = await at.write('file', content);
          const { entry: read, length, body } = await drive.read(at.path('file'), live());
          expect([read, length]).toEqual([entry, content.length]);
          expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(content);
        }
      });

      it.each([
        ['before a byte of it is taken', 0],
        ['half-way', 1],
      ])('never mixes two versions when the file is replaced %s', async (_, taken) => {
        const at = await workFolder();
        const size = 12 * MIB;
        const { entry } = await drive.write(at.path('file'), zeros(size), { ...live(), length: size });
        const { entry: read, body } = await drive.read(at.path('file'), live());
        expect(read).toEqual(entry);
        const iterator = body[Symbol.asyncIterator]();
        const chunks: Uint8Array[] = [];
        for (let left = taken; left > 0; left -= 1) {
          chunks.push((await iterator.next()).value);
        }
        await at.write('file', 'x'.repeat(100));
        const end = await collectInto(chunks, iterator);
        const bytes = Buffer.concat(chunks);
        expect(bytes.equals(Buffer.alloc(bytes.length))).toBe(true);
        expect(end === 'whole' ? bytes.length : size).toBe(size);
      });

      it('may be given up before a byte is taken', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        const { body } = await drive.read(at.path('file'), live());
        const iterator = body[Symbol.asyncIterator]();
        await iterator.return?.();
        expect((await iterator.next()).done).toBe(true);
      });

      it('says range for what lies outside, and gives what lies inside of a new version', async () => {
        const at = await workFolder();
        await at.write('file', '0123');
        const range = { start: 2, end: 4 };
        expect(await at.codeOf(d => d.read(at.path('file'), { ...live(), range }))).toBe('range');
        await at.write('file', '012345');
        expect(await at.read('file', range)).toBe('234');
      });

      it('says is-folder for a folder and not-found for nothing', async () => {
        const at = await workFolder();
        await at.folder('folder');
        expect(await at.codeOf(d => d.read(at.path('folder'), live()))).toBe('is-folder');
        expect(await at.codeOf(d => d.read(at.path('missing'), live()))).toBe('not-found');
      });
    });

    describe('write', () => {
      it('creates, then replaces: created, id and etag say which', async () => {
        const at = await workFolder();
        const first = await at.write('file', 'one');
        const second = await at.write('file', 'two!');
        expect([first.created, second.created]).toEqual([true, false]);
        expect(second.entry).toMatchObject({ id: first.entry.id, size: 4 });
        expect(second.entry.etag).not.toBe(first.entry.etag);
        expect(await at.read('file')).toBe('two!');
      });

      it('takes a body of unknown length', async () => {
        const at = await workFolder();
        await drive.write(at.path('file'), chunks('ab', 'cd'), live());
        expect(await at.read('file')).toBe('abcd');
      });

      it('is seen at once by stat and list', async () => {
        const at = await workFolder();
        expect(await at.names('')).toEqual([]);
        expect(await at.codeOf(d => d.stat(at.path('file'), live()))).toBe('not-found');
        const { entry } = await at.write('file', 'abc');
        expect(await at.stat('file')).toEqual(entry);
        expect(await at.names('')).toEqual(['file']);
      });

      it('keeps the time that the client gives', async () => {
        const at = await workFolder();
        const modified = new Date('2020-02-03T04:05:06Z');
        for (const content of ['', 'small']) {
          const { entry } = await at.write(`file of ${content.length}`, content, { modified });
          expect(entry.modified).toEqual(modified);
        }
      });

      it('keeps the time of creation that the client gives', async () => {
        const at = await workFolder();
        const created = new Date('2010-02-03T04:05:06Z');
        for (const content of ['', 'small']) {
          const { entry } = await at.write(`file of ${content.length}`, content, { created });
          expect(entry.created).toEqual(created);
          expect((await at.stat(`file of ${content.length}`)).created).toEqual(created);
        }
      });

      it.each([
        ['an empty body', 0, true],
        ['a small body', 10, true],
        ['a body of unknown length', 10, false],
        ['a large body', 12 * MIB, true],
        ['a large body of unknown length', 12 * MIB, false],
      ])('with %s asks beforeCommit once, when all bytes have come', async (_, size, isAnnounced) => {
        const at = await workFolder();
        await at.write('file', 'old');
        const events: string[] = [];
        const beforeCommit = async () => void events.push('commit');
        const body = zeros(size, () => void events.push('last'));
        const length = isAnnounced ? size : undefined;
        const { entry } = await drive.write(at.path('file'), body, { ...live(), length, beforeCommit });
        expect(events).toEqual(size === 0 ? ['commit'] : ['last', 'commit']);
        expect((await at.stat('file')).size).toBe(size);
        expect(entry.size).toBe(size);
      });

      it.each([
        ['empty', 0],
        ['small', 10],
        ['large', 12 * MIB],
      ])('leaves the old file whole, or none, when beforeCommit throws for a body that is %s', async (_, size) => {
        const at = await workFolder();
        await at.write('file', 'old');
        const before = await at.stat('file');
        const reason = new Error('not now');
        const beforeCommit = async () => {
          throw reason;
        };
        for (const length of [size, undefined]) {
          for (const name of ['file', 'new']) {
            const options = { ...live(), length, beforeCommit };
            await expect(drive.write(at.path(name), zeros(size), options)).rejects.toBe(reason);
          }
        }
        expect(await at.read('file')).toBe('old');
        expect(await at.stat('file')).toEqual(before);
        expect(await at.names('')).toEqual(['file']);
      });

      it('does not ask beforeCommit when there is nothing to commit', async () => {
        const at = await workFolder();
        await at.write('file', 'old');
        const asked: string[] = [];
        const beforeCommit = async () => void asked.push('commit');
        await expect(drive.write(at.path('file'), failing('ne'), { ...live(), beforeCommit })).rejects.toThrow();
        const absent = { expect: { kind: 'absent' }, beforeCommit } as const;
        expect(await at.codeOf(() => at.write('file', 'new', absent))).toBe('precondition');
        expect(await at.codeOf(() => at.write('missing/file', 'new', { beforeCommit }))).toBe('no-parent');
        expect(asked).toEqual([]);
      });

      it.each<[string, DriveErrorCode]>([
        ['missing/file', 'no-parent'],
        ['file/below', 'no-parent'],
        ['folder', 'is-folder'],
      ])('to %s says %s', async (target, code) => {
        const at = await workFolder();
        await at.write('file', 'x');
        await at.folder('folder');
        expect(await at.codeOf(() => at.write(target, 'new'))).toBe(code);
      });

      it('with absent expected stores only where nothing is', async () => {
        const at = await workFolder();
        const expect_ = { expect: { kind: 'absent' } } as const;
        await at.write('file', 'old', expect_);
        expect(await at.codeOf(() => at.write('file', 'new', expect_))).toBe('precondition');
        expect(await at.read('file')).toBe('old');
      });

      it('with an etag expected stores only over that version', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'one');
        const expectFirst = { expect: { kind: 'etag', etags: ['another', entry.etag] } } as const;
        await at.write('file', 'two', expectFirst);
        expect(await at.codeOf(() => at.write('file', 'three', expectFirst))).toBe('precondition');
        expect(await at.codeOf(() => at.write('nothing', 'three', expectFirst))).toBe('precondition');
        expect(await at.read('file')).toBe('two');
        expect(await at.names('')).toEqual(['file']);
      });

      it('lets exactly one of many writers win that expect the same version', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'start');
        const attempts = Array.from({ length: 5 }, (_, index) =>
          at.write('file', `winner ${index}`, { expect: { kind: 'etag', etags: [entry.etag] } }),
        );
        const outcomes = await Promise.allSettled(attempts);
        expect(outcomes.filter(outcome => outcome.status === 'fulfilled')).toHaveLength(1);
      });

      it('leaves the old file whole when the body fails', async () => {
        const at = await workFolder();
        await at.write('file', 'old');
        await expect(drive.write(at.path('file'), failing('ne'), { ...live(), length: 3 })).rejects.toThrow();
        await expect(drive.write(at.path('new'), failing('ne'), live())).rejects.toThrow();
        expect(await at.read('file')).toBe('old');
        expect(await at.names('')).toEqual(['file']);
      });

      it.each([
        ['shorter', 2],
        ['longer', 4],
      ])('refuses a body that is %s or longer than announced', async (_, length) => {
        const at = await workFolder();
        await at.write('file', 'old');
        expect(await at.codeOf(d => d.write(at.path('file'), chunks('new'), { ...live(), length }))).toBe(
          'body-length',
        );
        expect(await at.read('file')).toBe('old');
      });

      it('throws aborted when nobody waits', async () => {
        const at = await workFolder();
        expect(await at.codeOf(d => d.write(at.path('file'), chunks('new'), { signal: AbortSignal.abort() }))).toBe(
          'aborted',
        );
        expect(await at.names('')).toEqual([]);
      });
    });

    describe('makeFolder', () => {
      it('creates one folder', async () => {
        const at = await workFolder();
        expect(await at.folder('new')).toMatchObject({ kind: 'folder', name: 'new', size: 0 });
        expect(await at.names('new')).toEqual([]);
      });

      it.each<[string, DriveErrorCode]>([
        ['folder', 'exists'],
        ['FOLDER', 'exists'],
        ['file', 'exists'],
        ['missing/new', 'no-parent'],
        ['file/new', 'no-parent'],
      ])('at %s says %s', async (target, code) => {
        const at = await workFolder();
        await at.folder('folder');
        await at.write('file', 'x');
        expect(await at.codeOf(() => at.folder(target))).toBe(code);
      });
    });

    describe('remove', () => {
      it('removes files, and folders with all they hold', async () => {
        const at = await workFolder();
        await at.folder('a');
        await at.write('a/file', 'x');
        await at.write('file', 'x');
        await drive.remove(at.path('a'), live());
        await drive.remove(at.path('file'), live());
        expect(await at.names('')).toEqual([]);
        expect(await at.codeOf(d => d.stat(at.path('a/file'), live()))).toBe('not-found');
      });

      it('says not-found for nothing and forbidden for the root', async () => {
        const at = await workFolder();
        expect(await at.codeOf(d => d.remove(at.path('missing'), live()))).toBe('not-found');
        expect(await at.codeOf(d => d.remove(ROOT, live()))).toBe('forbidden');
      });
    });

    describe.each(['copy', 'move'] as const)('%s', operation => {
      function transfer(at: Steps, from: string, to: string, overwrite = true): Promise<{ created: boolean }> {
        const options = { ...live(), overwrite, depth: 'infinity' as const };
        return drive[operation](at.path(from), at.path(to), options);
      }

      it('puts a file at a new name', async () => {
        const at = await workFolder();
        await at.write('from', 'content');
        expect(await transfer(at, 'from', 'to')).toEqual({ created: true });
        expect(await at.read('to')).toBe('content');
        expect(await at.names('')).toEqual(operation === 'copy' ? ['from', 'to'] : ['to']);
      });

      it('puts a tree into another folder', async () => {
        const at = await workFolder();
        await at.folder('tree');
        await at.folder('tree/sub');
        await at.write('tree/sub/file', 'deep');
        await at.folder('target');
        await transfer(at, 'tree', 'target/tree 2');
        expect(await at.read('target/tree 2/sub/file')).toBe('deep');
        expect(await at.names('')).toEqual(operation === 'copy' ? ['target/', 'tree/'] : ['target/']);
      });

      it.each([
        ['file', 'file'],
        ['file', 'folder'],
        ['folder', 'file'],
        ['folder', 'folder'],
      ])('replaces, a %s onto a %s', async (source, target) => {
        const at = await workFolder();
        await at.make('from', source, 'new');
        await at.make('to', target, 'old');
        expect(await transfer(at, 'from', 'to')).toEqual({ created: false });
        expect(await at.names('')).toEqual(
          operation === 'copy' ? [at.shown('from', source), at.shown('to', source)] : [at.shown('to', source)],
        );
        expect(source === 'file' ? await at.read('to') : await at.names('to')).toEqual(
          source === 'file' ? 'new' : ['new'],
        );
      });

      it.each(['file', 'folder'])('leaves an existing %s alone when asked not to overwrite', async target => {
        const at = await workFolder();
        await at.write('from', 'new');
        await at.make('to', target, 'old');
        expect(await at.codeOf(() => transfer(at, 'from', 'to', false))).toBe('exists');
        expect(target === 'file' ? await at.read('to') : await at.names('to')).toEqual(
          target === 'file' ? 'old' : ['old'],
        );
        expect(await at.read('from')).toBe('new');
      });

      it.each<[string, string, DriveErrorCode]>([
        ['missing', 'to', 'not-found'],
        ['folder', 'missing/to', 'no-parent'],
        ['folder', 'file/to', 'no-parent'],
        ['folder', 'folder', 'forbidden'],
        ['folder', 'folder/inside', 'forbidden'],
        ['folder/sub', 'folder', 'forbidden'],
      ])('from %s to %s says %s', async (from, to, code) => {
        const at = await workFolder();
        await at.folder('folder');
        await at.folder('folder/sub');
        await at.write('file', 'x');
        expect(await at.codeOf(() => transfer(at, from, to))).toBe(code);
        expect(await at.names('')).toEqual(['file', 'folder/']);
        expect(await at.names('folder')).toEqual(['sub/']);
      });
    });

    it('move changes the case of a name without losing the entry', async () => {
      const at = await workFolder();
      await at.write('readme.md', 'text');
      await drive.move(at.path('readme.md'), at.path('README.md'), { ...live(), overwrite: false });
      expect(await at.names('')).toEqual(['README.md']);
      expect(await at.read('README.md')).toBe('text');
    });

    it('move keeps the identity, copy gives a new one', async () => {
      const at = await workFolder();
      const { entry } = await at.write('one', 'x');
      await drive.move(at.path('one'), at.path('two'), { ...live(), overwrite: true });
      await drive.copy(at.path('two'), at.path('three'), { ...live(), overwrite: true, depth: 'infinity' });
      expect((await at.stat('two')).id).toBe(entry.id);
      expect((await at.stat('three')).id).not.toBe(entry.id);
    });

    it('copy with depth 0 copies a folder without its members', async () => {
      const at = await workFolder();
      await at.make('from', 'folder', 'member');
      await drive.copy(at.path('from'), at.path('to'), { ...live(), overwrite: true, depth: 0 });
      expect(await at.names('to')).toEqual([]);
    });

    describe('setTimes', () => {
      const created = new Date('2001-02-03T04:05:06Z');
      const modified = new Date('2002-03-04T05:06:07Z');

      it('sets both times of a file, and neither bytes nor tag', async () => {
        const at = await workFolder();
        await at.write('file', 'content');
        const before = await at.stat('file');
        const entry = await drive.setTimes(at.path('file'), { created, modified }, live());
        expect(entry).toEqual({ ...before, created, modified });
        expect(await at.stat('file')).toEqual(entry);
        expect(await drive.list(at.path(''), live())).toEqual([entry]);
        expect(await at.read('file')).toBe('content');
      });

      it.each(['empty', 'just filled'])('sets both times of a folder that is %s', async state => {
        const at = await workFolder();
        await at.folder('folder');
        if (state !== 'empty') {
          await at.write('folder/member', 'x');
        }
        const entry = await drive.setTimes(at.path('folder'), { created, modified }, live());
        expect(entry).toMatchObject({ created, modified });
        expect(await at.stat('folder')).toEqual(entry);
        expect(await drive.list(at.path(''), live())).toEqual([entry]);
      });

      it('leaves the time that is not given', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'x');
        const first = await drive.setTimes(at.path('file'), { created }, live());
        expect(first).toMatchObject({ created, modified: entry.modified });
        const second = await drive.setTimes(at.path('file'), { modified }, live());
        expect(second).toMatchObject({ created, modified });
        expect(await drive.setTimes(at.path('file'), {}, live())).toMatchObject({ created, modified });
      });

      it('cuts a time to whole seconds', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        const given = new Date(modified.getTime() + 987);
        expect((await drive.setTimes(at.path('file'), { modified: given }, live())).modified).toEqual(modified);
      });

      it('is undone by the next write, as far as the time of change goes', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        await drive.setTimes(at.path('file'), { created, modified }, live());
        const { entry } = await at.write('file', 'new');
        expect(entry.created).toEqual(created);
        expect(entry.modified.getTime()).toBeGreaterThan(modified.getTime());
      });

      it('goes with a move', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        await drive.setTimes(at.path('file'), { created, modified }, live());
        await drive.move(at.path('file'), at.path('moved'), { ...live(), overwrite: true });
        expect(await at.stat('moved')).toMatchObject({ created, modified });
      });

      it('says not-found for nothing', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        for (const path of ['missing', 'missing/below', 'file/below']) {
          expect(await at.codeOf(d => d.setTimes(at.path(path), { modified }, live()))).toBe('not-found');
        }
      });
    });

    it('quota, where there is one, counts used bytes', async () => {
      const at = await workFolder();
      await at.write('file', 'x');
      const quota = await drive.quota(at.path('file'), live());
      expect(quota === undefined || quota.used > 0).toBe(true);
    });

    describe('downloadUrl', () => {
      it('gives an address of the file as it is now, or none', async () => {
        const at = await workFolder();
        const { entry } = await at.write('file', 'x');
        const link = await drive.downloadUrl(at.path('file'), live());
        expect(link === undefined || link.entry.id === entry.id).toBe(true);
      });

      it('says is-folder for a folder and not-found for nothing', async () => {
        const at = await workFolder();
        await at.folder('folder');
        expect(await at.codeOf(d => d.downloadUrl(at.path('folder'), live()))).toBe('is-folder');
        expect(await at.codeOf(d => d.downloadUrl(at.path('missing'), live()))).toBe('not-found');
      });
    });

    describe('scratch', () => {
      it('is a free name in the same folder, another one each time', async () => {
        const at = await workFolder();
        const [one, other] = [
          await drive.scratch(at.path('file'), live()),
          await drive.scratch(at.path('file'), live()),
        ];
        expect(one.path.slice(0, -1)).toEqual([...at.path('')]);
        expect(one.path).not.toEqual(other.path);
        expect(await at.codeOf(d => d.stat(one.path, live()))).toBe('not-found');
        one.end(true);
        other.end(true);
      });

      it('takes what is made there, which then goes to its place', async () => {
        const at = await workFolder();
        const scratch = await drive.scratch(at.path('file'), live());
        await drive.write(scratch.path, chunks('new'), { ...live(), length: 3 });
        await drive.move(scratch.path, at.path('file'), { ...live(), overwrite: true });
        scratch.end(true);
        expect(await at.names('')).toEqual(['file']);
      });

      it('says no-parent where there is no folder', async () => {
        const at = await workFolder();
        await at.write('file', 'x');
        expect(await at.codeOf(d => d.scratch(at.path('missing/below'), live()))).toBe('no-parent');
        expect(await at.codeOf(d => d.scratch(at.path('file/below'), live()))).toBe('no-parent');
      });
    });

    it('canonicalPath tells places apart, and is final once prepare was asked', async () => {
      const at = await workFolder();
      await drive.prepare(at.path('one'), live());
      const [one, other] = [drive.canonicalPath(at.path('one')), drive.canonicalPath(at.path('other'))];
      await at.write('one', 'x');
      expect(drive.canonicalPath(at.path('one'))).toEqual(one);
      expect(other).not.toEqual(one);
      expect(other[0]).toBe(one[0]);
      expect(drive.canonicalPath(at.path('one/below')).slice(0, one.length)).toEqual([...one]);
    });

    it('a plain name has no companions, and may be written', async () => {
      const at = await workFolder();
      expect(await drive.companions(at.path('file'))).toEqual([]);
      expect(drive.access(at.path('file'))).toBe('write');
    });
  });
}

type Steps = ReturnType<typeof stepsIn>;

/** File-system steps inside one folder, a line each. */
function stepsIn(drive: Drive, folder: string) {
  const path = (text: string): DrivePath => toDrivePath([folder, ...text.split('/').filter(name => name !== '')]);
  const write = (at: string, text: string, options: Partial<WriteOptions> = {}) =>
    drive.write(path(at), chunks(text), { ...live(), length: Buffer.byteLength(text), ...options });
  const makeFolder = (at: string): Promise<Entry> => drive.makeFolder(path(at), live());
  return {
    path,
    write,
    folder: makeFolder,
    stat: (at: string): Promise<Entry> => drive.stat(path(at), live()),
    /** A file holding `mark`, or a folder holding an empty file of that name. */
    make: async (at: string, kind: string, mark: string): Promise<void> => {
      if (kind === 'file') {
        await write(at, mark);
        return;
      }
      await makeFolder(at);
      await write(`${at}/${mark}`, '');
    },
    shown: (name: string, kind: string): string => (kind === 'file' ? name : `${name}/`),
    names: async (at: string): Promise<string[]> => {
      const entries = await drive.list(path(at), live());
      return entries.map(entry => (entry.kind === 'folder' ? `${entry.name}/` : entry.name)).sort();
    },
    read: async (at: string, range?: { start: number; end: number }): Promise<string> => {
      const { body, length } = await drive.read(path(at), { ...live(), range });
      const bytes = Buffer.concat(await Array.fromAsync(body));
      expect(bytes.length).toBe(length);
      return bytes.toString();
    },
    codeOf: async (run: (drive: Drive) => Promise<unknown>): Promise<DriveErrorCode | 'no error'> => {
      try {
        await run(drive);
        return 'no error';
      } catch (error) {
        if (error instanceof DriveError) {
          return error.code;
        }
        throw error;
      }
    },
  };
}

function live(): { signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    yield Buffer.from(text);
  }
}

/** Zeros; `onLast` is called when the last of them have been taken. */
async function* zeros(size: number, onLast?: () => void): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= MIB) {
    const chunk = new Uint8Array(Math.min(left, MIB));
    if (left <= MIB) {
      onLast?.();
    }
    yield chunk;
  }
}

/** Takes what is left; says whether that was all or ended in an error of the drive. */
async function collectInto(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>): Promise<'whole' | 'failed'> {
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      chunks.push(next.value);
    }
    return 'whole';
  } catch (error) {
    expect(error).toBeInstanceOf(DriveError);
    return 'failed';
  }
}

async function* failing(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  throw new Error('the client is gone');
}
