import type { DatabaseSync } from 'node:sqlite';
import type { Session, SessionStore } from '../session-store.ts';
import { inTransaction } from './transaction.ts';

interface Row {
  readonly digest: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly created: number;
  readonly expires: number;
  readonly form_secret: string;
}

const COLUMNS = 'digest, tenant_id, user_id, created, expires, form_secret';

/** Creates a store of sessions in SQLite. A query sees what any process has committed. */
export function createSqliteSessionStore(database: DatabaseSync): SessionStore {
  const find = database.prepare(`SELECT ${COLUMNS} FROM sessions WHERE digest = ? AND expires > ?`);
  const drop = database.prepare('DELETE FROM sessions WHERE expires <= ?');
  const insert = database.prepare(`INSERT INTO sessions (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`);
  const rotate = database.prepare(
    `UPDATE sessions SET digest = ?, tenant_id = ?, user_id = ?, created = ?, expires = ?, form_secret = ?
     WHERE digest = ?`,
  );
  const remove = database.prepare('DELETE FROM sessions WHERE digest = ?');
  const removeAll = database.prepare('DELETE FROM sessions WHERE user_id = ?');
  return {
    find: async (digest, now) => {
      const row = find.get(digest, now) as unknown as Row | undefined;
      return row === undefined ? undefined : toSession(row);
    },
    add: async session =>
      inTransaction(database, () => {
        drop.run(session.created);
        insert.run(...toValues(session));
      }),
    rotate: async (digest, next) => rotate.run(...toValues(next), digest).changes === 1,
    remove: async digest => void remove.run(digest),
    removeAll: async userId => Number(removeAll.run(userId).changes),
  };
}

function toValues({ digest, tenantId, userId, created, expires, formSecret }: Session) {
  return [digest, tenantId, userId, created, expires, formSecret];
}

function toSession({ digest, tenant_id, user_id, created, expires, form_secret }: Row): Session {
  return { digest, tenantId: tenant_id, userId: user_id, created, expires, formSecret: form_secret };
}
