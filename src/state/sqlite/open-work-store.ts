import type { DatabaseSync } from 'node:sqlite';
import type { OpenWork, OpenWorkStore } from '../open-work-store.ts';
import { PLAIN, type PlanCoding } from '../sealing.ts';

interface Row {
  readonly id: string;
  readonly tenant_id: string;
  readonly since: number;
  readonly plan: string;
}

/** Creates a store of open work in SQLite, in one of the tables of the migrations. */
export function createSqliteOpenWorkStore(
  database: DatabaseSync,
  { table, coding = PLAIN }: { table: 'intents' | 'upload_sessions'; coding?: PlanCoding },
): OpenWorkStore {
  const put = database.prepare(`INSERT OR REPLACE INTO ${table} (id, tenant_id, since, plan) VALUES (?, ?, ?, ?)`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE id = ?`);
  const list = database.prepare(
    `SELECT id, tenant_id, since, plan FROM ${table} WHERE tenant_id = ? ORDER BY since, id`,
  );
  const all: OpenWorkStore['all'] = async tenantId =>
    (list.all(tenantId) as unknown as Row[]).flatMap(row => {
      const plan = coding.decode(row.plan);
      return plan === undefined ? [] : [toOpenWork(row, plan)];
    });
  return {
    put: async ({ id, tenantId, since, plan }) => void put.run(id, tenantId, since, coding.encode(plan)),
    delete: async id => void remove.run(id),
    // One process at a time has the file, so nobody else does any of it.
    list: all,
    all,
  };
}

function toOpenWork({ id, tenant_id, since }: Row, plan: string): OpenWork {
  return { id, tenantId: tenant_id, since, plan };
}
