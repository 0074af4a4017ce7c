import type { Share } from '../share-store.ts';
import { withKnownState } from './beside-server.ts';
import { readShares } from './share-store.ts';

/** Reads all shares of the state below `dataDir`, oldest first; a server may be running. Throws when there is no state. */
export function listShares(dataDir: string): readonly Share[] {
  return withKnownState(dataDir, { readOnly: true }, readShares);
}

/**
 * Revokes shares by their ids at `now` (milliseconds since 1970), and returns the number; a server may be running: it
 * looks up the share of each request, so the next one is refused.
 */
export function revokeShares(dataDir: string, ids: readonly string[], now: number): number {
  return withKnownState(dataDir, { readOnly: false }, database => {
    const sql = 'UPDATE shares SET revoked = ? WHERE revoked IS NULL AND id IN (SELECT value FROM json_each(?))';
    return Number(database.prepare(sql).run(now, JSON.stringify(ids)).changes);
  });
}
