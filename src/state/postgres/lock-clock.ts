import type { StoredLock } from '../lock-store.ts';
import type { TellingLockStore } from './remembered-locks.ts';

/**
 * The same locks for a server whose clock is another one than that of the database: its times are brought to that clock
 * and back. Else a server that is ahead would end locks that others have just extended.
 */
export function byDatabaseClock<S extends TellingLockStore>(store: S, offset: () => number): S {
  const there = <T extends { readonly now: number }>(options: T): T => ({ ...options, now: options.now + offset() });
  const back = (lock: StoredLock): StoredLock => ({ ...lock, expires: lock.expires - offset() });
  return {
    ...store,
    discover: async (place, options) => (await store.discover(place, there(options))).map(back),
    lock: async (wish, options) => {
      const outcome = await store.lock({ ...wish, expires: wish.expires + offset() }, there(options));
      return outcome.kind === 'conflict' ? { ...outcome, lock: back(outcome.lock) } : outcome;
    },
    refresh: async (token, options) => {
      const lock = await store.refresh(token, there(options));
      return lock && back(lock);
    },
    unlock: (token, options) => store.unlock(token, there(options)),
    setBornAs: (token, etag, now) => store.setBornAs(token, etag, now + offset()),
    // Who is told what is in the way is not told until when.
    check: (touched, options) => store.check(touched, there(options)),
    begin: (touched, options) => store.begin(touched, there(options)),
  };
}
