import { describe, expect, it } from 'vitest';
import type { KnownPerson, PeopleStore } from '../../src/state/people-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

export function knownPerson(userId: string, change: Partial<KnownPerson> = {}): KnownPerson {
  return {
    tenantId: 't1',
    userId,
    principal: `${userId}@contoso.com`,
    displayName: `Name of ${userId}`,
    mail: undefined,
    isEnabled: true,
    groups: [],
    appRoles: [],
    ...change,
  };
}

const everything: Partial<KnownPerson> = {
  ...{ principal: 'Jürgen"s@contoso.com', displayName: '', mail: 'x@contoso.com', isEnabled: false },
  ...{ groups: ['g1', 'g"2'], appRoles: ['Files.User', 'ü'] },
};

/** The promises of `src/state/people-store.ts`. */
export function describePeopleStore(engine: Engine): void {
  const withStore = (use: (store: PeopleStore) => Promise<void>) => withEngine(engine, ({ people }) => use(people));
  describe(`${engine.name} keeps the people store contract`, () => {
    const keep = (store: PeopleStore, ...people: KnownPerson[]) =>
      store.keep({ tenantId: 't1', at: 1, key: 'k', people });
    const idsIn = async (store: PeopleStore, tenantId = 't1') =>
      (await store.last(tenantId))?.people.map(({ userId }) => userId).sort();

    it('returns the last look as it was kept, and undefined before there was one', () =>
      withStore(async store => {
        expect(await store.last('t1')).toBeUndefined();
        const look = {
          tenantId: 't1',
          at: 1_234_567_890_123,
          key: '[["g"],[]]',
          people: [knownPerson('a', everything)],
        };
        await store.keep(look);
        expect(await store.last('t1')).toEqual(look);
        expect((await store.last('t1'))?.people[0]).toHaveProperty('mail', 'x@contoso.com');
      }));

    it('keeps a look without anybody: that is knowledge, too', () =>
      withStore(async store => {
        await keep(store);
        expect(await store.last('t1')).toEqual({ tenantId: 't1', at: 1, key: 'k', people: [] });
      }));

    it('replaces a look by the next: new, changed and missing people, its time and its key', () =>
      withStore(async store => {
        await keep(store, knownPerson('a'), knownPerson('b'), knownPerson('c'));
        const people = [knownPerson('b', everything), knownPerson('c'), knownPerson('d')];
        await store.keep({ tenantId: 't1', at: 2, key: 'other', people });
        const { people: kept, ...rest } = (await store.last('t1'))!;
        expect(rest).toEqual({ tenantId: 't1', at: 2, key: 'other' });
        expect(kept.toSorted((left, right) => (left.userId < right.userId ? -1 : 1))).toEqual(people);
      }));

    it('adds, replaces and removes one person of the last look', () =>
      withStore(async store => {
        await keep(store, knownPerson('a'), knownPerson('b'));
        await store.keepOne('t1', knownPerson('b', everything));
        await store.keepOne('t1', knownPerson('c'));
        await store.forgetOne('t1', 'a');
        await store.forgetOne('t1', 'unknown');
        expect(await idsIn(store)).toEqual(['b', 'c']);
        const kept = (await store.last('t1'))!.people.find(({ userId }) => userId === 'b');
        expect(kept).toEqual(knownPerson('b', everything));
      }));

    it('takes one person for no whole look', () =>
      withStore(async store => {
        await store.keepOne('t1', knownPerson('a'));
        expect(await store.last('t1')).toBeUndefined();
        await keep(store, knownPerson('b'));
        expect(await idsIn(store)).toEqual(['b']);
      }));

    it('tells the looks of two tenants apart, and two of one tenant', () =>
      withStore(async store => {
        for (const [index, tenantId] of ['t1', 't2', 't1 second'].entries()) {
          await store.keep({
            tenantId,
            at: index,
            key: `${index}`,
            people: [knownPerson('a'), knownPerson(`${index}`)],
          });
        }
        await store.forgetOne('t2', 'a');
        await store.keepOne('t1 second', knownPerson('z'));
        expect(await idsIn(store)).toEqual(['0', 'a']);
        expect(await idsIn(store, 't2')).toEqual(['1']);
        expect(await idsIn(store, 't1 second')).toEqual(['2', 'a', 'z']);
        expect((await store.last('t2'))?.at).toBe(1);
      }));
  });
}
