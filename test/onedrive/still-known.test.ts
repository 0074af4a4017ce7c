import { describe, expect, it } from 'vitest';
import { Basis } from '../../src/drive/basis.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import { type DriveItem, normalizeItem } from '../../src/graph/normalize.ts';
import type { DriveFeed } from '../../src/onedrive/drive-feed.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';
import { fakeClock } from '../support/fake-clock.ts';

const FOLDER = toDrivePath(['folder']);
const FILE = toDrivePath(['folder', 'file']);
const OTHER = toDrivePath(['folder', 'other']);
const DEEP = toDrivePath(['folder', 'below', 'deep']);
const TTL_MS = 5_000;
const { signal } = new AbortController();
const never = () => Promise.reject(new Error('not to be loaded'));

function item(name: string, kind: 'file' | 'folder', version = 1): DriveItem {
  return normalizeItem({ id: name, name, eTag: `"{${name}},${version}"`, [kind]: {}, size: version });
}

function makeCache(feed?: Partial<DriveFeed>) {
  const clock = fakeClock();
  const cache = new MetadataCache({
    ...{ ttlMs: TTL_MS, maxEntries: 100, clock },
    ...(feed === undefined ? {} : { feed: () => feed as DriveFeed }),
  });
  return { cache, clock };
}

/** True while everything that the basis names holds. */
function holds({ parts }: Basis): boolean {
  return parts?.every(part => part()) === true;
}

async function itemBasis(cache: MetadataCache, path: DrivePath, load: () => Promise<DriveItem>): Promise<Basis> {
  const basis = new Basis();
  await cache.item(path, load, signal, basis);
  return basis;
}

async function listingBasis(cache: MetadataCache, path: DrivePath, load: () => Promise<DriveItem[]>): Promise<Basis> {
  const basis = new Basis();
  await cache.listing(path, load, signal, basis);
  return basis;
}

/** A cache in which the folder, its two files and a folder below it are known, with the bases of four looks. */
async function filled() {
  const { cache, clock } = makeCache();
  const members = [item('file', 'file'), item('other', 'file'), item('below', 'folder')];
  const bases = {
    folder: await itemBasis(cache, FOLDER, async () => item('folder', 'folder')),
    members: await listingBasis(cache, FOLDER, async () => members),
    file: await itemBasis(cache, FILE, never),
    other: await itemBasis(cache, OTHER, never),
  };
  const holding = () => Object.keys(bases).filter(name => holds(bases[name as keyof typeof bases]));
  return { cache, clock, bases, holding };
}

const ALL = ['folder', 'members', 'file', 'other'];
const without = (...names: string[]) => ALL.filter(name => !names.includes(name));

