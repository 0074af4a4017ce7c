import { expect, it } from 'vitest';
import { describeLockStore, lockAt } from '../contracts/lock-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeLockStore(engine);
}

it('a lock survives a restart', () => {
  const lock = lockAt(['A', '😀'], { scope: 'shared', owner: '<x/>', root: ['a', '😀'], bornAs: '"1"' });
  return withRestarts(
    ({ locks }) => locks.lock(lock, { now: 0, limits: { here: 1, ofUser: 1 } }),
    async ({ locks }) => {
      expect(locks.hasNone?.()).toBe(false);
      expect(await locks.discover(['A', '😀', 'B'], { now: 0, members: false })).toEqual([lock]);
    },
  );
});
