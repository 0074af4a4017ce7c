import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../lib/disk-full.ts';
import type { DeadProperty, PropertyStore } from './property-store.ts';
import { inTransaction } from './transaction.ts';

/** Dead properties in SQLite. The primary key begins with the scope and then the item: each look is a range of it, in order. */
export function createSqlitePropertyStore(database: DatabaseSync): PropertyStore {
  const list = database.prepare(
    'SELECT namespace, name, xml FROM dead_properties WHERE scope = ? AND item_id = ? ORDER BY namespace, name',
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
  return {
    list: (scope, itemId) => (list.all(scope, itemId) as unknown as DeadProperty[]).map(row => ({ ...row })),
    change: (scope, itemId, changes) =>
      inTransaction(database, () => {
        for (const { namespace, name } of changes.remove) {
          remove.run(scope, itemId, namespace, name);
        }
        for (const { namespace, name, xml } of changes.set) {
          set.run(scope, itemId, namespace, name, xml);
        }
      }),
    copy: (from, to) => {
      if (from.scope === to.scope && from.itemId === to.itemId) {
        return;
      }
      inTransaction(database, () => {
        clear.run(to.scope, to.itemId);
        copy.run(to.scope, to.itemId, from.scope, from.itemId);
      });
    },
    delete: (scope, itemId) => {
      try {
        clear.run(scope, itemId);
      } catch (error) {
        // What they belonged to is gone already, and its id never comes back.
        if (!isDiskFull(error)) {
          throw error;
        }
      }
    },
    isUsed: scope => anyOf.get(scope) !== undefined,
  };
}
