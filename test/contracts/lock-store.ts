import { describe, expect, it } from 'vitest';
import {
  type Claim,
  type Holder,
  isObstacle,
  type LockStore,
  type StoredLock,
  type Touched,
} from '../../src/state/lock-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

/** A lock that lives until 1000; its token is its place unless another is given. */
export function lockAt(place: readonly string[], fields: Partial<StoredLock> = {}): StoredLock {
  return {
    token: `urn:test:${place.join('/')}`,
    place,
    root: place.map(name => name.toLowerCase()),
    rootKind: 'folder',
    depth: 'infinity',
    scope: 'exclusive',
    user: 'ada',
    owner: '',
    timeoutSeconds: 60,
    expires: 1000,
    bornAs: '',
    ...fields,
  };
}

const LIMITS = { here: 4, ofUser: 8 };
const NOBODY: Holder = { user: 'nobody', tokens: new Set() };

/** The promises of `src/state/lock-store.ts`. */
export function describeLockStore(engine: Engine): void {
  const withStore = (use: (store: LockStore) => Promise<void>) => withEngine(engine, ({ locks }) => use(locks));
  const lock = (store: LockStore, wish: StoredLock, now = 0) => store.lock(wish, { now, limits: LIMITS });
  const take = async (store: LockStore, wish: StoredLock, now = 0) =>
    expect(await lock(store, wish, now)).toEqual({ kind: 'granted', underWay: false });
  const tokensAt = async (store: LockStore, place: readonly string[], { now = 0, members = false } = {}) =>
    (await store.discover(place, { now, members })).map(({ token }) => token).sort();
  const holding = (user: string, ...tokens: string[]): Holder => ({ user, tokens: new Set(tokens) });
  const isFree = async (store: LockStore, holder: Holder, ...touched: Touched[]) =>
    (await store.check(touched, { holder, now: 0 })) === undefined;
  const begin = async (store: LockStore, place: readonly string[], holder = NOBODY): Promise<Claim> => {
    const answer = await store.begin([{ place, reach: 'tree' }], { holder, now: 0, places: [place] });
    if (isObstacle(answer)) {
      throw new Error('there is a lock in the way');
    }
    return answer;
  };

  describe(`${engine.name} keeps the lock store contract`, () => {
    it.each([
      lockAt(['DOCS', 'PLAN.TXT'], { depth: 0, scope: 'shared', bornAs: '"1"' }),
      lockAt(['Ü', '100%_😀'], { owner: '<D:href xmlns:D="DAV:">mailto:ada@contoso.com</D:href>', expires: 2 ** 45 }),
      lockAt([], { token: 'opaquelocktoken:1', user: "o'hara", root: [] }),
    ])('gives a lock back as it was taken: $token', wish =>
      withStore(async store => {
        await take(store, wish);
        expect(await store.discover(wish.place, { now: 0, members: false })).toEqual([wish]);
        expect(await store.discover([], { now: 0, members: true })).toEqual([wish]);
      }),
    );

    it('discovers what reaches a place and, when it is asked for, what is rooted below, each once', () =>
      withStore(async store => {
        await take(store, lockAt([], { token: 'root', depth: 0 }));
        await take(store, lockAt(['A'], { token: 'one', scope: 'shared' }));
        await take(store, lockAt(['A'], { token: 'two', scope: 'shared', user: 'bob' }));
        await take(store, lockAt(['A', 'B'], { token: 'three', scope: 'shared', depth: 0 }));
        await take(store, lockAt(['AB'], { token: 'beside' }));
        expect(await tokensAt(store, ['A', 'B'])).toEqual(['one', 'three', 'two']);
        expect(await tokensAt(store, ['A', 'B', 'C'])).toEqual(['one', 'two']);
        expect(await tokensAt(store, ['A'], { members: true })).toEqual(['one', 'three', 'two']);
        expect(await tokensAt(store, [], { members: true })).toEqual(['beside', 'one', 'root', 'three', 'two']);
        expect(await tokensAt(store, ['C'], { members: true })).toEqual([]);
      }));

    it.each([
      ['exclusive', 'exclusive', 'conflict'],
      ['exclusive', 'shared', 'conflict'],
      ['shared', 'exclusive', 'conflict'],
      ['shared', 'shared', 'granted'],
    ] as const)('RFC 4918 §6.2: beside a lock that is %s one that is %s is %s', (first, second, kind) =>
      withStore(async store => {
        const held = lockAt(['A', 'B'], { token: 'held', scope: first });
        await take(store, held);
        for (const [index, place] of [['A', 'B'], ['A', 'B', 'C'], ['A'], []].entries()) {
          const wish = lockAt(place, { token: `wish ${index}`, scope: second, user: 'bob' });
          expect(await lock(store, wish)).toMatchObject(kind === 'granted' ? { kind } : { kind, lock: held });
        }
        await take(store, lockAt(['A'], { token: 'only the folder', depth: 0, scope: second }));
        await take(store, lockAt(['A', 'BB'], { token: 'beside', scope: first }));
      }),
    );

    it('grants one of many exclusive locks that are requested at once', () =>
      withStore(async store => {
        const wishes = Array.from({ length: 20 }, (_, index) =>
          lockAt(['A'], { token: `t${index}`, user: `u${index}` }),
        );
        const outcomes = await Promise.all(wishes.map(wish => lock(store, wish)));
        const granted = wishes.filter((_, index) => outcomes[index]!.kind === 'granted');
        expect(granted).toHaveLength(1);
        expect(await store.discover(['A'], { now: 0, members: true })).toEqual(granted);
      }));

    it('grants no more locks than the limits allow, of one resource and of one user', () =>
      withStore(async store => {
        const shared = (index: number, place: string[], user: string) =>
          lockAt(place, { token: `${place} ${index}`, scope: 'shared', user });
        const here = Array.from({ length: 6 }, (_, index) => lock(store, shared(index, ['A'], `u${index}`)));
        expect((await Promise.all(here)).map(({ kind }) => kind).sort()).toEqual([
          ...Array(4).fill('granted'),
          ...Array(2).fill('too-many'),
        ]);
        const mine = Array.from({ length: 9 }, (_, index) => lock(store, shared(index, [`P${index}`], 'ada')));
        expect((await Promise.all(mine)).filter(({ kind }) => kind === 'too-many')).toHaveLength(1);
        await take(store, shared(99, ['P1'], 'ada'), 1000);
      }));

    it('does not count a lock from the moment on at which it expires', () =>
      withStore(async store => {
        await take(store, lockAt(['A'], { token: 'old', expires: 1000 }));
        const wish = lockAt(['A'], { token: 'new', expires: 3000 });
        expect((await lock(store, wish, 999)).kind).toBe('conflict');
        expect(await tokensAt(store, ['A', 'B'], { now: 999 })).toEqual(['old']);
        expect(await tokensAt(store, [], { now: 1000, members: true })).toEqual([]);
        expect(await store.refresh('old', { now: 1000, timeoutSeconds: 60 })).toBeUndefined();
        expect(await store.unlock('old', { now: 1000, place: ['A'], user: 'ada' })).toBe('unknown');
        await take(store, wish, 1000);
        expect(await tokensAt(store, [], { now: 1000, members: true })).toEqual(['new']);
      }));

    it('lets a lock that is refreshed live on, for as long as is asked or as it was given', () =>
      withStore(async store => {
        const held = lockAt(['A'], { token: 't', timeoutSeconds: 1, expires: 1000 });
        await take(store, held);
        const longer = { ...held, timeoutSeconds: 5, expires: 5500 };
        expect(await store.refresh('t', { now: 500, timeoutSeconds: 5 })).toEqual(longer);
        expect(await store.refresh('t', { now: 4000, timeoutSeconds: undefined })).toEqual({
          ...longer,
          expires: 9000,
        });
        expect(await store.discover(['A'], { now: 8999, members: false })).toEqual([{ ...longer, expires: 9000 }]);
        expect(await store.refresh('none', { now: 0, timeoutSeconds: 5 })).toBeUndefined();
      }));

    it('never brings back by a refresh what an UNLOCK has ended', () =>
      withStore(async store => {
        await take(store, lockAt(['A'], { token: 't' }));
        await Promise.all([
          store.refresh('t', { now: 1, timeoutSeconds: 60 }),
          store.unlock('t', { now: 1, place: ['A'], user: 'ada' }),
          store.refresh('t', { now: 1, timeoutSeconds: 60 }),
          store.setBornAs('t', '"1"', 1),
        ]);
        expect(await tokensAt(store, [], { members: true })).toEqual([]);
      }));

    it('ends a lock for the user who has it, at any place that it reaches', () =>
      withStore(async store => {
        await take(store, lockAt(['A'], { token: 'one', scope: 'shared' }));
        await take(store, lockAt(['A'], { token: 'two', scope: 'shared' }));
        const unlock = (token: string, place: string[], user = 'ada') => store.unlock(token, { now: 0, place, user });
        expect([await unlock('one', ['A'], 'bob'), await unlock('one', ['B']), await unlock('none', ['A'])]).toEqual([
          'not-yours',
          'elsewhere',
          'unknown',
        ]);
        expect(await tokensAt(store, ['A'])).toEqual(['one', 'two']);
        expect(await unlock('one', ['A', 'B'])).toBe('ended');
        expect(await unlock('one', ['A'])).toBe('unknown');
        expect(await tokensAt(store, ['A'])).toEqual(['two']);
      }));

    it('notes which file a lock has created, and withdraws one that nobody has heard of', () =>
      withStore(async store => {
        const held = lockAt(['A'], { token: 't' });
        await take(store, held);
        await store.setBornAs('t', '"7"', 0);
        expect(await store.discover(['A'], { now: 0, members: false })).toEqual([{ ...held, bornAs: '"7"' }]);
        await store.withdraw('t');
        await store.withdraw('t');
        await store.setBornAs('t', '"8"', 0);
        expect(await tokensAt(store, ['A'])).toEqual([]);
      }));

    it('ends the locks of deleted entries, and of the members of replaced ones', () =>
      withStore(async store => {
        for (const place of [['A'], ['A', 'B'], ['A', 'B', 'C'], ['AB'], ['._A'], ['D'], ['D', 'E']]) {
          await take(store, lockAt(place, { token: place.join('/'), depth: 0 }));
        }
        await store.endBelow(['D'], 0);
        await store.endWithin([['A', 'B'], ['._A'], ['NONE']], 0);
        expect(await tokensAt(store, [], { members: true })).toEqual(['A', 'AB', 'D']);
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
      withStore(async store => {
        await take(store, lockAt([one, 'X']));
        await take(store, lockAt([other, 'X']));
        expect(await tokensAt(store, [one], { members: true })).toEqual([`urn:test:${one}/X`]);
        expect(await tokensAt(store, [other], { members: true })).toEqual([`urn:test:${other}/X`]);
        expect(await tokensAt(store, [one, 'X', 'Y'])).toEqual([`urn:test:${one}/X`]);
        expect(await isFree(store, NOBODY, { place: [one], reach: 'entry' })).toBe(true);
      }),
    );

    it('RFC 4918 §6.4: lets a change pass only for the principal of a lock, with its token', () =>
      withStore(async store => {
        await take(store, lockAt(['A'], { token: 'mine', scope: 'shared' }));
        await take(store, lockAt(['A'], { token: 'other', scope: 'shared', user: 'bob' }));
        const entry = { place: ['A', 'B'], reach: 'entry' } as const;
        expect(await isFree(store, holding('ada', 'mine'), entry)).toBe(true);
        expect(await isFree(store, holding('ada', 'other'), entry)).toBe(false);
        expect(await isFree(store, holding('ada'), entry)).toBe(false);
        expect(await isFree(store, holding('bob', 'mine'), entry)).toBe(false);
      }));

    it('finds what is in the way: of an entry above and at it, of a tree also below; and says of which', () =>
      withStore(async store => {
        const [outer, inner] = [lockAt(['A'], { depth: 0 }), lockAt(['A', 'B', 'C'], { user: 'bob' })];
        await take(store, outer);
        await take(store, inner);
        const [entry, tree] = (['entry', 'tree'] as const).map(reach => ({ place: ['A', 'B'], reach }));
        const check = (touched: readonly Touched[], holder = NOBODY) => store.check(touched, { holder, now: 0 });
        expect(await check([entry!])).toBeUndefined();
        expect(await check([entry!, tree!])).toEqual({ lock: inner, touched: tree });
        const folder: Touched = { place: ['A'], reach: 'entry' };
        expect(await check([entry!, folder])).toEqual({ lock: outer, touched: folder });
        expect(await check([tree!, folder], holding('ada', outer.token))).toEqual({ lock: inner, touched: tree });
        expect(await check([folder], holding('ada', outer.token))).toBeUndefined();
        expect(await check([])).toBeUndefined();
      }));

    it('does not begin a change that a lock is in the way of, and notes nothing of it', () =>
      withStore(async store => {
        await take(store, lockAt(['A'], { token: 't' }));
        const touched = [{ place: ['A', 'B'], reach: 'entry' } as const];
        const answer = await store.begin(touched, { holder: NOBODY, now: 0, places: [['A', 'B']] });
        expect(answer).toEqual({ lock: lockAt(['A'], { token: 't' }), touched: touched[0] });
        expect((await lock(store, lockAt(['A', 'B', 'C'], { token: 'new', depth: 0, scope: 'shared' }))).kind).toBe(
          'conflict',
        );
        await store.unlock('t', { now: 0, place: ['A'], user: 'ada' });
        await take(store, lockAt(['A', 'B']));
      }));

    it('settles a lock when the changes above, at and below it have ended that were there at the call', () =>
      withStore(async store => {
        const claims = [await begin(store, ['A']), await begin(store, ['A', 'B']), await begin(store, ['A', 'B', 'C'])];
        const beside = await begin(store, ['A', 'BB']);
        let isSettled = false;
        const settled = store.settled(['A', 'B']).then(() => {
          isSettled = true;
        });
        for (const claim of claims) {
          // The late engine has had its time by then.
          await store.discover([], { now: 0, members: true });
          expect(isSettled).toBe(false);
          await claim.end();
        }
        await settled;
        await store.settled(['A', 'B']);
        await beside.end();
      }));

    it('tells with a lock that was granted whether changes are under way that overlap it', () =>
      withStore(async store => {
        const claim = await begin(store, ['A', 'B']);
        const underWay = async (...place: string[]) => {
          const outcome = await lock(store, lockAt(place, { token: place.join('/'), depth: 0 }));
          return outcome.kind === 'granted' && outcome.underWay;
        };
        expect(await Promise.all([underWay(), underWay('A'), underWay('A', 'B'), underWay('A', 'B', 'C')])).toEqual([
          ...Array(4).fill(true),
        ]);
        expect(await Promise.all([underWay('B'), underWay('A', 'BB')])).toEqual([false, false]);
        await claim.end();
        expect(await underWay('A', 'B', 'D')).toBe(false);
      }));

    it('either refuses a change or has the lock wait for it, whichever comes first', () =>
      withStore(async store => {
        for (let round = 0; round < 20; round += 1) {
          const place = [`P${round}`];
          const events: string[] = [];
          const change = async () => {
            const touched = [{ place, reach: 'tree' } as const];
            const answer = await store.begin(touched, { holder: NOBODY, now: 0, places: [place] });
            if (!isObstacle(answer)) {
              await store.discover(place, { now: 0, members: false });
              events.push('changed');
              await answer.end();
            }
          };
          const locking = async () => {
            expect((await lock(store, lockAt(place, { user: `u${round}` }))).kind).toBe('granted');
            await store.settled(place);
            events.push('locked');
          };
          await Promise.all(round % 2 === 0 ? [change(), locking()] : [locking(), change()]);
          expect([['locked'], ['changed', 'locked']]).toContainEqual(events);
        }
      }));

    it('says at once that there is no lock only when there is none', () =>
      withStore(async store => {
        const saysNone = () => store.hasNone?.() ?? false;
        const knows = store.hasNone !== undefined;
        expect(saysNone()).toBe(knows);
        await take(store, lockAt(['A'], { token: 'one' }));
        await take(store, lockAt(['B'], { token: 'two' }));
        await store.unlock('one', { now: 0, place: ['A'], user: 'ada' });
        expect(saysNone()).toBe(false);
        await store.endWithin([[]], 0);
        expect(saysNone()).toBe(knows);
      }));

    it('counts the locks that are taken and changed, if it counts', () =>
      withStore(async store => {
        const counted = async (work: () => Promise<unknown>) => {
          const before = store.taken?.() ?? 0;
          await work();
          return store.taken === undefined || store.taken() > before;
        };
        expect(await counted(() => take(store, lockAt(['A'], { token: 'one' })))).toBe(true);
        expect(await counted(() => store.refresh('one', { now: 0, timeoutSeconds: 5 }))).toBe(true);
        expect(await counted(() => store.setBornAs('one', '"1"', 0))).toBe(true);
      }));
  });
}
