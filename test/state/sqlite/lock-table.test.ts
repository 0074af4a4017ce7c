import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredLock } from '../../../src/state/lock-store.ts';
import { createSqliteLockTable, type LockTable } from '../../../src/state/sqlite/lock-table.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { createModelLockTable } from '../model-lock-table.ts';
import { fewNames, placesOf } from '../names.ts';
import { withDatabase } from './temp-state.ts';

describeLockTable('the model', async use => use(createModelLockTable()));
describeLockTable('the SQLite table', async use => withDatabase(database => use(createSqliteLockTable(database))));

it('expired locks leave the database when the next one is put', () =>
  withDatabase(database => {
    const store = createSqliteLockTable(database);
    const rows = () => database.prepare('SELECT token FROM locks ORDER BY token').all();
    store.put(lockAt([], { token: 'dead', expires: 1000 }));
    store.put(lockAt([], { token: 'living', expires: 1001 }));
    store.get('any', 1000);
    expect(rows()).toHaveLength(2);
    store.put(lockAt([], { token: 'new', expires: 2000 }));
    expect(rows()).toEqual([{ token: 'living' }, { token: 'new' }]);
  }));

it('a lock that cannot be kept changes nothing', () =>
  withDatabase(database => {
    const store = createSqliteLockTable(database);
    const lock = lockAt(['A'], { token: 't' });
    store.put(lock);
    const bad = lockAt(['B'], { token: 't', rootKind: 'neither' as 'file' });
    expect(() => store.put(bad)).toThrow(/CHECK constraint/);
    expect(store.covering(['A'], 0)).toEqual([lock]);
    expect(store.covering(['B'], 0)).toEqual([]);
  }));

it('places without locks need no look into the table, also those that had some', () =>
  withDatabase(database => {
    const store = createSqliteLockTable(database);
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
  }));

