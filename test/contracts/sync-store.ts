import { describe, expect, it } from 'vitest';
import type { SyncItem, SyncLook, SyncMember, SyncStore } from '../../src/state/sync-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

const KEY = { scope: 'drive', folderId: 'root', level: 'infinite' } as const;
const NOW = 1_000_000;

/** A member that Graph shows, its id by its path unless it is given. */
export function syncItem(path: string, { kind = 'file', itemId = path, shown = '' }: Partial<SyncItem> = {}): SyncItem {
  return { path, itemId, kind, tag: `tag ${shown}`, shown };
}

/** A listing of the folder at `path`, by its id. */
export function listing(
  path: string,
  { put = [], gone = [], toList = [] }: { put?: SyncItem[]; gone?: string[]; toList?: string[] } = {},
): SyncLook {
  return {
    folder: { path, itemId: path === '' ? 'root' : path },
    isListing: true,
    put: put.map(item => ({ ...item, isToList: toList.includes(item.path) })),
    same: [],
    gone,
  };
}

/** The promises of `src/state/sync-store.ts`. */
export function describeSyncStore(engine: Engine): void {
  const withJournal = (use: (store: SyncStore, journal: number) => Promise<void>) =>
    withEngine(engine, async ({ sync }) => {
      const { id } = await sync.begin(KEY, { secret: 's', link: 'first', now: NOW });
      await use(sync, id);
    });
  const paths = (members: readonly SyncMember[]) => members.map(({ path, isGone }) => `${isGone ? '-' : ''}${path}`);
  const folder = (path: string) => syncItem(path, { kind: 'folder' });

  describe(`${engine.name} keeps the sync store contract`, () => {
    it('finds a journal by its key, as it was begun, and nothing by another', () =>
      withJournal(async (store, id) => {
        const found = await store.find(KEY, NOW);
        expect(found).toMatchObject({ id, secret: 's', link: 'first', linkedAt: NOW, last: NOW, floor: 0, size: 1 });
        for (const other of [{ scope: 'other' }, { folderId: 'other' }, { level: '1' as const }]) {
          expect(await store.find({ ...KEY, ...other }, NOW)).toBeUndefined();
        }
      }));

    it('begins with the folder itself to be listed, which is no member', () =>
      withJournal(async (store, id) => {
        expect(await store.toDo(id, 10)).toMatchObject([{ path: '', itemId: 'root', isToList: true, isListed: false }]);
        expect(await store.since(id, 0, 10)).toEqual([]);
        await store.put(id, listing(''), NOW);
        expect(await store.toDo(id, 10)).toEqual([]);
        expect(await store.withItems(id, ['root'])).toMatchObject([{ path: '', isListed: true }]);
      }));

    it('gives a journal that is begun anew another id, and drops the members of the old one', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [syncItem('a')] }), NOW);
        const next = await store.begin(KEY, { secret: 't', link: 'x', now: NOW + 1 });
        expect(next.id).not.toBe(id);
        expect(await store.membersOf(id, '')).toEqual([]);
        await store.put(id, listing('', { put: [syncItem('late')] }), NOW);
        expect(await store.since(next.id, 0, 10)).toEqual([]);
        await store.drop(next.id);
        expect(await store.find(KEY, NOW)).toBeUndefined();
      }));

    it('gives each change a number of its own, which grows and is not below the time', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [syncItem('a'), syncItem('b')] }), NOW - 5);
        await store.put(id, listing('', { put: [syncItem('c')] }), NOW + 1_000);
        const numbers = (await store.since(id, 0, 10)).map(({ number }) => number);
        expect(numbers).toEqual([NOW + 1, NOW + 2, NOW + 1_000]);
        expect((await store.find(KEY, NOW))?.last).toBe(NOW + 1_000);
      }));

    it('tells what came after a number, by number, at most so many', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [syncItem('b'), syncItem('a'), syncItem('c')] }), NOW);
        const [first] = await store.since(id, 0, 1);
        expect(first).toMatchObject({ path: 'b', itemId: 'b', kind: 'file', parentId: 'root', isGone: false });
        expect(paths(await store.since(id, first!.number, 10))).toEqual(['a', 'c']);
        expect([await store.hasMore(id, 0, 2), await store.hasMore(id, 0, 3)]).toEqual([true, false]);
        expect(await store.hasMore(id, first!.number, 2)).toBe(false);
        await store.put(id, listing('', { put: [syncItem('b', { shown: 'new' })] }), NOW);
        expect(paths(await store.since(id, 0, 10))).toEqual(['a', 'c', 'b']);
      }));

    it('keeps what is gone, with all that was below it, for those who know it, and for no others', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('d'), syncItem('d!'), syncItem('e')] }), NOW);
        await store.put(id, listing('d', { put: [syncItem('d/f')] }), NOW);
        const { last } = (await store.find(KEY, NOW))!;
        await store.put(id, listing('', { gone: ['d'] }), NOW);
        expect(paths(await store.since(id, last, 10))).toEqual(['-d', '-d/f']);
        expect(paths(await store.since(id, 0, 10))).toEqual(['d!', 'e']);
        expect(await store.membersOf(id, 'd')).toEqual([]);
        expect(await store.withItems(id, ['d', 'd/f', 'e'])).toMatchObject([{ path: 'e' }]);
      }));

    it('a member that has come back is there, and one that came and went since was never there', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [syncItem('a')] }), NOW);
        const { last } = (await store.find(KEY, NOW))!;
        await store.put(id, listing('', { gone: ['a'] }), NOW);
        await store.put(id, listing('', { put: [syncItem('a', { itemId: 'other' }), syncItem('brief')] }), NOW);
        await store.put(id, listing('', { gone: ['brief'] }), NOW);
        expect(paths(await store.since(id, last, 10))).toEqual(['a']);
        await store.put(id, listing('', { gone: ['a'] }), NOW);
        expect(paths(await store.since(id, last, 10))).toEqual(['-a']);
      }));

    it('another folder by the same name has none of the members of the first', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('d')] }), NOW);
        await store.put(id, listing('d', { put: [syncItem('d/f')] }), NOW);
        const other = syncItem('d', { kind: 'folder', itemId: 'other' });
        await store.put(id, listing('', { put: [other], toList: ['d'] }), NOW);
        expect(await store.membersOf(id, 'd')).toEqual([]);
        expect(await store.toDo(id, 10)).toMatchObject([{ path: 'd', isToList: true, isListed: false }]);
        // An answer about the first one comes too late.
        await store.put(id, listing('d', { put: [syncItem('d/g')] }), NOW);
        expect(await store.membersOf(id, 'd')).toEqual([]);
      }));

    it('a folder in the place of a file is another member', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [syncItem('x', { itemId: 'file' })] }), NOW);
        const { last } = (await store.find(KEY, NOW))!;
        await store.put(id, listing('', { put: [folder('x')], gone: ['x'] }), NOW);
        expect((await store.since(id, last, 10)).map(({ kind, isGone }) => [kind, isGone])).toEqual([
          ['file', true],
          ['folder', false],
        ]);
      }));

    it('a change of members changes the folders that lead to them', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('a'), syncItem('z')] }), NOW);
        await store.put(id, listing('a', { put: [folder('a/b')] }), NOW);
        const { last } = (await store.find(KEY, NOW))!;
        await store.put(id, listing('a/b', { put: [syncItem('a/b/c')] }), NOW);
        expect(paths(await store.since(id, last, 10)).sort()).toEqual(['a', 'a/b', 'a/b/c']);
      }));

    it('marks stay until they are done, a folder before those in it, and with them the link', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('a'), syncItem('f')] }), NOW);
        await store.put(id, listing('a', { put: [syncItem('a/g')] }), NOW);
        const link = { url: 'second', at: NOW + 7 };
        await store.mark(id, { look: ['a/g', 'f', '', 'none'], list: ['', 'f', 'none'], touched: [], link }, NOW);
        expect(await store.find(KEY, NOW)).toMatchObject({ link: 'second', linkedAt: NOW + 7 });
        const toDo = await store.toDo(id, 10);
        expect(toDo.map(({ path, isToLook, isToList }) => [path, isToLook, isToList])).toEqual([
          ['', false, true],
          ['f', true, false],
          ['a/g', true, false],
        ]);
        expect(await store.toDo(id, 1)).toHaveLength(1);
        await store.put(id, { ...listing('a'), isListing: false, same: ['a/g'] }, NOW);
        await store.put(id, listing('', { put: [syncItem('f', { shown: 'new' })] }), NOW);
        expect(await store.toDo(id, 10)).toEqual([]);
      }));

    it('a touched member has changed', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('a'), folder('b')] }), NOW);
        const { last } = (await store.find(KEY, NOW))!;
        await store.mark(id, { look: [], list: [], touched: ['a', '', 'none'] }, NOW);
        expect(paths(await store.since(id, last, 10))).toEqual(['a']);
      }));

    it('marks a written file to be fetched, or its folder to be listed unless it is a known file', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('a'), syncItem('f')] }), NOW);
        await store.markWritten(id, ['f', 'a/new', 'none/x']);
        expect((await store.toDo(id, 10)).map(({ path }) => path)).toEqual(['a', 'f']);
      }));

    it('folders that were listed long ago are listed again, the oldest first', () =>
      withJournal(async (store, id) => {
        await store.put(id, listing('', { put: [folder('a'), folder('b'), folder('never')] }), NOW + 3);
        await store.put(id, listing('a'), NOW + 2);
        await store.put(id, listing('b'), NOW + 1);
        await store.markOld(id, NOW + 3, 1);
        expect((await store.toDo(id, 10)).map(({ path }) => path)).toEqual(['b']);
        await store.markOld(id, NOW + 4, 10);
        expect((await store.toDo(id, 10)).map(({ path }) => path)).toEqual(['', 'a', 'b']);
      }));
  });
}
