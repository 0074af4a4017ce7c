import type { DatabaseSync } from 'node:sqlite';
import type { PeopleList } from '../beside.ts';
import { withKnownState } from './beside-server.ts';
import { readDevicePasswords } from './device-password-store.ts';
import { readPeople } from './people-store.ts';

/** Reads the people of the state below `dataDir`; a server may be running. Throws when there is no state of this release. */
export function listPeople(dataDir: string, now: number): PeopleList {
  return withKnownState(dataDir, { readOnly: true }, database => ({
    people: readPeople(database),
    passwords: readDevicePasswords(database),
    sessions: countSessions(database, now),
  }));
}

/**
 * Removes device passwords by their ids and returns the number; a server may be running: it looks up the password of
 * each request, so the next one is refused.
 */
export function revokePasswords(dataDir: string, ids: readonly string[]): number {
  return withKnownState(dataDir, { readOnly: false }, database => {
    const sql = 'DELETE FROM device_passwords WHERE id IN (SELECT value FROM json_each(?))';
    return Number(database.prepare(sql).run(JSON.stringify(ids)).changes);
  });
}

/** Ends all sessions of a person and returns their number; a server may be running. */
export function endSessions(dataDir: string, userId: string): number {
  return withKnownState(dataDir, { readOnly: false }, database =>
    Number(database.prepare('DELETE FROM sessions WHERE user_id = ?').run(userId).changes),
  );
}

function countSessions(database: DatabaseSync, now: number): Map<string, number> {
  const sql = 'SELECT user_id, count(*) AS n FROM sessions WHERE expires > ? GROUP BY user_id';
  const rows = database.prepare(sql).all(now) as { user_id: string; n: number }[];
  return new Map(rows.map(({ user_id, n }) => [user_id, n]));
}
