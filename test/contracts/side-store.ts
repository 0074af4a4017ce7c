import { describe, expect, it } from 'vitest';
import type { SideFile, SideStore } from '../../src/state/side-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

/** What the stores under test may hold. */
export const MAX_BYTES = 10;

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The promises of `src/state/side-store.ts`, for a store of `MAX_BYTES`. */
export function describeSideStore(engine: Engine): void {
  const withStore = (use: (store: SideStore) => Promise<void>) =>
    withEngine(engine, ({ sideFiles }) => use(sideFiles), { maxSideBytes: MAX_BYTES });
  const textOf = (file: SideFile | undefined) => file && new TextDecoder().decode(file.bytes);
  /** What there is at `places`, `/`-separated, as text; does not matter for what was used last. */
  const present = async (store: SideStore, ...places: string[]) => {
    const infos = await Promise.all(places.map(place => store.info(place.split('/'))));
    return places.filter((_, index) => infos[index] !== undefined);
  };

  describe(`${engine.name} keeps the side store contract`, () => {
    it('gives a file back as it was put', () =>
      withStore(async store => {
        const info = (await store.put(['A', '._B'], bytesOf('12😀'), { now: 5, modified: 3 }))!;
        const opaque = expect.stringMatching(/^[\w-]+$/);
        expect(info).toEqual({ id: opaque, size: 6, created: 5, modified: 3, version: opaque });
        expect(await store.info(['A', '._B'])).toEqual(info);
        const { size: _, ...rest } = info;
        expect(await store.get(['A', '._B'], 6)).toEqual({ ...rest, bytes: bytesOf('12😀') });
        expect([await store.info(['A']), await store.get(['A', '._'], 6)]).toEqual([undefined, undefined]);
      }));

    it('keeps an empty file and a part of a larger buffer', () =>
      withStore(async store => {
        await store.put(['EMPTY'], new Uint8Array(0), { now: 1 });
        await store.put(['PART'], bytesOf('abcdef').subarray(2, 4), { now: 1 });
        expect([textOf(await store.get(['EMPTY'], 1)), textOf(await store.get(['PART'], 1))]).toEqual(['', 'cd']);
      }));

    it('shares no memory with those who put and get', () =>
      withStore(async store => {
        const bytes = bytesOf('ab');
        await store.put(['A'], bytes, { now: 1 });
        bytes.fill(0);
        (await store.get(['A'], 1))!.bytes.fill(0);
        expect(textOf(await store.get(['A'], 1))).toBe('ab');
      }));

    it('sets one time or both, of that place only, and neither bytes nor version change', () =>
      withStore(async store => {
        const before = (await store.put(['A'], bytesOf('1'), { now: 1 }))!;
        const other = (await store.put(['A', 'B'], bytesOf('2'), { now: 1 }))!;
        await store.setTimes(['A'], { modified: -5 });
        expect(await store.info(['A'])).toEqual({ ...before, modified: -5 });
        await store.setTimes(['A'], { created: 0, modified: 7 });
        expect(await store.info(['A'])).toEqual({ ...before, created: 0, modified: 7 });
        expect([textOf(await store.get(['A'], 2)), await store.info(['A', 'B'])]).toEqual(['1', other]);
        await store.setTimes(['NOWHERE'], { modified: 1 });
        expect(await store.info(['NOWHERE'])).toBeUndefined();
      }));

    it('changes all but the time of creation when a file is replaced', () =>
      withStore(async store => {
        const before = (await store.put(['A'], bytesOf('1'), { now: 1 }))!;
        const after = (await store.put(['A'], bytesOf('1'), { now: 2 }))!;
        expect(after).toMatchObject({ created: 1, modified: 2 });
        expect(after.version).not.toBe(before.version);
        expect(await store.info(['A'])).toEqual(after);
      }));

    it('writes only over the expected value: nothing, or one of some versions', () =>
      withStore(async store => {
        const put = (text: string, expected: 'absent' | readonly string[]) =>
          store.put(['A'], bytesOf(text), { now: 1, expect: expected });
        expect(await put('1', ['none'])).toBeUndefined();
        const first = (await put('1', 'absent'))!;
        expect(await put('2', 'absent')).toBeUndefined();
        const second = (await put('2', ['other', first.version]))!;
        expect(await put('3', [first.version])).toBeUndefined();
        expect([await store.info(['A']), textOf(await store.get(['A'], 2))]).toEqual([second, '2']);
      }));

    it('lets one of many win that expect the same at once, and makes one folder where many would make it', () =>
      withStore(async store => {
        const many = Array.from({ length: 9 }, (_, index) => index);
        const files = many.map(index => store.put(['A'], bytesOf(`${index}`), { now: 1, expect: 'absent' }));
        const folders = many.map(() => store.makeFolder(['F'], { now: 1, name: 'f' }));
        expect((await Promise.all(files)).filter(info => info !== undefined)).toEqual([await store.info(['A'])]);
        expect((await Promise.all(folders)).filter(info => info !== undefined)).toEqual([await store.info(['F'])]);
        expect(await store.makeFolder(['A'], { now: 1, name: 'a' })).toBeUndefined();
      }));

    it('leaves entries below and beside a file alone when the file is replaced', () =>
      withStore(async store => {
        for (const place of [['A'], ['A', 'B'], ['AB'], ['A']]) {
          await store.put(place, bytesOf('1'), { now: 1 });
        }
        expect(await present(store, 'A', 'A/B', 'AB')).toEqual(['A', 'A/B', 'AB']);
      }));

    it('deletes the entries at a place and below it, and nothing beside it', () =>
      withStore(async store => {
        for (const place of [['A'], ['A', 'X'], ['A', 'B', 'X'], ['A%', 'X'], ['A0'], ['A.']]) {
          await store.put(place, bytesOf('1'), { now: 1 });
        }
        await store.delete(['A']);
        await store.delete(['_']);
        expect(await present(store, 'A', 'A/X', 'A/B/X', 'A%/X', 'A0', 'A.')).toEqual(['A%/X', 'A0', 'A.']);
        await store.delete([]);
        expect(await present(store, 'A%/X', 'A0', 'A.')).toEqual([]);
      }));

    it('moves the entries at a place and below it, with their versions and times', () =>
      withStore(async store => {
        const file = (await store.put(['A', 'X'], bytesOf('1'), { now: 1 }))!;
        const inner = (await store.put(['A', '😀', 'X'], bytesOf('2'), { now: 2 }))!;
        await store.put(['AB', 'X'], bytesOf('3'), { now: 3 });
        await store.put(['C', 'D', 'OLD'], bytesOf('4'), { now: 4 });
        await store.move(['A'], ['C', 'D']);
        expect([await store.info(['C', 'D', 'X']), await store.info(['C', 'D', '😀', 'X'])]).toEqual([file, inner]);
        expect(await present(store, 'A/X', 'A/😀/X', 'C/D/OLD', 'AB/X')).toEqual(['AB/X']);
      }));

    it('copies the entries at a place and below it, as files created now', () =>
      withStore(async store => {
        const file = (await store.put(['A', 'X'], bytesOf('1'), { now: 1 }))!;
        await store.put(['C', 'OLD'], bytesOf('4'), { now: 2 });
        await store.copy(['A'], ['C'], { now: 3 });
        const copied = (await store.info(['C', 'X']))!;
        expect(copied).toEqual({ ...file, id: copied.id, created: 3 });
        expect(copied.id).not.toBe(file.id);
        expect([textOf(await store.get(['C', 'X'], 4)), await store.info(['A', 'X'])]).toEqual(['1', file]);
        expect(await present(store, 'C/OLD')).toEqual([]);
        await store.put(['C', 'X'], bytesOf('5'), { now: 5 });
        expect(textOf(await store.get(['A', 'X'], 6))).toBe('1');
      }));

    it('clears the target when there is nothing to move or to copy', () =>
      withStore(async store => {
        await store.put(['A'], bytesOf('1'), { now: 1 });
        await store.put(['B'], bytesOf('1'), { now: 1 });
        await store.move(['NONE'], ['A']);
        await store.copy(['NONE'], ['B'], { now: 2 });
        expect(await present(store, 'A', 'B')).toEqual([]);
      }));

    it('moves and copies into the source, and over a folder above it, as it stood before', () =>
      withStore(async store => {
        const put = (place: string) => store.put(place.split('/'), bytesOf('1'), { now: 1 });
        await put('A/X');
        await put('A/B/Y');
        await store.move(['A'], ['A', 'B']);
        expect(await present(store, 'A/X', 'A/B/X', 'A/B/Y', 'A/B/B/Y')).toEqual(['A/B/X', 'A/B/B/Y']);
        await store.copy(['A', 'B'], ['A'], { now: 2 });
        expect(await present(store, 'A/X', 'A/B/Y', 'A/B/X', 'A/B/B/Y')).toEqual(['A/X', 'A/B/Y']);
        await store.move(['A'], ['A']);
        expect(await present(store, 'A/X', 'A/B/Y')).toEqual(['A/X', 'A/B/Y']);
      }));

    it('makes folders and lists what is right in them by name, in the bytes of UTF-8', () =>
      withStore(async store => {
        const made = (await store.makeFolder(['A', '.LOCK'], { now: 5, name: '.lock' }))!;
        expect(made).toMatchObject({ kind: 'folder', size: 0, created: 5, modified: 5 });
        const file = (await store.put(['A', '.LOCK', '😀X'], bytesOf('1'), { now: 6, name: '😀x' }))!;
        await store.makeFolder(['A', '.LOCK', 'SUB'], { now: 6, name: 'sub' });
        await store.put(['A', '.LOCK', 'SUB', 'Y'], bytesOf('1'), { now: 6, name: 'y' });
        await store.put(['A', '.LOCK', '._X'], bytesOf('1'), { now: 6 });
        await store.put(['A', '.LOCKED'], bytesOf('1'), { now: 6, name: 'no member' });
        expect(await store.members(['A', '.LOCK'])).toMatchObject([
          { name: 'sub', info: { kind: 'folder' } },
          { name: '😀x', info: file },
        ]);
        expect((await store.members(['A', '.LOCK']))[1]!.info).toEqual(file);
        expect([await store.members(['A', '.LOCK', 'SUB', 'Y']), await store.members(['NONE'])]).toEqual([[], []]);
      }));

    it('keeps the names of what is moved and copied, and changes one when it is told to', () =>
      withStore(async store => {
        await store.makeFolder(['A'], { now: 1, name: 'a' });
        await store.put(['A', 'X'], bytesOf('1'), { now: 1, name: 'x' });
        await store.move(['A'], ['B'], { name: 'b' });
        await store.copy(['B'], ['C'], { now: 2 });
        const names = async (place: string[]) => (await store.members(place)).map(({ name }) => name);
        expect([await names([]), await names(['B']), await names(['C'])]).toEqual([['b', 'b'], ['x'], ['x']]);
        await store.move(['C'], ['C'], { name: '' });
        expect(await names([])).toEqual(['b']);
        await store.copy(['B'], ['D'], { now: 3, name: 'd' });
        expect([await names([]), await names(['D'])]).toEqual([['b', 'd'], ['x']]);
        expect(await store.info(['C'])).toMatchObject({ kind: 'folder' });
      }));

    describe(`with room for ${MAX_BYTES} bytes`, () => {
      it('evicts nothing that has a name, and refuses what there is no room for then', () =>
        withStore(async store => {
          await store.put(['OLD'], bytesOf('1234'), { now: 1 });
          await store.put(['F', 'A'], bytesOf('1234'), { now: 1, name: 'a' });
          await store.put(['F', 'B'], bytesOf('1234'), { now: 9, name: 'b' });
          expect(await present(store, 'OLD', 'F/A', 'F/B')).toEqual(['F/A', 'F/B']);
          await expect(store.put(['NEW'], bytesOf('123'), { now: 10 })).rejects.toThrow(RangeError);
          await expect(store.copy(['F'], ['G'], { now: 10 })).rejects.toThrow(RangeError);
          expect(await present(store, 'NEW', 'F/A', 'F/B', 'G/A')).toEqual(['F/A', 'F/B']);
          await store.put(['F', 'A'], bytesOf('123456'), { now: 11, name: 'a' });
          expect(textOf(await store.get(['F', 'A'], 12))).toBe('123456');
        }));

      it('lets the files go that were not used for the longest time, reading being a use', () =>
        withStore(async store => {
          await store.put(['A'], bytesOf('1234'), { now: 1 });
          await store.put(['B'], bytesOf('1234'), { now: 2 });
          await store.get(['A'], 3);
          await store.put(['C'], bytesOf('1234'), { now: 4 });
          expect(await present(store, 'A', 'B', 'C')).toEqual(['A', 'C']);
          await store.put(['D'], bytesOf('12'), { now: 5 });
          expect(await present(store, 'A', 'C', 'D')).toEqual(['A', 'C', 'D']);
        }));

      it('does not take a look at the information for a use', () =>
        withStore(async store => {
          await store.put(['A'], bytesOf('12345'), { now: 1 });
          await store.put(['B'], bytesOf('12345'), { now: 2 });
          await store.info(['A']);
          await store.put(['C'], bytesOf('1'), { now: 3 });
          expect(await present(store, 'A', 'B', 'C')).toEqual(['B', 'C']);
        }));

      it('frees the space of a file that is replaced, moved over or deleted', () =>
        withStore(async store => {
          await store.put(['A'], bytesOf('1234'), { now: 1 });
          for (const now of [2, 3, 4]) {
            await store.put(['B'], bytesOf('123456'), { now });
          }
          expect(await present(store, 'A', 'B')).toEqual(['A', 'B']);
          await store.move(['A'], ['B']);
          await store.delete(['B']);
          await store.put(['C'], bytesOf('12345'), { now: 5 });
          await store.put(['D'], bytesOf('12345'), { now: 6 });
          expect(await present(store, 'C', 'D')).toEqual(['C', 'D']);
        }));

      it('keeps a file that fills the store, and the one just put whatever its time', () =>
        withStore(async store => {
          await store.put(['A'], bytesOf('1234567890'), { now: 9 });
          await store.put(['B'], bytesOf('1234567890'), { now: 1 });
          expect(await present(store, 'A', 'B')).toEqual(['B']);
        }));

      it('refuses a file that alone is too large, and leaves everything as it was', () =>
        withStore(async store => {
          await store.put(['A'], bytesOf('old'), { now: 1 });
          await expect(store.put(['A'], bytesOf('12345678901'), { now: 2 })).rejects.toThrow(RangeError);
          expect(textOf(await store.get(['A'], 3))).toBe('old');
        }));

      it('makes room for copies, at the cost of their source if need be', () =>
        withStore(async store => {
          await store.put(['A', 'X'], bytesOf('123'), { now: 2 });
          await store.put(['A', 'Y'], bytesOf('123'), { now: 3 });
          await store.put(['OLD'], bytesOf('123'), { now: 1 });
          await store.copy(['A'], ['B'], { now: 4 });
          expect(await present(store, 'OLD', 'A/X', 'A/Y', 'B/X', 'B/Y')).toEqual(['A/Y', 'B/X', 'B/Y']);
        }));
    });
  });
}
