import { describe, expect, it } from 'vitest';
import {
  type DownloadAsked,
  ENDED_SHARES_KEPT_MS,
  type NewShare,
  type Share,
  type ShareStore,
} from '../../src/state/share-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

export const NOW = 1_800_000_000_000;
const LIMIT = { max: 9, now: NOW };
const WHOLE: DownloadAsked = { client: 'c', file: 'f', isPart: false, now: NOW, ends: NOW + 5 };
const PART: DownloadAsked = { ...WHOLE, isPart: true };

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
        const counted = await Promise.all(Array.from({ length: 20 }, () => store.countDownload('a', 3, WHOLE)));
        expect(counted.filter(each => each === 'counted')).toHaveLength(3);
        expect(counted.filter(each => each === 'over')).toHaveLength(17);
        await store.uncountDownload('a', WHOLE);
        expect((await store.find('digest of a'))?.downloads).toBe(2);
        expect([await store.countDownload('a', 3, WHOLE), await store.countDownload('a', 3, WHOLE)]).toEqual([
          'counted',
          'over',
        ]);
        expect(await store.countDownload('nothing', 3, WHOLE)).toBe('over');
      }));

    it('never counts below nothing, and counts nothing of a revoked share', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        await store.uncountDownload('a', WHOLE);
        expect((await store.find('digest of a'))?.downloads).toBe(0);
        await store.revoke('a', { at: NOW });
        expect(await store.countDownload('a', 3, WHOLE)).toBe('over');
      }));

    it('counts the parts of a file once for a client, however many come at once', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        const count = (asked: DownloadAsked) => store.countDownload('a', 3, asked);
        const parts = await Promise.all(Array.from({ length: 10 }, () => count(PART)));
        expect(parts.toSorted()).toEqual([...Array<string>(9).fill('begun'), 'counted']);
        const others = [await count({ ...PART, client: 'other' }), await count({ ...PART, file: 'other' })];
        expect(others).toEqual(['counted', 'counted']);
        // All have been counted, and those parts may go on.
        expect([await count(PART), await count({ ...PART, file: 'third' }), await count(WHOLE)]).toEqual([
          ...['begun', 'over', 'over'],
        ]);
        expect((await store.find('digest of a'))?.downloads).toBe(3);
      }));

    it('counts a whole file each time, and parts of it go on', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        const answers = [];
        for (const asked of [WHOLE, WHOLE, PART]) {
          answers.push(await store.countDownload('a', 3, asked));
        }
        expect(answers).toEqual(['counted', 'counted', 'begun']);
      }));

    it('knows what was begun until it ends or is taken back, in its own share', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        await store.add(newShare('b'), LIMIT);
        const hasBegun = (share: string, now = NOW) => store.hasBegun(share, PART.client, now);
        await store.countDownload('a', 0, PART);
        expect(await hasBegun('a')).toBe(false);
        await store.countDownload('a', 3, PART);
        await store.countDownload('a', 3, { ...PART, file: 'second', ends: NOW + 9 });
        expect([await hasBegun('a', NOW + 8), await hasBegun('a', NOW + 9), await hasBegun('b')]).toEqual([
          ...[true, false, false],
        ]);
        expect(await store.hasBegun('a', 'other', NOW)).toBe(false);
        expect(await store.countDownload('a', 3, { ...PART, now: PART.ends })).toBe('counted');
        await store.uncountDownload('a', PART);
        await store.uncountDownload('a', { ...PART, file: 'second' });
        expect([await hasBegun('a'), (await store.find('digest of a'))?.downloads]).toEqual([false, 1]);
        expect(await store.countDownload('b', 3, PART)).toBe('counted');
      }));

    it('notes the first opening only', () =>
      withStore(async store => {
        await store.add(newShare('a'), LIMIT);
        const times = [5, 6];
        const noted = await Promise.all(times.map(at => store.noteOpened('a', at)));
        expect(noted.toSorted()).toEqual([false, true]);
        expect((await store.find('digest of a'))?.opened).toBe(times[noted.indexOf(true)]);
        expect(await store.noteOpened('a', 7)).toBe(false);
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