describe('what a look rests on', () => {
  it('holds while nothing changes, and while other things become known', async () => {
    const { cache, holding } = await filled();
    expect(holding()).toEqual(ALL);
    await cache.item(DEEP, async () => item('deep', 'file'), signal);
    await cache.listing(toDrivePath(['folder', 'below']), async () => [item('deep', 'file')], signal);
    await cache.item(toDrivePath(['elsewhere']), async () => item('elsewhere', 'file'), signal);
    expect(holding()).toEqual(ALL);
  });

  it('holds no longer than what was seen is believed', async () => {
    const { clock, holding } = await filled();
    clock.advance(TTL_MS - 1);
    expect(holding()).toEqual(ALL);
    clock.advance(1);
    expect(holding()).toEqual([]);
  });

  it.each<[string, (cache: MetadataCache) => unknown, string[]]>([
    ['a new version', cache => cache.put(FILE, item('file', 'file', 2)), without('file', 'members')],
    [
      'a new member',
      cache => cache.put(toDrivePath(['folder', 'new']), item('new', 'file')),
      without('folder', 'members'),
    ],
    ['a removal', cache => cache.remove(FILE), without('file', 'members', 'folder')],
    ['a doubt', cache => cache.doubt(FILE), without('file', 'members')],
    ['a doubt about all', cache => cache.doubt(ROOT), []],
    ['a new member of a member', cache => cache.put(DEEP, item('deep', 'file')), without('members')],
    ['a date that is forgotten', cache => cache.forgetMembersChanged(FOLDER), ALL],
    [
      'a fresh look that finds something new',
      cache => cache.freshItem(FILE, async () => item('file', 'file', 3)),
      without('file', 'members'),
    ],
    [
      'a fresh listing',
      cache => cache.freshListing(FOLDER, async () => [item('file', 'file')]),
      without('members', 'file', 'other', 'folder'),
    ],
    [
      'a listing of another part',
      cache => cache.heed(FOLDER, [item('file', 'file')], { haveChanged: false }),
      without('members', 'other'),
    ],
    [
      'a move of the file to another place',
      cache => cache.put(toDrivePath(['moved']), item('file', 'file')),
      without('file', 'members'),
    ],
    ['a file in the place of the folder', cache => cache.put(FOLDER, item('folder', 'file', 2)), []],
    ['another folder in its place', cache => cache.put(FOLDER, item('another', 'folder')), []],
    [
      'a change that the feed tells',
      cache =>
        cache.apply([{ id: 'file', kind: 'file', isRoot: false, item: undefined, parentId: undefined } as never]),
      without('file', 'members', 'folder'),
    ],
    ['the end of all knowledge', cache => cache.empty(), []],
  ])('ends with %s', async (_, change, left) => {
    const { cache, holding } = await filled();
    await change(cache);
    expect(holding()).toEqual(left);
  });

  it('does not begin to hold again when the same is seen again', async () => {
    const { cache, holding } = await filled();
    cache.doubt(FOLDER);
    await cache.item(FOLDER, async () => item('folder', 'folder'), signal);
    await cache.listing(
      FOLDER,
      async () => [item('file', 'file'), item('other', 'file'), item('below', 'folder')],
      signal,
    );
    expect(holding()).toEqual([]);
  });

  it('is unknown for a result that a write has overtaken, and of an absence', async () => {
    const { cache } = makeCache();
    const overtaken = await itemBasis(cache, FILE, async () => {
      cache.put(FILE, item('file', 'file', 2));
      return item('file', 'file', 1);
    });
    expect(overtaken.parts).toBeUndefined();
    const listed = await listingBasis(cache, FOLDER, async () => {
      cache.doubt(OTHER);
      return [item('other', 'file')];
    });
    expect(listed.parts).toBeUndefined();
    const absent = new Basis();
    await cache.item(OTHER, async () => null, signal, absent);
    await cache.item(OTHER, never, signal, absent);
    expect(absent.parts).toBeUndefined();
  });

  it('does not hold where two looks have crossed, and the older one was kept last', async () => {
    const { cache } = makeCache();
    const { promise, resolve } = Promise.withResolvers<DriveItem>();
    const slow = itemBasis(cache, FILE, () => promise);
    const newer = await listingBasis(cache, FOLDER, async () => [item('file', 'file', 2)]);
    expect(holds(newer)).toBe(true);
    resolve(item('file', 'file', 1));
    await slow;
    expect(holds(newer)).toBe(false);
  });

  it('is in use while it is asked for, and believed as long as the feed is followed and fresh', async () => {
    let [uses, isFresh] = [0, true];
    const feed = {
      follow: follower => follower.feedBegins(),
      use: () => {
        uses += 1;
      },
      get isFresh() {
        return isFresh;
      },
      canCatchUp: false,
    } as Partial<DriveFeed>;
    const { cache, clock } = makeCache(feed);
    await cache.item(FOLDER, async () => item('folder', 'folder'), signal);
    const basis = await itemBasis(cache, FILE, async () => item('file', 'file'));
    clock.advance(TTL_MS * 100);
    uses = 0;
    expect([holds(basis), uses]).toEqual([true, 1]);
    isFresh = false;
    expect(holds(basis)).toBe(false);
  });
});