/** The promises of `LockTable`. */
function describeLockTable(name: string, withStore: (use: (store: LockTable) => void) => Promise<void>): void {
  const tokens = (locks: readonly StoredLock[]) => locks.map(({ token }) => token).sort();

  describe(`${name} keeps rows of locks`, () => {
    it.each([
      lockAt(['DOCS', 'PLAN.TXT'], { depth: 0, scope: 'shared', bornAs: '"1"' }),
      lockAt(['Ü', '100%_😀'], { owner: '<D:href xmlns:D="DAV:">mailto:ada@contoso.com</D:href>', expires: 2 ** 45 }),
      lockAt([], { token: 'opaquelocktoken:1', user: "o'hara", root: [] }),
    ])('gives a lock back as it was put: $token', lock =>
      withStore(store => {
        store.put(lock);
        expect(store.get(lock.token, 0)).toEqual(lock);
        expect(store.covering(lock.place, 0)).toEqual([lock]);
        expect(store.within(lock.place, 0)).toEqual([lock]);
      }),
    );

    it('counts the living locks of a user', () =>
      withStore(store => {
        store.put(lockAt(['A']));
        store.put(lockAt(['B'], { expires: 500 }));
        store.put(lockAt(['C'], { user: 'grace' }));
        expect([store.count('ada', 0), store.count('ada', 600), store.count('nobody', 0)]).toEqual([2, 1, 0]);
      }));

    it('lets a lock of depth infinity cover its place and what is below, and nothing else', () =>
      withStore(store => {
        const lock = lockAt(['A', 'B']);
        store.put(lock);
        const covers = (...place: string[]) => store.covering(place, 0).length === 1;
        expect([covers('A', 'B'), covers('A', 'B', 'C'), covers('A', 'B', 'C', 'D')]).toEqual([true, true, true]);
        expect([covers(), covers('A'), covers('A', 'BB'), covers('A', 'C'), covers('B')]).not.toContain(true);
      }));

    it('lets a lock of depth 0 cover its place alone', () =>
      withStore(store => {
        store.put(lockAt(['A'], { depth: 0 }));
        expect([['A'], ['A', 'B'], []].map(place => store.covering(place, 0).length)).toEqual([1, 0, 0]);
      }));

    it('lets a lock on the root cover everything', () =>
      withStore(store => {
        store.put(lockAt([]));
        expect([[], ['A'], ['😀', 'B']].map(place => store.covering(place, 0).length)).toEqual([1, 1, 1]);
      }));

    it('finds every lock on the way down, shared ones of one place included', () =>
      withStore(store => {
        store.put(lockAt([], { token: 'root', depth: 0 }));
        store.put(lockAt(['A'], { token: 'one', scope: 'shared' }));
        store.put(lockAt(['A'], { token: 'two', scope: 'shared', user: 'bob' }));
        store.put(lockAt(['A', 'B'], { token: 'three', scope: 'shared', depth: 0 }));
        expect(tokens(store.covering(['A', 'B'], 0))).toEqual(['one', 'three', 'two']);
      }));

    it('finds the locks at and below a place whatever their depth, and none above or beside', () =>
      withStore(store => {
        for (const place of [[], ['A'], ['A', 'B'], ['A', 'B', 'C'], ['AB'], ['B']]) {
          store.put(lockAt(place, { depth: 0 }));
        }
        expect(tokens(store.within(['A'], 0))).toEqual(['urn:test:A', 'urn:test:A/B', 'urn:test:A/B/C']);
        expect(store.within([], 0)).toHaveLength(6);
        expect(store.within(['C'], 0)).toEqual([]);
      }));

    it.each([
      ['A%', 'ABC'],
      ['A_', 'AB'],
      ['A', 'A0'],
      ['A', 'A.'],
      ['A', 'A\u{1f600}'],
      ['\uffee', '\u{1f600}'],
      ['É', 'e\u0301'],
    ])('does not take %s for %s, nor the other way round', (one, other) =>
      withStore(store => {
        store.put(lockAt([one, 'X']));
        store.put(lockAt([other, 'X']));
        expect(tokens(store.within([one], 0))).toEqual([`urn:test:${one}/X`]);
        expect(tokens(store.within([other], 0))).toEqual([`urn:test:${other}/X`]);
        expect(tokens(store.covering([one, 'X', 'Y'], 0))).toEqual([`urn:test:${one}/X`]);
      }),
    );

    it('replaces the lock that has the token, wherever it was', () =>
      withStore(store => {
        store.put(lockAt(['A'], { token: 't' }));
        const next = lockAt(['B'], { token: 't', expires: 2000 });
        store.put(next);
        expect(store.within([], 0)).toEqual([next]);
        expect(store.covering(['A'], 0)).toEqual([]);
        expect(store.covering(['B', 'C'], 0)).toEqual([next]);
      }));

    it('does not return a lock from the moment on at which it expires', () =>
      withStore(store => {
        const lock = lockAt(['A'], { expires: 1000 });
        const seenAt = (now: number) => [
          store.get(lock.token, now) !== undefined,
          store.covering(['A', 'B'], now).length > 0,
          store.within([], now).length > 0,
        ];
        store.put(lock);
        expect(seenAt(999)).toEqual([true, true, true]);
        expect(seenAt(1000)).toEqual([false, false, false]);
      }));

    it('keeps living locks when others have expired', () =>
      withStore(store => {
        store.put(lockAt(['OLD'], { expires: 1000 }));
        store.put(lockAt(['LIVING'], { expires: 1001 }));
        store.within([], 1000);
        store.put(lockAt(['NEW'], { expires: 2000 }));
        expect(tokens(store.within([], 1000))).toEqual(['urn:test:LIVING', 'urn:test:NEW']);
      }));

    it('forgets the deleted entries, and only those', () =>
      withStore(store => {
        store.put(lockAt(['A'], { token: 'one', scope: 'shared' }));
        store.put(lockAt(['A'], { token: 'two', scope: 'shared' }));
        store.delete('one');
        store.delete('one');
        expect(store.get('one', 0)).toBeUndefined();
        expect(tokens(store.covering(['A'], 0))).toEqual(['two']);
        store.delete('two', 'unknown');
        expect(store.covering(['A'], 0)).toEqual([]);
      }));
  });
}

type Step = (store: LockTable, now: number) => unknown;

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

it('the SQLite table and the model answer alike after any operations, restarts included', async () => {
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
  await fc.assert(
    fc.asyncProperty(run, steps =>
      withDatabase(database => {
        const memory = createModelLockTable();
        let sqlite = createSqliteLockTable(database);
        let now = 1;
        for (const { step, pause, isAfterRestart } of steps) {
          now += pause;
          sqlite = isAfterRestart ? createSqliteLockTable(database) : sqlite;
          expect(step(sqlite, now)).toEqual(step(memory, now));
        }
        expect(sorted(sqlite.within([], now))).toEqual(sorted(memory.within([], now)));
      }),
    ),
  );
});
