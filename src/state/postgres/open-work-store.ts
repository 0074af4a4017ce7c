import type { OpenWork, OpenWorkStore } from '../open-work-store.ts';
import { PLAIN, type PlanCoding } from '../sealing.ts';
import type { Member } from './claims.ts';
import { type Database, sql } from './database.ts';

interface Row {
  readonly id: string;
  readonly tenant_id: string;
  readonly since: number;
  readonly plan: string;
}

/**
 * Creates a store of open work in PostgreSQL, in one of the tables of the migrations. Work belongs to the server that
 * has put it; when that is not alive any more, the first one that lists it takes it over.
 */
export function createPostgresOpenWorkStore(
  database: Database,
  options: {
    readonly table: 'intents' | 'upload_sessions';
    readonly member: Pick<Member, 'id'>;
    readonly coding?: PlanCoding;
  },
): OpenWorkStore {
  const { table, member, coding = PLAIN } = options;
  const { put, remove, takeOver, own, all } = statementsFor(table);
  const decoded = (rows: readonly Row[]): OpenWork[] =>
    rows.flatMap(({ id, tenant_id, since, ...row }) => {
      const plan = coding.decode(row.plan);
      return plan === undefined ? [] : [{ id, tenantId: tenant_id, since, plan }];
    });
  return {
    put: async ({ id, tenantId, since, plan }) =>
      void (await database.write(put, id, tenantId, since, coding.encode(plan), member.id)),
    delete: async id => void (await database.write(remove, id)),
    list: async tenantId => {
      await database.write(takeOver, tenantId, member.id);
      return decoded(await database.read(own, tenantId, member.id));
    },
    all: async tenantId => decoded(await database.read(all, tenantId)),
  };
}

function statementsFor(table: string) {
  const select = `SELECT id, tenant_id, since, plan FROM ${table} WHERE tenant_id = $1`;
  return {
    put: sql(
      `INSERT INTO ${table} (id, tenant_id, since, plan, server) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id, since = excluded.since, plan = excluded.plan,
         server = excluded.server`,
    ),
    remove: sql(`DELETE FROM ${table} WHERE id = $1`),
    // Of two servers that come at once, the second one waits for the row, and then finds its server alive.
    takeOver: sql(
      `UPDATE ${table} SET server = $2 WHERE tenant_id = $1 AND server <> $2
         AND NOT EXISTS (SELECT FROM servers WHERE servers.id = ${table}.server AND servers.until > clock_timestamp())`,
    ),
    own: sql<Row>(`${select} AND server = $2 ORDER BY since, id`),
    all: sql<Row>(`${select} ORDER BY since, id`),
  };
}
