import { type JournalRow, toJournal, toMember } from '../rows/sync-row.ts';
import { folderOf, SYNC_LIMITS, type SyncLimits, superfluous, USED_EACH_MS } from '../sync-limits.ts';
import type { SyncKey, SyncPath, SyncStore } from '../sync-store.ts';
import { takeTurn } from './advisory-locks.ts';
import type { Database, Queries } from './database.ts';
import { JournalChanges } from './journal-changes.ts';
import { SYNC_STATEMENTS as SQL } from './sync-statements.ts';

/** Creates a store of journals in PostgreSQL. Each step that changes a journal has its row for itself. */
export function createPostgresSyncStore(database: Database, limits: SyncLimits = SYNC_LIMITS): SyncStore {
  const inStep = (journal: number, work: (changes: JournalChanges, queries: Queries) => Promise<unknown>) =>
    database.step(async queries => {
      const [row] = await queries.read(SQL.own, journal);
      if (row !== undefined) {
        const changes = new JournalChanges(queries, row);
        await work(changes, queries);
        await changes.end(limits);
      }
    });
  const journalOf = async (queries: Pick<Queries, 'read'>, { scope, folderId, level }: SyncKey) =>
    (await queries.read(SQL.journal, scope, folderId, level))[0];
  return {
    find: async (key, now) => {
      const row = await journalOf(database, key);
      if (row !== undefined && row.used + USED_EACH_MS < now) {
        await database.write(SQL.use, row.id, now);
      }
      return row && toJournal(row);
    },
    begin: (key, { secret, link, now }) =>
      database.step(async queries => {
        await takeTurn(queries, 'new journals');
        const old = await journalOf(queries, key);
        const others = superfluous(await queries.read(SQL.byUse), now, limits);
        await dropAll(queries, [...(old === undefined ? [] : [old]), ...others]);
        const { rows } = await queries.write(SQL.begin, key.scope, key.folderId, key.level, secret, link, now);
        await queries.write(SQL.addFolder, rows[0]!.id, key.folderId, now);
        return toJournal(rows[0]!);
      }),
    drop: id => database.step(queries => dropAll(queries, [{ id }])),
    withItems: async (journal, itemIds) => (await database.read(SQL.withItems, journal, itemIds)).map(toMember),
    membersOf: async (journal, path) => (await database.read(SQL.membersOf, journal, path)).map(toMember),
    toDo: async (journal, max) => (await database.read(SQL.toDo, journal, max)).map(toMember),
    mark: (journal, marks, now) => inStep(journal, changes => changes.mark(marks, now)),
    markWritten: (journal, paths) => inStep(journal, (_, queries) => markWritten(queries, journal, paths)),
    markOld: (journal, time, max) => inStep(journal, (_, queries) => queries.write(SQL.markOld, journal, time, max)),
    put: (journal, look, now) => inStep(journal, changes => changes.put(look, now)),
    since: async (journal, number, max) => (await database.read(SQL.since, journal, number, max)).map(toMember),
    hasMore: async (journal, number, max) => (await database.read(SQL.nthSince, journal, number, max)).length > 0,
  };
}

/** The journals first: a step that has one of them for itself ends before, and its members are seen then. */
async function dropAll(queries: Queries, journals: readonly Pick<JournalRow, 'id'>[]): Promise<void> {
  const ids = journals.map(({ id }) => id);
  await queries.write(SQL.drop, ids);
  await queries.write(SQL.dropMembers, ids);
}

async function markWritten(queries: Queries, journal: number, paths: readonly SyncPath[]): Promise<void> {
  const { rows } = await queries.write(SQL.lookAtFiles, journal, paths);
  const known = new Set(rows.map(({ path }) => path));
  const folders = paths.filter(path => !known.has(path)).map(folderOf);
  await queries.write(SQL.list, journal, folders);
}
