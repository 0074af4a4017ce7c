import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { atMost } from '../../src/lib/at-most.ts';

it('keeps so many entries, those used last', () => {
  const cache = new LRUCache<string, number>({ ...atMost(2), ttl: 60_000 });
  for (const name of ['a', 'b']) {
    cache.set(name, 1);
  }
  cache.get('a');
  cache.set('c', 1);
  expect([...cache.keys()].toSorted()).toEqual(['a', 'c']);
});

it('takes no memory for entries that have not come', () => {
  const heap = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = heap();
  const caches = Array.from({ length: 20 }, () => new LRUCache<string, number>(atMost(1_000_000)));
  // With `max` they are 500 MB.
  expect(heap() - before).toBeLessThan(50 * 1024 ** 2);
  expect(caches).toHaveLength(20);
});
