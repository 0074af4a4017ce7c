import type { DeadProperty, PropertyStore } from '../property-store.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, type Queries, sql } from './database.ts';

type ItemRow = DeadProperty & { readonly item_id: string };

const LIST = sql<DeadProperty>(
  'SELECT namespace, name, xml FROM dead_properties WHERE scope = $1 AND item_id = $2 ORDER BY namespace, name',
);
const LIST_EACH = sql<ItemRow>(
  `SELECT item_id, namespace, name, xml FROM dead_properties WHERE scope = $1 AND item_id = ANY ($2::text[])
   ORDER BY item_id, namespace, name`,
);
const SET = sql(
  `INSERT INTO dead_properties (scope, item_id, namespace, name, xml) SELECT $1, $2, namespace, name, xml
   FROM unnest($3::text[], $4::text[], $5::text[]) AS given (namespace, name, xml)
   ON CONFLICT (scope, item_id, md5(namespace), md5(name)) DO UPDATE SET xml = excluded.xml`,
);
const REMOVE = sql(
  `DELETE FROM dead_properties USING unnest($3::text[], $4::text[]) AS given (namespace, name)
   WHERE scope = $1 AND item_id = $2
     AND dead_properties.namespace = given.namespace AND dead_properties.name = given.name`,
);
const CLEAR = sql('DELETE FROM dead_properties WHERE scope = $1 AND item_id = $2');
const COPY = sql(
  `INSERT INTO dead_properties (scope, item_id, namespace, name, xml)
   SELECT $1, $2, namespace, name, xml FROM dead_properties WHERE scope = $3 AND item_id = $4`,
);
const ANY_OF_ITEM = sql('SELECT 1 FROM dead_properties WHERE scope = $1 AND item_id = $2 LIMIT 1');
const ANY_OF_SCOPE = sql('SELECT 1 FROM dead_properties WHERE scope = $1 LIMIT 1');

/** Creates a store of dead properties in PostgreSQL. */
export function createPostgresPropertyStore(database: Database): PropertyStore {
  const inTurn = (item: readonly [scope: string, itemId: string], work: (queries: Queries) => Promise<unknown>) =>
    database.step(async queries => {
      await takeTurn(queries, `properties of ${JSON.stringify(item)}`);
      await work(queries);
    });
  return {
    list: (scope, itemId) => database.read(LIST, scope, itemId),
    listEach: async (scope, itemIds) => {
      const rows = await database.read(LIST_EACH, scope, itemIds);
      const byItem = Map.groupBy(rows, ({ item_id }) => item_id);
      return new Map([...byItem].map(([itemId, found]) => [itemId, found.map(({ item_id: _, ...row }) => row)]));
    },
    change: async (scope, itemId, changes) => {
      const removed = toColumns(changes.remove.map(each => ({ ...each, xml: '' })));
      const set = toColumns(changes.set);
      await inTurn([scope, itemId], async queries => {
        await queries.write(REMOVE, scope, itemId, removed.namespaces, removed.names);
        await queries.write(SET, scope, itemId, set.namespaces, set.names, set.xmls);
      });
    },
    copy: async (from, to) => {
      if (from.scope === to.scope && from.itemId === to.itemId) {
        return;
      }
      await inTurn([to.scope, to.itemId], async queries => {
        await queries.write(CLEAR, to.scope, to.itemId);
        await queries.write(COPY, to.scope, to.itemId, from.scope, from.itemId);
      });
    },
    delete: async (scope, itemId) => {
      // Items are deleted all the time, and most have no properties.
      if ((await database.read(ANY_OF_ITEM, scope, itemId)).length > 0) {
        await inTurn([scope, itemId], queries => queries.write(CLEAR, scope, itemId));
      }
    },
    isUsed: async scope => (await database.read(ANY_OF_SCOPE, scope)).length > 0,
  };
}

/** Of a property that is given twice, the last one counts. */
function toColumns(properties: readonly DeadProperty[]) {
  const byName = new Map(
    properties.map(({ namespace, name, xml }) => [JSON.stringify([namespace, name]), { namespace, name, xml }]),
  );
  const each = [...byName.values()];
  return {
    namespaces: each.map(({ namespace }) => namespace),
    names: each.map(({ name }) => name),
    xmls: each.map(({ xml }) => xml),
  };
}
