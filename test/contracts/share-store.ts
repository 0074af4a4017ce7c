import { describe, expect, it } from 'vitest';
import { ENDED_SHARES_KEPT_MS, type NewShare, type Share, type ShareStore } from '../../src/state/share-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

export const NOW = 1_800_000_000_000;
const LIMIT = { max: 9, now: NOW };

export function newShare(id: string, change: Partial<NewShare> = {}): NewShare {
  return {
    ...{ digest: `digest of ${id}`, id, kind: 'read', owner: 'user:ada', ownerName: 'Ada', names: ['m', 'ä', 'b.txt'] },
    ...{ target: 'file', scope: 'drive', itemId: 'ITEM', passwordHash: undefined, maxDownloads: undefined },
    ...{ created: NOW, expires: NOW + 1000 },
    ...change,
  };
}

/** What the store has of a new share. */
export function stored(share: NewShare, change: Partial<Share> = {}): Share {
  return { ...share, downloads: 0, opened: undefined, revoked: undefined, ...change };
}

/** The promises of `src/state/share-store.ts`. */
export function describeShareStore(engine: Engine): void {
  const withStore = (use: (store: ShareStore) => Promise<void>) => withEngine(engine, ({ shares }) => use(shares));
  describe(`${engine.name} keeps the contract of shares`, () => {
    it('finds a share as it was made, also after its end', () =>
      withStore(async store => {
        const plain = newShare('a');
        const full = newShare('b', { kind: 'upload', target: 'folder', passwordHash: '$argon2id$', maxDownloads: 3 });
        expect([await store.add(plain, LIMIT), await store.add(full, LIMIT)]).toEqual([true, true]);
        expect(await store.find(plain.digest)).toEqual(stored(plain));
        expect(await store.find(full.digest)).toEqual(stored(full));
        expect(await store.find('digest of nothing')).toBeUndefined();
      }));

    it('lists those of one owner, and of everybody, oldest first', () =>
      withStore(async store => {
        const second = newShare('a', { created: NOW + 1 });
        const first = newShare('b');
        const others = newShare('c', { owner: 'person:1', created: NOW + 2 });
        for (const each of [second, first, others]) {
          await store.add(each, LIMIT);
        }
        expect((await store.list('user:ada')).map(({ id }) => id)).toEqual(['b', 'a']);
        expect((await store.list()).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
        expect(await store.list('user:nobody')).toEqual([]);
      }));

    it('adds no more than the limit of those that are open', () =>
      withStore(async store => {
        const limit = { max: 2, now: NOW };
        await store.add(newShare('ended', { expires: NOW }), limit);
        await store.add(newShare('revoked'), limit);
        await store.revoke('revoked', { at: NOW });
        const answers = [];
        for (const id of ['a', 'b', 'c']) {
          answers.push(await store.add(newShare(id), limit));
        }
        expect(answers).toEqual([true, true, false]);
        expect(await store.find('digest of c')).toBeUndefined();
        expect(await store.add(newShare('d', { owner: 'user:grace' }), limit)).toBe(true);
      }));

    it('keeps ended and revoked ones for a while, and then drops them', () =>
      withStore(async store => {
        await store.add(newShare('ended'), LIMIT);
        await store.add(newShare('revoked', { expires: NOW * 2 }), LIMIT);
        await store.revoke('revoked', { at: NOW + 1000 });
        const at = NOW + 1000 + ENDED_SHARES_KEPT_MS;
        await store.add(newShare('a', { created: at, expires: at + 1 }), { max: 9, now: at - 1 });
        expect((await store.list()).map(({ id }) => id).toSorted()).toEqual(['a', 'ended', 'revoked']);
        await store.add(newShare('b', { created: at, expires: at + 1 }), { max: 9, now: at });
        expect((await store.list()).map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
      }));

    it('counts no more downloads than the most, however many come at once', () =>
      withStore(async store => {
        await store.add(newShare('a', { maxDownloads: 3 }), LIMIT);
        const counted = await Promise.all(Array.from({ length: 20 }, () => store.countDownload('a', 3)));
        expect(counted.filter(each => each)).toHaveLength(3);
        await store.uncountDownload('a');
        expect((await store.find('digest of a'))?.downloads).toBe(2);
        expect([await store.countDownload('a', 3), await store.countDownload('a', 3)]).toEqual([true, false]);
        expect(await store.countDownload('nothing', 3)).toBe(false);
      }));

    it('never counts below nothing, and counts nothing of a revoked share', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        await store.uncountDownload('a');
        expect((await store.find('digest of a'))?.downloads).toBe(0);
        await store.revoke('a', { at: NOW });
        expect(await store.countDownload('a', 3)).toBe(false);
      }));

    it('notes the first opening only', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        expect(await Promise.all([store.noteOpened('a', 5), store.noteOpened('a', 6)])).toEqual([true, false]);
        expect((await store.find('digest of a'))?.opened).toBe(5);
      }));

    it('revokes once, and for its owner only', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        expect(await store.revoke('a', { at: NOW, owner: 'user:grace' })).toBe(false);
        expect(await store.revoke('nothing', { at: NOW })).toBe(false);
        expect(await store.revoke('a', { at: NOW + 7, owner: 'user:ada' })).toBe(true);
        expect(await store.revoke('a', { at: NOW + 8 })).toBe(false);
        expect((await store.find('digest of a'))?.revoked).toBe(NOW + 7);
      }));
  });
}
