import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../../lib/disk-full.ts';
import type { DeadProperty, PropertyStore } from '../property-store.ts';
import { inTransaction } from './transaction.ts';

/**
 * Creates a store of dead properties in SQLite. The primary key begins with scope and item: each query reads a range of
 * it, in order.
 */
export function createSqlitePropertyStore(database: DatabaseSync): PropertyStore {
  const list = database.prepare(
    'SELECT namespace, name, xml FROM dead_properties WHERE scope = ? AND item_id = ? ORDER BY namespace, name',
  );
  const listEach = database.prepare(
    `SELECT item_id, namespace, name, xml FROM dead_properties
     WHERE scope = ? AND item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id, namespace, name`,
  );
  const set = database.prepare(
    'INSERT OR REPLACE INTO dead_properties (scope, item_id, namespace, name, xml) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare(
    'DELETE FROM dead_properties WHERE scope = ? AND item_id = ? AND namespace = ? AND name = ?',
  );
  const clear = database.prepare('DELETE FROM dead_properties WHERE scope = ? AND item_id = ?');
  const copy = database.prepare(
    `INSERT INTO dead_properties (scope, item_id, namespace, name, xml)
     SELECT ?, ?, namespace, name, xml FROM dead_properties WHERE scope = ? AND item_id = ?`,
  );
  const anyOf = database.prepare('SELECT 1 FROM dead_properties WHERE scope = ? LIMIT 1');
  /** Asked with each listing; this process alone has the file. */
  const used = new Map<string, boolean>();
  const isUsed = (scope: string) => {
    const known = used.get(scope) ?? anyOf.get(scope) !== undefined;
    used.set(scope, known);
    return known;
  };
  const versions = new Map<string, number>();
  const changing = (scope: string) => {
    versions.set(scope, (versions.get(scope) ?? 0) + 1);
    used.delete(scope);
  };
  return {
    version: scope => versions.get(scope) ?? 0,
    list: async (scope, itemId) => (list.all(scope, itemId) as unknown as DeadProperty[]).map(row => ({ ...row })),
    listEach: async (scope, itemIds) => {
      const rows = listEach.all(scope, JSON.stringify(itemIds)) as unknown as (DeadProperty & { item_id: string })[];
      const byItem = Map.groupBy(rows, ({ item_id }) => item_id);
      return new Map([...byItem].map(([itemId, found]) => [itemId, found.map(({ item_id: _, ...row }) => row)]));
    },
    change: async (scope, itemId, changes) => {
      changing(scope);
      inTransaction(database, () => {
        for (const { namespace, name } of changes.remove) {
          remove.run(scope, itemId, namespace, name);
        }
        for (const { namespace, name, xml } of changes.set) {
          set.run(scope, itemId, namespace, name, xml);
        }
      });
    },
    copy: async (from, to) => {
      if (from.scope === to.scope && from.itemId === to.itemId) {
        return;
      }
      changing(to.scope);
      inTransaction(database, () => {
        clear.run(to.scope, to.itemId);
        copy.run(to.scope, to.itemId, from.scope, from.itemId);
      });
    },
    delete: async (scope, itemId) => {
      // Items are deleted all the time, and most scopes have no properties.
      if (!isUsed(scope)) {
        return;
      }
      changing(scope);
      try {
        clear.run(scope, itemId);
      } catch (error) {
        // Their item is gone already, and its id is never used again.
        if (!isDiskFull(error)) {
          throw error;
        }
      }
    },
    isUsed: async scope => isUsed(scope),
  };
}
