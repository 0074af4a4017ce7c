import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Claim, isObstacle, type LockStore } from '../../../src/state/lock-store.ts';
import { placeKey } from '../../../src/state/place.ts';
import type { SyncStore } from '../../../src/state/sync-store.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { listing, syncItem } from '../../contracts/sync-store.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { POSTGRES } from '../../support/postgres.ts';
import { withServers } from '../../support/postgres-servers.ts';
import { openMemoryState } from '../../support/state-engines.ts';
import { fewNames, placesOf } from '../names.ts';

/** One use of a store; the answer is comparable. */
type Step<Store> = (store: Store, now: number) => Promise<unknown>;

/** Each run has dozens of steps, and each step some statements: to find a smaller one that fails takes minutes. */
const RUNS = { numRuns: 15, endOnFailure: true };

function stepsOf<Store>(any: (names: readonly string[]) => fc.Arbitrary<Step<Store>>) {
  return fewNames.chain(names =>
    fc.record({
      places: fc.constant(placesOf(names, 2)),
      steps: fc.array(fc.tuple(any(names), fc.nat({ max: 1 }), fc.nat({ max: 2 })), { minLength: 5, maxLength: 60 }),
    }),
  );
}

/** A store with the claims that its steps have begun, so that later ones can end them. */
interface LocksInUse {
  readonly store: LockStore;
  readonly claims: { readonly claim: Claim; readonly keys: ReadonlySet<string> }[];
  /** Of all locks that were ever asked for. */
  readonly tokens: Set<string>;
}

