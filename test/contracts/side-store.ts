import { describe, expect, it } from 'vitest';
import type { SideFile, SideStore } from '../../src/state/side-store.ts';

/** What the stores under test may hold. */
export const MAX_BYTES = 10;

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The promises of `src/state/side-store.ts`, for a store of `MAX_BYTES`. */
export function describeSideStore(name: string, withStore: (use: (store: SideStore) => void) => Promise<void>): void {
  const textOf = (file: SideFile | undefined) => file && new TextDecoder().decode(file.bytes);
  /** What there is at `places`, `/`-separated, as text; does not matter for what was used last. */
  const present = (store: SideStore, ...places: string[]) =>
    places.filter(place => store.info(place.split('/')) !== undefined);

  describe(`${name} keeps the side store contract`, () => {
    it('gives a file back as it was put', () =>
      withStore(store => {
        const info = store.put(['A', '._B'], bytesOf('12😀'), { now: 5, modified: 3 });
        const opaque = expect.stringMatching(/^[\w-]+$/);
        expect(info).toEqual({ id: opaque, size: 6, created: 5, modified: 3, version: opaque });
        expect(store.info(['A', '._B'])).toEqual(info);
        const { size: _, ...rest } = info;
        expect(store.get(['A', '._B'], 6)).toEqual({ ...rest, bytes: bytesOf('12😀') });
        expect([store.info(['A']), store.get(['A', '._'], 6)]).toEqual([undefined, undefined]);
      }));

    it('keeps an empty file and a part of a larger buffer', () =>
      withStore(store => {
        store.put(['EMPTY'], new Uint8Array(0), { now: 1 });
        store.put(['PART'], bytesOf('abcdef').subarray(2, 4), { now: 1 });
        expect([textOf(store.get(['EMPTY'], 1)), textOf(store.get(['PART'], 1))]).toEqual(['', 'cd']);
      }));

    it('shares no memory with those who put and get', () =>
      withStore(store => {
        const bytes = bytesOf('ab');
        store.put(['A'], bytes, { now: 1 });
        bytes.fill(0);
        store.get(['A'], 1)!.bytes.fill(0);
        expect(textOf(store.get(['A'], 1))).toBe('ab');
      }));

    it('changes all but the time of creation when a file is replaced', () =>
      withStore(store => {
        const before = store.put(['A'], bytesOf('1'), { now: 1 });
        const after = store.put(['A'], bytesOf('1'), { now: 2 });
        expect(after).toMatchObject({ created: 1, modified: 2 });
        expect(after.version).not.toBe(before.version);
        expect(store.info(['A'])).toEqual(after);
      }));

    it('leaves what is below and beside a file alone when the file is replaced', () =>
      withStore(store => {
        for (const place of [['A'], ['A', 'B'], ['AB'], ['A']]) {
          store.put(place, bytesOf('1'), { now: 1 });
        }
        expect(present(store, 'A', 'A/B', 'AB')).toEqual(['A', 'A/B', 'AB']);
      }));

    it('deletes what is at a place and below it, and nothing beside it', () =>
      withStore(store => {
        for (const place of [['A'], ['A', 'X'], ['A', 'B', 'X'], ['A%', 'X'], ['A0'], ['A.']]) {
          store.put(place, bytesOf('1'), { now: 1 });
        }
        store.delete(['A']);
        store.delete(['_']);
        expect(present(store, 'A', 'A/X', 'A/B/X', 'A%/X', 'A0', 'A.')).toEqual(['A%/X', 'A0', 'A.']);
        store.delete([]);
        expect(present(store, 'A%/X', 'A0', 'A.')).toEqual([]);
      }));

    it('moves what is at a place and below it, versions and times with it', () =>
      withStore(store => {
        const file = store.put(['A', 'X'], bytesOf('1'), { now: 1 });
        const inner = store.put(['A', '😀', 'X'], bytesOf('2'), { now: 2 });
        store.put(['AB', 'X'], bytesOf('3'), { now: 3 });
        store.put(['C', 'D', 'OLD'], bytesOf('4'), { now: 4 });
        store.move(['A'], ['C', 'D']);
        expect([store.info(['C', 'D', 'X']), store.info(['C', 'D', '😀', 'X'])]).toEqual([file, inner]);
        expect(present(store, 'A/X', 'A/😀/X', 'C/D/OLD', 'AB/X')).toEqual(['AB/X']);
      }));

    it('copies what is at a place and below it, as files created now', () =>
      withStore(store => {
        const file = store.put(['A', 'X'], bytesOf('1'), { now: 1 });
        store.put(['C', 'OLD'], bytesOf('4'), { now: 2 });
        store.copy(['A'], ['C'], 3);
        const copied = store.info(['C', 'X'])!;
        expect(copied).toEqual({ ...file, id: copied.id, created: 3 });
        expect(copied.id).not.toBe(file.id);
        expect([textOf(store.get(['C', 'X'], 4)), store.info(['A', 'X'])]).toEqual(['1', file]);
        expect(present(store, 'C/OLD')).toEqual([]);
        store.put(['C', 'X'], bytesOf('5'), { now: 5 });
        expect(textOf(store.get(['A', 'X'], 6))).toBe('1');
      }));

    it('clears the target when there is nothing to move or to copy', () =>
      withStore(store => {
        store.put(['A'], bytesOf('1'), { now: 1 });
        store.put(['B'], bytesOf('1'), { now: 1 });
        store.move(['NONE'], ['A']);
        store.copy(['NONE'], ['B'], 2);
        expect(present(store, 'A', 'B')).toEqual([]);
      }));

    it('moves and copies into the source, and over a folder above it, as it stood before', () =>
      withStore(store => {
        const put = (place: string) => store.put(place.split('/'), bytesOf('1'), { now: 1 });
        put('A/X');
        put('A/B/Y');
        store.move(['A'], ['A', 'B']);
        expect(present(store, 'A/X', 'A/B/X', 'A/B/Y', 'A/B/B/Y')).toEqual(['A/B/X', 'A/B/B/Y']);
        store.copy(['A', 'B'], ['A'], 2);
        expect(present(store, 'A/X', 'A/B/Y', 'A/B/X', 'A/B/B/Y')).toEqual(['A/X', 'A/B/Y']);
        store.move(['A'], ['A']);
        expect(present(store, 'A/X', 'A/B/Y')).toEqual(['A/X', 'A/B/Y']);
      }));

    it('makes folders and lists what is right in them by name, in the bytes of UTF-8', () =>
      withStore(store => {
        const made = store.makeFolder(['A', '.LOCK'], { now: 5, name: '.lock' });
        expect(made).toMatchObject({ kind: 'folder', size: 0, created: 5, modified: 5 });
        const file = store.put(['A', '.LOCK', '😀X'], bytesOf('1'), { now: 6, name: '😀x' });
        store.makeFolder(['A', '.LOCK', 'SUB'], { now: 6, name: 'sub' });
        store.put(['A', '.LOCK', 'SUB', 'Y'], bytesOf('1'), { now: 6, name: 'y' });
        store.put(['A', '.LOCK', '._X'], bytesOf('1'), { now: 6 });
        store.put(['A', '.LOCKED'], bytesOf('1'), { now: 6, name: 'no member' });
        expect(store.members(['A', '.LOCK'])).toMatchObject([
          { name: 'sub', info: { kind: 'folder' } },
          { name: '😀x', info: file },
        ]);
        expect(store.members(['A', '.LOCK'])[1]!.info).toEqual(file);
        expect([store.members(['A', '.LOCK', 'SUB', 'Y']), store.members(['NONE'])]).toEqual([[], []]);
      }));

    it('keeps the names of what is moved and copied, and changes one when it is told to', () =>
      withStore(store => {
        store.makeFolder(['A'], { now: 1, name: 'a' });
        store.put(['A', 'X'], bytesOf('1'), { now: 1, name: 'x' });
        store.move(['A'], ['B']);
        store.rename(['B'], 'b');
        store.copy(['B'], ['C'], 2);
        const names = (place: string[]) => store.members(place).map(({ name }) => name);
        expect([names([]), names(['B']), names(['C'])]).toEqual([['b', 'b'], ['x'], ['x']]);
        store.rename(['C'], '');
        expect(names([])).toEqual(['b']);
        expect(store.info(['C'])).toMatchObject({ kind: 'folder' });
      }));

    describe(`with room for ${MAX_BYTES} bytes`, () => {
      it('evicts nothing that has a name, and refuses what there is no room for then', () =>
        withStore(store => {
          store.put(['OLD'], bytesOf('1234'), { now: 1 });
          store.put(['F', 'A'], bytesOf('1234'), { now: 1, name: 'a' });
          store.put(['F', 'B'], bytesOf('1234'), { now: 9, name: 'b' });
          expect(present(store, 'OLD', 'F/A', 'F/B')).toEqual(['F/A', 'F/B']);
          expect(() => store.put(['NEW'], bytesOf('123'), { now: 10 })).toThrow(RangeError);
          expect(() => store.copy(['F'], ['G'], 10)).toThrow(RangeError);
          expect(present(store, 'NEW', 'F/A', 'F/B', 'G/A')).toEqual(['F/A', 'F/B']);
          store.put(['F', 'A'], bytesOf('123456'), { now: 11, name: 'a' });
          expect(textOf(store.get(['F', 'A'], 12))).toBe('123456');
        }));

      it('lets the files go that were not used for the longest time, reading being a use', () =>
        withStore(store => {
          store.put(['A'], bytesOf('1234'), { now: 1 });
          store.put(['B'], bytesOf('1234'), { now: 2 });
          store.get(['A'], 3);
          store.put(['C'], bytesOf('1234'), { now: 4 });
          expect(present(store, 'A', 'B', 'C')).toEqual(['A', 'C']);
          store.put(['D'], bytesOf('12'), { now: 5 });
          expect(present(store, 'A', 'C', 'D')).toEqual(['A', 'C', 'D']);
        }));

      it('does not take a look at the information for a use', () =>
        withStore(store => {
          store.put(['A'], bytesOf('12345'), { now: 1 });
          store.put(['B'], bytesOf('12345'), { now: 2 });
          store.info(['A']);
          store.put(['C'], bytesOf('1'), { now: 3 });
          expect(present(store, 'A', 'B', 'C')).toEqual(['B', 'C']);
        }));

      it('frees what a file had that is replaced, moved over or deleted', () =>
        withStore(store => {
          store.put(['A'], bytesOf('1234'), { now: 1 });
          for (const now of [2, 3, 4]) {
            store.put(['B'], bytesOf('123456'), { now });
          }
          expect(present(store, 'A', 'B')).toEqual(['A', 'B']);
          store.move(['A'], ['B']);
          store.delete(['B']);
          store.put(['C'], bytesOf('12345'), { now: 5 });
          store.put(['D'], bytesOf('12345'), { now: 6 });
          expect(present(store, 'C', 'D')).toEqual(['C', 'D']);
        }));

      it('keeps a file that fills the store, and the one just put whatever its time', () =>
        withStore(store => {
          store.put(['A'], bytesOf('1234567890'), { now: 9 });
          store.put(['B'], bytesOf('1234567890'), { now: 1 });
          expect(present(store, 'A', 'B')).toEqual(['B']);
        }));

      it('refuses a file that alone is too large, and leaves everything as it was', () =>
        withStore(store => {
          store.put(['A'], bytesOf('old'), { now: 1 });
          expect(() => store.put(['A'], bytesOf('12345678901'), { now: 2 })).toThrow(RangeError);
          expect(textOf(store.get(['A'], 3))).toBe('old');
        }));

      it('makes room for copies, at the cost of their source if need be', () =>
        withStore(store => {
          store.put(['A', 'X'], bytesOf('123'), { now: 2 });
          store.put(['A', 'Y'], bytesOf('123'), { now: 3 });
          store.put(['OLD'], bytesOf('123'), { now: 1 });
          store.copy(['A'], ['B'], 4);
          expect(present(store, 'OLD', 'A/X', 'A/Y', 'B/X', 'B/Y')).toEqual(['A/Y', 'B/X', 'B/Y']);
        }));
    });
  });
}
