import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryLockStore, type LockStore } from '../../src/state/lock-store.ts';
import { createSqliteLockStore } from '../../src/state/sqlite-lock-store.ts';
import { describeLockStore, lockAt } from '../contracts/lock-store.ts';
import { fewNames, placesOf } from './names.ts';
import { withDatabase, withRestarts } from './temp-state.ts';

describeLockStore('the memory store', async use => use(createMemoryLockStore()));
describeLockStore('the SQLite store', use => withRestarts(state => use(state.locks)));

it('a lock survives a restart', () => {
  const lock = lockAt(['A', '😀'], { scope: 'shared', owner: '<x/>', root: ['a', '😀'], bornAs: '"1"' });
  return withRestarts(
    ({ locks }) => locks.put(lock),
    ({ locks }) => expect(locks.covering(['A', '😀', 'B'], 0)).toEqual([lock]),
  );
});

it('expired locks leave the database when the next one is put', () => {
  withDatabase(database => {
    const store = createSqliteLockStore(database);
    const rows = () => database.prepare('SELECT token FROM locks ORDER BY token').all();
    store.put(lockAt([], { token: 'dead', expires: 1000 }));
    store.put(lockAt([], { token: 'living', expires: 1001 }));
    store.get('any', 1000);
    expect(rows()).toHaveLength(2);
    store.put(lockAt([], { token: 'new', expires: 2000 }));
    expect(rows()).toEqual([{ token: 'living' }, { token: 'new' }]);
  });
});

it('a lock that cannot be kept changes nothing', () => {
  withDatabase(database => {
    const store = createSqliteLockStore(database);
    const lock = lockAt(['A'], { token: 't' });
    store.put(lock);
    const bad = lockAt(['B'], { token: 't', rootKind: 'neither' as 'file' });
    expect(() => store.put(bad)).toThrow(/CHECK constraint/);
    expect(store.covering(['A'], 0)).toEqual([lock]);
    expect(store.covering(['B'], 0)).toEqual([]);
  });
});

it('places without locks need no look into the table, also those that had some', () => {
  withDatabase(database => {
    const store = createSqliteLockStore(database);
    store.put(lockAt(['EXPIRED']));
    store.put(lockAt(['DELETED'], { expires: 2000 }));
    store.put(lockAt(['MOVED'], { token: 't', expires: 2000 }));
    store.count('ada', 1000);
    store.put(lockAt(['LOCKED'], { token: 't', expires: 2000 }));
    store.delete('urn:test:DELETED');
    database.exec('DROP TABLE locks');
    for (const place of [[], ['EXPIRED'], ['DELETED'], ['MOVED', 'A'], ['NEVER', 'LOCKED']]) {
      expect(store.covering(place, 1000)).toEqual([]);
    }
    expect(() => store.covering(['LOCKED', 'A'], 1000)).toThrow(/no such table/);
  });
});

type Step = (store: LockStore, now: number) => unknown;

/** Any one use of a store, over places of few names and few tokens. */
function anyStep(names: readonly string[]): fc.Arbitrary<Step> {
  const place = fc.constantFrom(...placesOf(names, 3));
  const token = fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6');
  const depth = fc.constantFrom(0 as const, 'infinity' as const);
  const put = fc.record({ place, token, depth, seconds: fc.nat({ max: 30 }) }).map(({ seconds, ...lock }): Step => {
    return (store, now) => store.put(lockAt(lock.place, { ...lock, expires: now + seconds }));
  });
  return fc.oneof(
    { weight: 4, arbitrary: put },
    {
      weight: 1,
      arbitrary: token.map(
        (t): Step =>
          store =>
            store.delete(t),
      ),
    },
    {
      weight: 1,
      arbitrary: token.map(
        (t): Step =>
          (store, now) =>
            store.get(t, now),
      ),
    },
    {
      weight: 3,
      arbitrary: place.map(
        (p): Step =>
          (store, now) =>
            sorted(store.covering(p, now)),
      ),
    },
    {
      weight: 3,
      arbitrary: place.map(
        (p): Step =>
          (store, now) =>
            sorted(store.within(p, now)),
      ),
    },
  );
}

function sorted<T extends { readonly token: string }>(locks: readonly T[]): T[] {
  return locks.toSorted((a, b) => (a.token < b.token ? -1 : 1));
}

it('whatever is done to them, restarts in between included, the SQLite store and the memory store answer alike', () => {
  const run = fewNames.chain(names =>
    fc.array(
      fc.record({
        step: anyStep(names),
        pause: fc.nat({ max: 3 }),
        isAfterRestart: fc.nat({ max: 9 }).map(n => n === 0),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  );
  fc.assert(
    fc.property(run, steps => {
      withDatabase(database => {
        const memory = createMemoryLockStore();
        let sqlite = createSqliteLockStore(database);
        let now = 1;
        for (const { step, pause, isAfterRestart } of steps) {
          now += pause;
          sqlite = isAfterRestart ? createSqliteLockStore(database) : sqlite;
          expect(step(sqlite, now)).toEqual(step(memory, now));
        }
        expect(sorted(sqlite.within([], now))).toEqual(sorted(memory.within([], now)));
      });
    }),
  );
});
