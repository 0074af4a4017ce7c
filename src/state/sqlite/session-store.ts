import type { DatabaseSync } from 'node:sqlite';
import { SESSION_COLUMNS, type SessionRow, toSession, toSessionValues } from '../rows/session-row.ts';
import type { SessionStore } from '../session-store.ts';
import { inTransaction } from './transaction.ts';

/** Creates a store of sessions in SQLite. A query sees what any process has committed. */
export function createSqliteSessionStore(database: DatabaseSync): SessionStore {
  const find = database.prepare(`SELECT ${SESSION_COLUMNS} FROM sessions WHERE digest = ? AND expires > ?`);
  const drop = database.prepare('DELETE FROM sessions WHERE expires <= ?');
  const insert = database.prepare(`INSERT INTO sessions (${SESSION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`);
  const rotate = database.prepare(
    `UPDATE sessions SET digest = ?, tenant_id = ?, user_id = ?, created = ?, expires = ?, form_secret = ?
     WHERE digest = ?`,
  );
  const remove = database.prepare('DELETE FROM sessions WHERE digest = ?');
  const removeAll = database.prepare('DELETE FROM sessions WHERE user_id = ?');
  return {
    find: async (digest, now) => {
      const row = find.get(digest, now) as unknown as SessionRow | undefined;
      return row === undefined ? undefined : toSession(row);
    },
    add: async session =>
      inTransaction(database, () => {
        drop.run(session.created);
        insert.run(...toSessionValues(session));
      }),
    rotate: async (digest, next) => rotate.run(...toSessionValues(next), digest).changes === 1,
    remove: async digest => void remove.run(digest),
    removeAll: async userId => Number(removeAll.run(userId).changes),
  };
}
