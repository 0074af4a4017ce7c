import { describe, expect, it } from 'vitest';
import type { OpenWork, OpenWorkStore } from '../../src/state/open-work-store.ts';
import { type Engine, withEngine } from '../support/state-engines.ts';

export const openWork = (id: string, more: Partial<OpenWork> = {}): OpenWork => ({
  id,
  tenantId: 't1',
  since: 1_800_000_000_000,
  plan: `{"plan of":"${id} äß"}`,
  ...more,
});

/** What every store of open work promises. */
export function describeOpenWorkStore(engine: Engine, which: 'intents' | 'uploadSessions'): void {
  const using = (use: (store: OpenWorkStore) => Promise<void>) => withEngine(engine, state => use(state[which]));
  describe(`${engine.name} keeps open work (${which})`, () => {
    it('until it is deleted, the oldest first', () =>
      using(async store => {
        const [late, early] = [openWork('a', { since: 2_000 }), openWork('b', { since: 1_000 })];
        await store.put(late);
        await store.put(early);
        expect(await store.list('t1')).toEqual([early, late]);
        await store.delete('b');
        await store.delete('never');
        expect(await store.list('t1')).toEqual([late]);
      }));

    it('of each tenant for itself', () =>
      using(async store => {
        await store.put(openWork('a'));
        await store.put(openWork('b', { tenantId: 't2' }));
        const lists = await Promise.all(['t1', 't2', 't3'].map(tenant => store.list(tenant)));
        expect(lists.map(list => list.map(({ id }) => id))).toEqual([['a'], ['b'], []]);
      }));

    it('as it was put there last', () =>
      using(async store => {
        await store.put(openWork('a'));
        await store.put(openWork('a', { plan: 'another' }));
        expect(await store.list('t1')).toEqual([openWork('a', { plan: 'another' })]);
      }));
  });
}
