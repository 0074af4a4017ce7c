import { describe, expect, it } from 'vitest';
import { NOTE_KINDS, type Note, type NoteKind, type NoteStore } from '../../src/state/note-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

const NOW = 1_800_000_000_000;
/** The kind with the least room. */
const SMALL = 'zip-selection';
const { max: MAX } = NOTE_KINDS[SMALL];
/** More than an engine puts before it notices that there are too many. */
const LATER = 6;

export function note(key: string, change: Partial<Note> = {}): Note {
  return { kind: SMALL, key, owner: 'ada', value: `{"of":"${key} äß😀"}`, ends: NOW + 1000, ...change };
}

/** The promises of `src/state/note-store.ts`. */
export function describeNoteStore(engine: Engine): void {
  const withStore = (use: (store: NoteStore) => Promise<void>) => withEngine(engine, ({ notes }) => use(notes));
  const fill = async (store: NoteStore, count: number, change: Partial<Note>, now = NOW) => {
    for (let index = 0; index < count; index += 1) {
      await store.put(note(`${change.owner} ${index}`, change), now);
    }
  };
  const found = async (store: NoteStore, keys: readonly string[], now = NOW, kind: NoteKind = SMALL) => {
    const values = await Promise.all(keys.map(key => store.get(kind, key, now)));
    return keys.filter((_, index) => values[index] !== undefined);
  };

  describe(`${engine.name} keeps the contract of notes`, () => {
    it('finds a note by its kind and key as it was put last, until it ends', () =>
      withStore(async store => {
        await store.put(note('a'), NOW);
        await store.put(note('a', { kind: 'share-upload', value: 'another' }), NOW);
        await store.put(note('b', { value: 'first' }), NOW);
        await store.put(note('b', { value: '', ends: NOW + 5 }), NOW);
        expect(await store.get(SMALL, 'a', NOW + 999)).toBe(note('a').value);
        expect(await store.get('share-upload', 'a', NOW)).toBe('another');
        expect(await store.get(SMALL, 'b', NOW + 4)).toBe('');
        expect([await store.get(SMALL, 'b', NOW + 5), await store.get(SMALL, 'a', NOW + 1000)]).toEqual([
          undefined,
          undefined,
        ]);
        expect(await store.get('sign-in', 'a', NOW)).toBeUndefined();
      }));

    it('gives a note to one of those who take it', () =>
      withStore(async store => {
        await store.put(note('a'), NOW);
        await store.put(note('b', { ends: NOW }), NOW - 1);
        const taken = await Promise.all(Array.from({ length: 5 }, () => store.take(SMALL, 'a', NOW)));
        expect(taken.filter(value => value !== undefined)).toEqual([note('a').value]);
        expect([await store.get(SMALL, 'a', NOW), await store.take(SMALL, 'b', NOW)]).toEqual([undefined, undefined]);
      }));

    it('deletes one, and no other', () =>
      withStore(async store => {
        await store.put(note('a'), NOW);
        await store.put(note('b'), NOW);
        await store.delete(SMALL, 'a');
        await store.delete(SMALL, 'never');
        await store.delete('sign-in', 'b');
        expect(await found(store, ['a', 'b'])).toEqual(['b']);
      }));

    it('lists the newest of an owner, in the order in which they were put', () =>
      withStore(async store => {
        for (const key of ['c', 'a', 'b', 'd']) {
          await store.put(note(key), NOW);
        }
        await store.put(note('of bob', { owner: 'bob' }), NOW);
        await store.put(note('other kind', { kind: 'share-upload' }), NOW);
        await store.put(note('ended', { ends: NOW + 1 }), NOW);
        await store.put(note('c', { value: 'c anew' }), NOW);
        await store.put(note('d', { owner: 'bob' }), NOW);
        const listed = (max: number) => store.list(SMALL, 'ada', { now: NOW + 1, max });
        expect(await listed(9)).toEqual([note('a').value, note('b').value, 'c anew']);
        expect(await listed(2)).toEqual([note('b').value, 'c anew']);
        expect(await store.list(SMALL, 'eve', { now: NOW, max: 9 })).toEqual([]);
      }));

    it('drops the oldest ones of the owner with the most when there are too many of a kind', () =>
      withStore(async store => {
        await store.put(note('of bob', { owner: 'bob' }), NOW);
        await store.put(note('of ada', { kind: 'share-upload' }), NOW);
        await fill(store, MAX + LATER, { owner: 'flood' });
        await fill(store, LATER, { owner: 'eve' });
        const eves = Array.from({ length: LATER }, (_, index) => `eve ${index}`);
        expect(await found(store, ['of bob', ...eves])).toEqual(['of bob', ...eves]);
        expect(await found(store, ['flood 0', `flood ${LATER}`])).toEqual([]);
        const kept = [2 * LATER + 1, MAX + LATER - 1].map(index => `flood ${index}`);
        expect(await found(store, kept)).toEqual(kept);
        expect(await found(store, ['of ada'], NOW, 'share-upload')).toEqual(['of ada']);
      }));

    it('drops of many owners what makes them equal', () =>
      withStore(async store => {
        for (const [owner, count] of [
          ['one', 60],
          ['two', 90],
          ['three', 5],
        ] as const) {
          await fill(store, count, { owner });
        }
        await fill(store, MAX - 75 + LATER, { owner: 'last' });
        const left = async (owner: string) => (await store.list(SMALL, owner, { now: NOW, max: MAX })).length;
        expect(await left('three')).toBe(5);
        const [one, two, last] = [await left('one'), await left('two'), await left('last')];
        expect([one, Math.abs(two - last) <= LATER]).toEqual([60, true]);
        expect(one + two + last + 5).toBeLessThanOrEqual(MAX + LATER);
        expect(await found(store, ['two 0', 'two 89', 'last 0'])).toEqual(['two 89']);
      }));

    it('has room again when notes are replaced, taken, deleted or have ended', () =>
      withStore(async store => {
        await store.put(note('short', { owner: 'bob', ends: NOW + 1 }), NOW);
        await fill(store, MAX - 1, { owner: 'ada' });
        for (let turn = 0; turn < LATER; turn += 1) {
          await store.put(note('ada 5'), NOW);
        }
        expect(await found(store, ['short', 'ada 0'])).toEqual(['short', 'ada 0']);
        await store.take(SMALL, 'ada 1', NOW + 1);
        await store.delete(SMALL, 'ada 2');
        await fill(store, 3, { owner: 'eve' }, NOW + 1);
        for (let turn = 0; turn < LATER; turn += 1) {
          await store.put(note('ada 5'), NOW + 1);
        }
        expect(await found(store, ['ada 0', 'ada 3', 'eve 0'], NOW + 1)).toEqual(['ada 0', 'ada 3', 'eve 0']);
        await fill(store, 1 + LATER, { owner: 'bob' }, NOW + 1);
        expect(await found(store, ['ada 0', 'ada 90', 'bob 0'], NOW + 1)).toEqual(['ada 90', 'bob 0']);
      }));

    it('refuses a value that is too long for its kind, by its bytes, and keeps what was there', () =>
      withStore(async store => {
        const { maxBytes } = NOTE_KINDS['sign-in'];
        const longest = 'ä'.repeat(maxBytes / 2);
        await store.put(note('a', { kind: 'sign-in', value: longest }), NOW);
        await expect(store.put(note('a', { kind: 'sign-in', value: `${longest}x` }), NOW)).rejects.toThrow(RangeError);
        expect(await store.get('sign-in', 'a', NOW)).toBe(longest);
        const most = 'x'.repeat(NOTE_KINDS[SMALL].maxBytes);
        await store.put(note('long', { key: 'k'.repeat(20_000), owner: 'o'.repeat(20_000), value: most }), NOW);
        expect(await store.list(SMALL, 'o'.repeat(20_000), { now: NOW, max: 1 })).toEqual([most]);
      }));
  });
}
