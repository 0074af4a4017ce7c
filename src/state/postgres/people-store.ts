import type { PeopleStore } from '../people-store.ts';
import { decodePerson, encodePerson } from '../rows/person-text.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, type Queries, sql } from './database.ts';

const LAST = sql<{ looked_at: number; asked: string; people: string[] }>(
  `SELECT looked_at, asked,
     array(SELECT person FROM people WHERE people.tenant_id = looks.tenant_id ORDER BY user_id) AS people
   FROM people_looks AS looks WHERE tenant_id = $1`,
);
const NOTE_LOOK = sql(
  `INSERT INTO people_looks (tenant_id, looked_at, asked) VALUES ($1, $2, $3)
   ON CONFLICT (tenant_id) DO UPDATE SET looked_at = excluded.looked_at, asked = excluded.asked`,
);
/** Few change from one look to the next. */
const PUT = sql(
  `INSERT INTO people (tenant_id, user_id, person) SELECT $1, user_id, person
   FROM unnest($2::text[], $3::text[]) AS seen (user_id, person)
   ON CONFLICT (tenant_id, user_id) DO UPDATE SET person = excluded.person WHERE people.person <> excluded.person`,
);
const DROP_OTHERS = sql('DELETE FROM people WHERE tenant_id = $1 AND user_id <> ALL ($2::text[])');
const PUT_ONE = sql(
  `INSERT INTO people (tenant_id, user_id, person) SELECT $1, $2, $3
   WHERE EXISTS (SELECT FROM people_looks WHERE tenant_id = $1)
   ON CONFLICT (tenant_id, user_id) DO UPDATE SET person = excluded.person`,
);
const DROP = sql('DELETE FROM people WHERE tenant_id = $1 AND user_id = $2');

/** Creates a people store in PostgreSQL. */
export function createPostgresPeopleStore(database: Database): PeopleStore {
  const inTurn = (tenantId: string, work: (queries: Queries) => Promise<unknown>) =>
    database.step(async queries => {
      await takeTurn(queries, `people of ${tenantId}`);
      await work(queries);
    });
  return {
    last: async tenantId => {
      const [look] = await database.read(LAST, tenantId);
      return (
        look && { tenantId, at: look.looked_at, key: look.asked, people: look.people.map(text => decodePerson(text)) }
      );
    },
    keep: ({ tenantId, at, key, people }) =>
      inTurn(tenantId, async queries => {
        const byId = new Map(people.map(person => [person.userId, encodePerson(person)]));
        await queries.write(NOTE_LOOK, tenantId, at, key);
        await queries.write(PUT, tenantId, [...byId.keys()], [...byId.values()]);
        await queries.write(DROP_OTHERS, tenantId, [...byId.keys()]);
      }),
    keepOne: (tenantId, person) =>
      inTurn(tenantId, queries => queries.write(PUT_ONE, tenantId, person.userId, encodePerson(person))),
    forgetOne: (tenantId, userId) => inTurn(tenantId, queries => queries.write(DROP, tenantId, userId)),
  };
}
