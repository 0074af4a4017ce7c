import type { StateBeside } from '../beside.ts';
import { breakLocks, listLocks } from './lock-list.ts';
import { endSessions, listPeople, revokePasswords } from './people-list.ts';
import { listShares, revokeShares } from './share-list.ts';

/** Opens the state below `dataDir` for each call. */
export function besideSqlite(dataDir: string): StateBeside {
  return {
    locks: async now => listLocks(dataDir, now),
    breakLocks: async tokens => breakLocks(dataDir, tokens),
    people: async now => listPeople(dataDir, now),
    revokePasswords: async ids => revokePasswords(dataDir, ids),
    endSessions: async userId => endSessions(dataDir, userId),
    shares: async () => listShares(dataDir),
    revokeShares: async (ids, now) => revokeShares(dataDir, ids, now),
  };
}
