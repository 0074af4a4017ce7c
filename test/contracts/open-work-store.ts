import { describe, expect, it } from 'vitest';
import type { OpenWork, OpenWorkStore } from '../../src/state/open-work-store.ts';

export const openWork = (id: string, more: Partial<OpenWork> = {}): OpenWork => ({
  id,
  tenantId: 't1',
  since: 1_800_000_000_000,
  plan: `{"plan of":"${id} äß"}`,
  ...more,
});

/** What every store of open work promises. */
export function describeOpenWorkStore(
  name: string,
  using: (use: (store: OpenWorkStore) => void) => Promise<void>,
): void {
  describe(`${name} keeps open work`, () => {
    it('until it is deleted, the oldest first', () =>
      using(store => {
        const [late, early] = [openWork('a', { since: 2_000 }), openWork('b', { since: 1_000 })];
        store.put(late);
        store.put(early);
        expect(store.list('t1')).toEqual([early, late]);
        store.delete('b');
        store.delete('never');
        expect(store.list('t1')).toEqual([late]);
      }));

    it('of each tenant for itself', () =>
      using(store => {
        store.put(openWork('a'));
        store.put(openWork('b', { tenantId: 't2' }));
        expect([store.list('t1'), store.list('t2'), store.list('t3')].map(list => list.map(({ id }) => id))).toEqual([
          ['a'],
          ['b'],
          [],
        ]);
      }));

    it('as it was put there last', () =>
      using(store => {
        store.put(openWork('a'));
        store.put(openWork('a', { plan: 'another' }));
        expect(store.list('t1')).toEqual([openWork('a', { plan: 'another' })]);
      }));
  });
}