function anyLockStep(names: readonly string[]): fc.Arbitrary<Step<LocksInUse>> {
  const place = fc.constantFrom(...placesOf(names, 2));
  const token = fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `t${index}`));
  const user = fc.constantFrom('ada', 'bob');
  const wish = fc.record({
    place,
    token,
    user,
    depth: fc.constantFrom(0 as const, 'infinity' as const),
    scope: fc.constantFrom('exclusive' as const, 'shared' as const),
    lives: fc.integer({ min: 1, max: 20 }),
  });
  const touched = fc.array(fc.record({ place, reach: fc.constantFrom('entry' as const, 'tree' as const) }), {
    minLength: 1,
    maxLength: 3,
  });
  const holder = fc.record({ user, tokens: fc.uniqueArray(token).map(tokens => new Set(tokens)) });
  const sorted = <T extends { token: string }>(locks: readonly T[]) =>
    locks.toSorted((left, right) => (left.token < right.token ? -1 : 1));
  return fc.oneof(
    {
      weight: 8,
      arbitrary: wish.map(
        ({ lives, ...fields }): Step<LocksInUse> =>
          async ({ store, tokens }, now) => {
            if (tokens.has(fields.token)) {
              return 'its token must be new';
            }
            tokens.add(fields.token);
            const lock = lockAt(fields.place, { ...fields, expires: now + lives, timeoutSeconds: 1 });
            const outcome = await store.lock(lock, { now, limits: { here: 3, ofUser: 4 } });
            return outcome.kind === 'conflict' ? 'conflict' : outcome;
          },
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(place, fc.boolean()).map(
        ([at, members]): Step<LocksInUse> =>
          async ({ store }, now) =>
            sorted(await store.discover(at, { now, members })),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(touched, holder).map(
        ([all, who]): Step<LocksInUse> =>
          async ({ store }, now) => {
            const obstacle = await store.check(all, { holder: who, now });
            return obstacle?.touched;
          },
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(touched, holder).map(
        ([all, who]): Step<LocksInUse> =>
          async ({ store, claims }, now) => {
            const keys = new Set(all.map(each => placeKey(each.place)));
            // A change of the same place would wait for them, if they are another server's.
            for (const earlier of claims.filter(each => !keys.isDisjointFrom(each.keys))) {
              claims.splice(claims.indexOf(earlier), 1);
              await earlier.claim.end();
            }
            const answer = await store.begin(all, { holder: who, now, places: all.map(each => each.place) });
            if (isObstacle(answer)) {
              return answer.touched;
            }
            claims.push({ claim: answer, keys });
            return answer.isHeld();
          },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.constant<Step<LocksInUse>>(async ({ claims }) => claims.shift()?.claim.end()),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(token, fc.option(fc.constant(2), { nil: undefined })).map(
        ([each, timeoutSeconds]): Step<LocksInUse> =>
          ({ store }, now) =>
            store.refresh(each, { now, timeoutSeconds }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(token, place, user).map(
        ([each, at, who]): Step<LocksInUse> =>
          ({ store }, now) =>
            store.unlock(each, { now, place: at, user: who }),
      ),
    },
    {
      weight: 1,
      arbitrary: token.map(
        (each): Step<LocksInUse> =>
          ({ store }, now) =>
            store.setBornAs(each, '"1"', now),
      ),
    },
    {
      weight: 1,
      arbitrary: place.map(
        (at): Step<LocksInUse> =>
          ({ store }, now) =>
            store.endWithin([at, ['NONE']], now),
      ),
    },
    {
      weight: 1,
      arbitrary: place.map(
        (at): Step<LocksInUse> =>
          ({ store }, now) =>
            store.endBelow(at, now),
      ),
    },
  );
}

function anySyncStep(): fc.Arbitrary<Step<{ store: SyncStore; id: number }>> {
  const folder = fc.constantFrom('', 'a', 'a/b', 'c');
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd!', '%'), { maxLength: 4 });
  const path = fc.constantFrom('', 'a', 'a/b', 'a/b/c', 'a/c', 'b', 'c', 'd!', '%', 'none');
  const paths = fc.array(path, { maxLength: 3 });
  const look = fc.record({ folder, put: names, gone: names, version: fc.nat({ max: 2 }) });
  // Of a file and a folder by one name, one must go before the other comes; so each name is of one kind here.
  const kindOf = (name: string) => (/^[abc]$/.test(name) ? 'folder' : 'file');
  type Use = Step<{ store: SyncStore; id: number }>;
  return fc.oneof(
    {
      weight: 8,
      arbitrary: look.map(({ folder: at, put, gone, version }): Use => {
        const below = (name: string) => (at === '' ? name : `${at}/${name}`);
        const items = put.map(name =>
          syncItem(below(name), {
            kind: kindOf(name),
            itemId: version === 2 ? `${below(name)} anew` : below(name),
            shown: `${version}`,
          }),
        );
        const toList = items.filter(({ kind }) => kind === 'folder').map(item => item.path);
        return ({ store, id }, now) =>
          store.put(id, { ...listing(at, { put: items, gone: gone.map(below), toList }), isListing: version > 0 }, now);
      }),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(paths, paths, paths).map(
        ([looks, list, touched]): Use =>
          ({ store, id }, now) =>
            store.mark(id, { look: looks, list, touched, link: { url: `${now}`, at: now } }, now),
      ),
    },
    {
      weight: 2,
      arbitrary: paths.map(
        (written): Use =>
          ({ store, id }) =>
            store.markWritten(id, written),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 50 }).map(
        (time): Use =>
          ({ store, id }) =>
            store.markOld(id, time, 10),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.nat({ max: 60 }).map(
        (number): Use =>
          async ({ store, id }) => [await store.since(id, number, 5), await store.hasMore(id, number, 3)],
      ),
    },
    { weight: 4, arbitrary: fc.constant<Use>(({ store, id }) => store.toDo(id, 10)) },
    {
      weight: 2,
      arbitrary: fc.tuple(path, paths).map(
        ([at, items]): Use =>
          async ({ store, id }) => [byPath(await store.membersOf(id, at)), byPath(await store.withItems(id, items))],
      ),
    },
  );
}

function byPath<T extends { path: string; itemId: string }>(members: readonly T[]): T[] {
  return members.toSorted((left, right) =>
    `${left.path}\0${left.itemId}` < `${right.path}\0${right.itemId}` ? -1 : 1,
  );
}

describeWith(POSTGRES, 'PostgreSQL answers as SQLite does', () => {
  it('two servers about locks, after any operations of both', () =>
    fc.assert(
      fc.asyncProperty(stepsOf(anyLockStep), async ({ steps, places }) => {
        const inUse = () => ({ claims: [] as LocksInUse['claims'], tokens: new Set<string>() });
        const [ours, theirs] = [inUse(), { ...inUse(), store: openMemoryState().locks }];
        await withServers(2, async servers => {
          let now = 1;
          for (const [step, server, pause] of steps) {
            now += pause;
            const answer = await step({ ...ours, store: servers[server]!.locks }, now);
            expect(answer).toEqual(await step(theirs, now));
          }
          for (const place of places) {
            const left = await servers[0]!.locks.discover(place, { now, members: false });
            expect(left.map(({ token }) => token).sort()).toEqual(
              (await theirs.store.discover(place, { now, members: false })).map(({ token }) => token).sort(),
            );
          }
        });
      }),
      RUNS,
    ));

  it('two servers about a journal, after any operations of both', () =>
    fc.assert(
      fc.asyncProperty(stepsOf(anySyncStep), async ({ steps }) => {
        const key = { scope: 'drive', folderId: 'root', level: 'infinite' } as const;
        const sqlite = openMemoryState().sync;
        await withServers(2, async servers => {
          let now = 1;
          const start = { secret: 's', link: 'x', now };
          const [theirs, ours] = [await sqlite.begin(key, start), await servers[0]!.sync.begin(key, start)];
          for (const [step, server, pause] of steps) {
            now += pause;
            const answer = await step({ store: servers[server]!.sync, id: ours.id }, now);
            expect(answer).toEqual(await step({ store: sqlite, id: theirs.id }, now));
          }
          expect({ ...(await servers[0]!.sync.find(key, now)), id: 0 }).toEqual({
            ...(await sqlite.find(key, now)),
            id: 0,
          });
        });
      }),
      RUNS,
    ));
});
