import { describe, expect, it } from 'vitest';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import { type DriveItem, normalizeItem } from '../../src/graph/normalize.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** What a listing is worth that was under way while something changed. */

const FOLDER = toDrivePath(['folder']);
const at = (...names: string[]) => toDrivePath(['folder', ...names]);
const { signal } = new AbortController();
const never = () => Promise.reject(new Error('not to be loaded'));

function fileOf(name: string, version = 1, id = name): DriveItem {
  return normalizeItem({ id, name, eTag: `"{${id}},${version}"`, file: {}, size: version });
}

function openCache() {
  return new MetadataCache({ ttlMs: 5000, maxEntries: 100, clock: fakeClock() });
}

/** A listing of the folder that has begun, and ends with `items` when `answer` is called. */
async function beginListing(cache: MetadataCache) {
  const { load, begun, answer } = pending<readonly DriveItem[]>();
  const listing = cache.listing(FOLDER, load, signal);
  await begun;
  return {
    end: async (items: readonly DriveItem[]) => {
      answer(items);
      return listing;
    },
  };
}

/** A load that lasts until it is given its answer. */
function pending<T>() {
  const [begin, end] = [Promise.withResolvers<void>(), Promise.withResolvers<T>()];
  const load = () => {
    begin.resolve();
    return end.promise;
  };
  return { load, begun: begin.promise, answer: end.resolve };
}

describe('a listing, while a member', () => {
  it('is written, shows the member as it was written', async () => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.put(at('new'), fileOf('new'));
    cache.put(at('old'), fileOf('old', 2));
    const later = cache.listing(FOLDER, never, signal);
    const items = [fileOf('other'), fileOf('old', 2), fileOf('new')];
    const sorted = (list: readonly DriveItem[]) => list.toSorted((one, other) => one.name.localeCompare(other.name));
    expect(sorted(await listing.end([fileOf('old', 1), fileOf('other')]))).toEqual(sorted(items));
    expect(sorted(await later)).toEqual(sorted(items));
    expect(sorted(await cache.listing(FOLDER, never, signal))).toEqual(sorted(items));
    expect(cache.peek(at('nothing'))).toBeNull();
  });

  it('is removed, shows it no more', async () => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.remove(at('old'));
    expect(await listing.end([fileOf('old'), fileOf('other')])).toEqual([fileOf('other')]);
    expect(await cache.listing(FOLDER, never, signal)).toEqual([fileOf('other')]);
  });

  it('changes in an unknown way, is not kept, and those who come later do not get it', async () => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.forgetTree(at('old'));
    const later = cache.listing(FOLDER, async () => [fileOf('later')], signal);
    expect(await listing.end([fileOf('old')])).toEqual([fileOf('old')]);
    expect(await later).toEqual([fileOf('later')]);
    expect(cache.peek(at('old'))).toBeNull();
  });

  it('is written that has a twin, is not kept: only one of the two is known', async () => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.put(at('twin'), fileOf('twin', 2, 'one'));
    const both = [fileOf('twin', 1, 'one'), fileOf('Twin', 1, 'other')];
    expect(await listing.end(both)).toEqual(both);
    expect(await cache.listing(FOLDER, async () => [], signal)).toEqual([]);
  });

  it.each([
    ['below a member changes', at('sub', 'file')],
    ['elsewhere changes', toDrivePath(['other'])],
  ])('something %s, is kept', async (_, place) => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.forgetTree(place);
    await listing.end([fileOf('old')]);
    expect(await cache.listing(FOLDER, never, signal)).toEqual([fileOf('old')]);
  });

  it.each([
    ['the folder itself', FOLDER],
    ['a folder above it', ROOT],
  ])('%s changes, is not kept', async (_, place) => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.forgetTree(place);
    await listing.end([fileOf('old')]);
    expect(cache.peek(at('old'))).toBeUndefined();
    expect(cache.peek(at('nothing'))).toBeUndefined();
  });

  it('keeps nothing that a feed may have outdated', async () => {
    const cache = openCache();
    const listing = await beginListing(cache);
    cache.apply([]);
    await listing.end([fileOf('old')]);
    expect(cache.peek(at('old'))).toBeUndefined();
  });
});

describe('a look at one item', () => {
  it.each([
    ['it is written', at('file'), undefined],
    ['its folder is removed', FOLDER, undefined],
    ['another one is written', at('other'), fileOf('file')],
  ])('while %s', async (_, place, known) => {
    const cache = openCache();
    const { load, begun, answer } = pending<DriveItem>();
    const look = cache.item(at('file'), load, signal);
    await begun;
    cache.forgetTree(place);
    answer(fileOf('file'));
    expect(await look).toEqual(fileOf('file'));
    expect(cache.peek(at('file'))).toEqual(known);
  });
});

describe('a look around before a write', () => {
  const folder = normalizeItem({ id: 'folder', name: 'folder', folder: { childCount: 1 } });

  it('makes the folder, its members and all free names known in one load that callers share', async () => {
    const cache = openCache();
    let loads = 0;
    const load = async () => {
      loads += 1;
      return { look: folder, members: [fileOf('old')] };
    };
    await Promise.all([cache.lookAround(at('a'), load, signal), cache.lookAround(at('b'), load, signal)]);
    await cache.lookAround(at('c'), never, signal);
    expect([loads, cache.peek(FOLDER), cache.peek(at('old')), cache.peek(at('b'))]).toEqual([
      1,
      folder,
      fileOf('old'),
      null,
    ]);
  });

  it('proves no absence when not all members came', async () => {
    const cache = openCache();
    await cache.lookAround(at('a'), async () => ({ look: folder, members: undefined }), signal);
    expect([cache.peek(FOLDER), cache.peek(at('a'))]).toEqual([folder, undefined]);
  });
});
