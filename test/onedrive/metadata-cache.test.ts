import { describe, expect, it } from 'vitest';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import { type DriveItem, normalizeItem } from '../../src/graph/normalize.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';
import { fakeClock } from '../support/fake-clock.ts';

const FILE = toDrivePath(['folder', 'file']);
const FOLDER = toDrivePath(['folder']);
const { signal } = new AbortController();

/** The version `version` of a file. */
function fileOf(version: number, id = 'file'): DriveItem {
  return normalizeItem({ id, name: 'file', eTag: `"{${id}},${version}"`, file: {}, size: version });
}

/** A load that lasts until it is given its answer. */
function pending<T>() {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { load: () => promise, answer: resolve };
}

function makeCache() {
  const clock = fakeClock();
  const seen: DriveItem[] = [];
  const cache = new MetadataCache({ ttlMs: 5000, maxEntries: 100, clock, seen: item => void seen.push(item) });
  return { cache, clock, seen };
}

const never = () => Promise.reject(new Error('not to be loaded'));

describe('a look past the cache', () => {
  it('puts right the item, the listing that shows it, and what was known below another item', async () => {
    const { cache, seen } = makeCache();
    await cache.item(FILE, async () => fileOf(1), signal);
    await cache.listing(FOLDER, async () => [fileOf(1)], signal);
    await cache.item(toDrivePath(['folder', 'file', 'below']), async () => fileOf(1, 'below'), signal);
    await cache.freshItem(FILE, async () => fileOf(2));
    expect([cache.peek(FILE), await cache.listing(FOLDER, never, signal)]).toEqual([fileOf(2), [fileOf(2)]]);
    expect(cache.membersChanged(FOLDER)).toBeUndefined();
    await cache.freshItem(FILE, async () => fileOf(1, 'another'));
    expect(await cache.listing(FOLDER, never, signal)).toEqual([fileOf(1, 'another')]);
    expect(cache.peek(toDrivePath(['folder', 'file', 'below']))).toBeUndefined();
    expect(cache.membersChanged(FOLDER)).toBeDefined();
    await cache.freshItem(FILE, async () => null);
    expect([cache.peek(FILE), await cache.listing(FOLDER, never, signal)]).toEqual([null, []]);
    expect(seen.at(-1)).toEqual(fileOf(1, 'another'));
  });

  it('does not put back what we have written meanwhile', async () => {
    const { cache } = makeCache();
    await cache.item(FILE, async () => fileOf(1), signal);
    const look = pending<DriveItem>();
    const looking = cache.freshItem(FILE, look.load);
    cache.put(FILE, fileOf(3));
    look.answer(fileOf(2));
    expect(await looking).toEqual(fileOf(2));
    // Which of the two is later is for Graph to say.
    expect(cache.peek(FILE)).toBeUndefined();
  });

  it('forgets nothing when what we have written meanwhile is what it shows', async () => {
    const { cache } = makeCache();
    const look = pending<DriveItem>();
    const looking = cache.freshItem(FILE, look.load);
    cache.put(FILE, fileOf(2));
    look.answer(fileOf(2));
    await looking;
    expect(cache.peek(FILE)).toEqual(fileOf(2));
  });

  it('is not undone by a load that began before it', async () => {
    const { cache } = makeCache();
    const [item, listing] = [pending<DriveItem>(), pending<DriveItem[]>()];
    const loading = [cache.item(FILE, item.load, signal), cache.listing(FOLDER, listing.load, signal)];
    await cache.freshItem(FILE, async () => fileOf(2));
    item.answer(fileOf(1));
    listing.answer([fileOf(1)]);
    await Promise.all(loading);
    expect(cache.peek(FILE)).toEqual(fileOf(2));
    expect(await cache.listing(FOLDER, async () => [fileOf(2)], signal)).toEqual([fileOf(2)]);
  });

  it('that finds nothing new leaves loads of others alone', async () => {
    const { cache } = makeCache();
    await cache.item(FILE, async () => fileOf(1), signal);
    const listing = pending<DriveItem[]>();
    const loading = cache.listing(ROOT, listing.load, signal);
    await cache.freshItem(FILE, async () => fileOf(1));
    listing.answer([]);
    await loading;
    expect(await cache.listing(ROOT, never, signal)).toEqual([]);
  });
});

describe('a fresh listing', () => {
  it('puts right what was known of its members, and nothing else', async () => {
    const { cache } = makeCache();
    const at = (name: string) => toDrivePath(['folder', name]);
    const named = (name: string, version: number) => ({ ...fileOf(version, name), name });
    const same: DriveItem = { ...named('same', 1), kind: 'folder' };
    for (const item of [same, named('changed', 1), named('gone', 1)]) {
      await cache.item(at(item.name), async () => item, signal);
    }
    await cache.item(toDrivePath(['folder', 'same', 'below']), async () => fileOf(1, 'below'), signal);
    await cache.item(toDrivePath(['folders']), async () => fileOf(1, 'folders'), signal);
    await cache.freshListing(FOLDER, async () => [{ ...same, name: 'SAME' }, named('changed', 2)]);
    expect(['same', 'changed', 'gone'].map(name => cache.peek(at(name))?.size)).toEqual([1, 2, undefined]);
    expect(cache.peek(at('gone'))).toBeNull();
    expect(cache.peek(toDrivePath(['folder', 'same', 'below']))).toEqual(fileOf(1, 'below'));
    expect(cache.peek(toDrivePath(['folders']))).toEqual(fileOf(1, 'folders'));
  });

  it('during which we have written is not kept, and neither is an older one', async () => {
    const { cache } = makeCache();
    await cache.listing(FOLDER, async () => [fileOf(1)], signal);
    const look = pending<DriveItem[]>();
    const looking = cache.freshListing(FOLDER, look.load);
    cache.put(toDrivePath(['folder', 'new']), { ...fileOf(1, 'new'), name: 'new' });
    look.answer([fileOf(2)]);
    expect(await looking).toEqual([fileOf(2)]);
    const loaded = await cache.listing(FOLDER, async () => [fileOf(9)], signal);
    expect(loaded).toEqual([fileOf(9)]);
  });
});
