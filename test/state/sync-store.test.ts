import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrate } from '../../src/state/sqlite/migrations.ts';
import { createSqliteSyncStore } from '../../src/state/sqlite/sync-store.ts';
import type { SyncLimits } from '../../src/state/sync-limits.ts';
import { describeSyncStore, listing, syncItem } from '../contracts/sync-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

const KEY = { scope: 'drive', folderId: 'root', level: 'infinite' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const LIMITS: SyncLimits = { maxNames: 10, unusedMs: 60 * DAY_MS, maxGone: 4 };

for (const engine of ENGINES) {
  describeSyncStore(engine);
}

function openStore() {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return createSqliteSyncStore(database, LIMITS);
}

const beginning = (now: number) => ({ secret: 's', link: 'x', now });

it('journals survive a restart, with their marks', () =>
  withRestarts(
    async state => {
      const { id } = await state.sync.begin(KEY, beginning(1));
      await state.sync.put(id, listing('', { put: [syncItem('a')] }), 1);
      await state.sync.mark(id, { look: ['a'], list: [], touched: [], link: { url: 'next', at: 2 } }, 2);
    },
    async state => {
      const journal = (await state.sync.find(KEY, 3))!;
      expect(journal).toMatchObject({ secret: 's', link: 'next', linkedAt: 2, size: 2 });
      expect(await state.sync.toDo(journal.id, 10)).toMatchObject([{ path: 'a', isToLook: true }]);
    },
  ));

it('of what is gone the older half is forgotten beyond the limit, and the floor says so', async () => {
  const store = openStore();
  const { id } = await store.begin(KEY, beginning(1));
  const names = ['a', 'b', 'c', 'd', 'e'];
  await store.put(id, listing('', { put: names.map(name => syncItem(name)) }), 1);
  const { last } = (await store.find(KEY, 1))!;
  await store.put(id, listing('', { gone: names.slice(0, 4) }), 1);
  expect((await store.find(KEY, 1))?.floor).toBe(0);
  await store.put(id, listing('', { gone: ['e'] }), 1);
  const { floor, size } = (await store.find(KEY, 1))!;
  expect([floor, size]).toEqual([last + 3, 3]);
  expect((await store.since(id, last, 10)).map(({ path }) => path)).toEqual(['d', 'e']);
});

it('journals that nobody uses go, and those least recently used when there is no room', async () => {
  const store = openStore();
  const key = (folderId: string) => ({ ...KEY, folderId });
  const fill = async (folderId: string, now: number, count: number) => {
    const { id } = await store.begin(key(folderId), beginning(now));
    const put = Array.from({ length: count }, (_, index) => syncItem(`${index}`));
    await store.put(id, { ...listing('', { put }), folder: { path: '', itemId: folderId } }, now);
  };
  const left = async () => {
    const found = ['a', 'b', 'c', 'd'].map(async each => ((await store.find(key(each), 0)) ? each : ''));
    return (await Promise.all(found)).join('');
  };
  await fill('a', 1, 4);
  await fill('b', 2, 4);
  expect(await left()).toBe('ab');
  // A use counts once an hour.
  await store.find(key('a'), DAY_MS);
  await fill('c', DAY_MS + 1, 4);
  expect(await left()).toBe('abc');
  await fill('d', DAY_MS + 2, 0);
  expect(await left()).toBe('acd');
  await fill('c', 62 * DAY_MS, 0);
  expect(await left()).toBe('c');
});
