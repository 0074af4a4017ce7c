import { SESSION_COLUMNS, type SessionRow, toSession, toSessionValues } from '../rows/session-row.ts';
import type { PlanCoding } from '../sealing.ts';
import type { Session, SessionStore } from '../session-store.ts';
import { type Database, sql } from './database.ts';

const FIND = sql<SessionRow>(`SELECT ${SESSION_COLUMNS} FROM sessions WHERE digest = $1 AND expires > $2`);
const ADD = sql(
  `WITH dropped AS (DELETE FROM sessions WHERE expires <= $4)
   INSERT INTO sessions (${SESSION_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)`,
);
const ROTATE = sql(
  `UPDATE sessions SET digest = $1, tenant_id = $2, user_id = $3, created = $4, expires = $5, form_secret = $6
   WHERE digest = $7`,
);
const REMOVE = sql('DELETE FROM sessions WHERE digest = $1');
const REMOVE_ALL = sql('DELETE FROM sessions WHERE user_id = $1');

/** Creates a store of sessions in PostgreSQL. `coding` encrypts the secrets of their forms. */
export function createPostgresSessionStore(database: Database, coding: PlanCoding): SessionStore {
  const sealed = (session: Session) => toSessionValues({ ...session, formSecret: coding.encode(session.formSecret) });
  return {
    find: async (digest, now) => {
      const [session] = (await database.read(FIND, digest, now)).map(toSession);
      const formSecret = session && coding.decode(session.formSecret);
      // With another key, people sign in anew.
      return session && formSecret !== undefined ? { ...session, formSecret } : undefined;
    },
    add: async session => void (await database.write(ADD, ...sealed(session))),
    rotate: async (digest, next) => (await database.write(ROTATE, ...sealed(next), digest)).count === 1,
    remove: async digest => void (await database.write(REMOVE, digest)),
    removeAll: async userId => (await database.write(REMOVE_ALL, userId)).count,
  };
}
