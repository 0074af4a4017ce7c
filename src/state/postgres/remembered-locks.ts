import type { LockStore } from '../lock-store.ts';
import { placeKey } from '../place.ts';
import { keysDownTo } from '../rows/lock-row.ts';
import type { LockMemory } from './lock-memory.ts';

/**
 * Answers without a query what `memory` knows for certain, and tells the others of each lock before its client has it.
 * What a change begins with is always decided in the database.
 */
export function withLockMemory(store: TellingLockStore, memory: LockMemory): LockStore {
  return {
    ...store,
    hasNone: () => memory.isEmpty(),
    taken: () => memory.changes(),
    discover: async (place, options) => {
      const isFree = options.members ? memory.isEmpty() : memory.hasNoneAt(keysDownTo(place));
      return isFree ? [] : store.discover(place, options);
    },
    check: async (touched, options) => {
      const isFree = touched.every(({ place, reach }) =>
        reach === 'entry' ? memory.hasNoneAt(keysDownTo(place)) : memory.isEmpty(),
      );
      return isFree ? undefined : store.check(touched, options);
    },
    lock: async (wish, options) => {
      const outcome = await store.lock(wish, options);
      if (outcome.kind === 'granted') {
        await memory.changed(wish.token, placeKey(wish.place));
      }
      return outcome;
    },
    refresh: async (token, options) => {
      const lock = await store.refresh(token, options);
      if (lock !== undefined) {
        await memory.changed(token);
      }
      return lock;
    },
    setBornAs: async (token, etag, now) => {
      await store.setBornAs(token, etag, now);
      await memory.changed(token);
    },
    unlock: async (token, options) => {
      const outcome = await store.unlock(token, options);
      await memory.ended(outcome === 'ended' ? [token] : []);
      return outcome;
    },
    withdraw: async token => {
      await store.withdraw(token);
      await memory.ended([token]);
    },
    endWithin: async (places, now) => memory.ended(await store.endWithin(places, now)),
    endBelow: async (place, now) => memory.ended(await store.endBelow(place, now)),
  };
}

/** A lock store that returns the tokens of the locks that it has ended. */
export interface TellingLockStore extends Omit<LockStore, 'endWithin' | 'endBelow'> {
  endWithin(...args: Parameters<LockStore['endWithin']>): Promise<readonly string[]>;
  endBelow(...args: Parameters<LockStore['endBelow']>): Promise<readonly string[]>;
}
