import type { DatabaseSync } from 'node:sqlite';
import type { KnownPerson, PeopleStore } from '../people-store.ts';
import { decodePerson, encodePerson } from '../rows/person-text.ts';
import { inTransaction } from './transaction.ts';

interface PersonRow {
  readonly user_id: string;
  readonly person: string;
}

interface LookRow {
  readonly looked_at: number;
  readonly asked: string;
}

/** Returns the people of all tenants; also for read-only use. */
export function readPeople(database: DatabaseSync): KnownPerson[] {
  const rows = database.prepare('SELECT person FROM people ORDER BY tenant_id, user_id').all();
  return (rows as { person: string }[]).map(({ person }) => decodePerson(person));
}

/** Creates a people store in SQLite. */
export function createSqlitePeopleStore(database: DatabaseSync): PeopleStore {
  const look = database.prepare('SELECT looked_at, asked FROM people_looks WHERE tenant_id = ?');
  const rows = database.prepare('SELECT user_id, person FROM people WHERE tenant_id = ? ORDER BY user_id');
  const noteLook = database.prepare(
    'INSERT OR REPLACE INTO people_looks (tenant_id, looked_at, asked) VALUES (?, ?, ?)',
  );
  const put = database.prepare('INSERT OR REPLACE INTO people (tenant_id, user_id, person) VALUES (?, ?, ?)');
  const drop = database.prepare('DELETE FROM people WHERE tenant_id = ? AND user_id = ?');
  const read = (tenantId: string) => rows.all(tenantId) as unknown as PersonRow[];
  return {
    last: async tenantId => {
      const row = look.get(tenantId) as unknown as LookRow | undefined;
      if (row === undefined) {
        return undefined;
      }
      const people = read(tenantId).map(({ person }) => decodePerson(person));
      return { tenantId, at: row.looked_at, key: row.asked, people };
    },
    keep: async ({ tenantId, at, key, people }) =>
      inTransaction(database, () => {
        noteLook.run(tenantId, at, key);
        const now = new Map(people.map(person => [person.userId, encodePerson(person)]));
        const before = new Map(read(tenantId).map(({ user_id, person }) => [user_id, person]));
        // Few change from one look to the next.
        for (const [userId, text] of now) {
          if (before.get(userId) !== text) {
            put.run(tenantId, userId, text);
          }
        }
        for (const userId of before.keys()) {
          if (!now.has(userId)) {
            drop.run(tenantId, userId);
          }
        }
      }),
    keepOne: async (tenantId, person) => {
      if (look.get(tenantId) !== undefined) {
        put.run(tenantId, person.userId, encodePerson(person));
      }
    },
    forgetOne: async (tenantId, userId) => void drop.run(tenantId, userId),
  };
}
