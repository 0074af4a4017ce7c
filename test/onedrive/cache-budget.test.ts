import { expect, it } from 'vitest';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';
import { CacheBudget } from '../../src/onedrive/cache-budget.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';
import { fakeClock } from '../support/fake-clock.ts';

const at = (...names: string[]): DrivePath => toDrivePath(names);
const item = (name: string) => ({ id: name, name, kind: 'file' }) as DriveItem;
const { signal } = new AbortController();

function cachesWithin(maxEntries: number, count: number): MetadataCache[] {
  const budget = new CacheBudget(maxEntries);
  const options = { ttlMs: 5_000, maxEntries: 1_000, clock: fakeClock(), budget };
  return Array.from({ length: count }, () => new MetadataCache(options));
}

const holds = (cache: MetadataCache, name: string) => cache.peek(at(name)) !== undefined;

async function list(cache: MetadataCache, folder: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, index) => item(`${folder}${index}`));
  await cache.listing(at(folder), async () => items, signal);
}

it('caches hold together what the budget allows; the one that was used least lately is emptied first', () => {
  const [a, b, c] = cachesWithin(4, 3) as [MetadataCache, MetadataCache, MetadataCache];
  a.put(at('1'), item('1'));
  b.put(at('1'), item('1'));
  b.put(at('2'), item('2'));
  a.put(at('2'), item('2'));
  expect([holds(a, '1'), holds(b, '1')]).toEqual([true, true]);
  c.put(at('1'), item('1'));
  expect([holds(a, '1'), holds(a, '2'), holds(b, '1'), holds(b, '2'), holds(c, '1')]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

it('the items of listings count, and no longer once a listing is replaced or dropped', async () => {
  const [a, b] = cachesWithin(20, 2) as [MetadataCache, MetadataCache];
  await list(a, 'x', 15);
  for (let count = 0; count < 5; count += 1) {
    a.forgetTree(at('x'));
    await list(a, 'x', 15);
  }
  await list(b, 'y', 3);
  expect(a.peek(at('x', 'x0'))).toBeDefined();
  await list(b, 'z', 3);
  expect(a.peek(at('x', 'x0'))).toBeUndefined();
});

it('a cache keeps what its own bound allows, and of a folder that is larger all as long as it is in use', async () => {
  const cache = new MetadataCache({ ttlMs: 5_000, maxEntries: 100, clock: fakeClock() });
  await list(cache, 'x', 60);
  await list(cache, 'y', 60);
  expect([cache.peek(at('x', 'x0')), cache.peek(at('y', 'y0'))]).toEqual([undefined, item('y0')]);
  await list(cache, 'z', 200);
  expect([cache.peek(at('y', 'y0')), cache.peek(at('z', 'z0'))]).toEqual([undefined, item('z0')]);
});

it('the one in use is never emptied, however much it holds', async () => {
  const [a] = cachesWithin(10, 1) as [MetadataCache];
  await list(a, 'x', 100);
  await list(a, 'y', 100);
  expect([a.peek(at('x', 'x99')), a.peek(at('y', 'y99'))]).toEqual([item('x99'), item('y99')]);
});

it('a cache whose drive is not served any more gives its room back, and remembers nothing from then on', async () => {
  const budget = new CacheBudget(10);
  const life = new AbortController();
  const options = { ttlMs: 5_000, maxEntries: 1_000, clock: fakeClock(), budget };
  const ended = new MetadataCache({ ...options, ended: life.signal });
  const [first, last] = [new MetadataCache(options), new MetadataCache(options)];
  await list(first, 'x', 5);
  ended.put(at('1'), item('1'));
  await list(ended, 'y', 2);
  life.abort();
  expect(holds(ended, '1')).toBe(false);
  ended.put(at('2'), item('2'));
  await list(ended, 'z', 3);
  expect([holds(ended, '2'), holds(ended, 'z')]).toEqual([false, false]);
  await list(last, 'w', 3);
  expect(first.peek(at('x', 'x0'))).toBeDefined();
});
