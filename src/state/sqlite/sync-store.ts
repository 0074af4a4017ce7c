import type { DatabaseSync } from 'node:sqlite';
import { type JournalRow, type MemberRow, toJournal, toMember } from '../rows/sync-row.ts';
import { folderOf, SYNC_LIMITS, type SyncLimits, superfluous, USED_EACH_MS } from '../sync-limits.ts';
import type { SyncKey, SyncLook, SyncMarks, SyncMember, SyncPath, SyncStore } from '../sync-store.ts';
import { createSyncStatements, type SyncStatements } from './sync-statements.ts';
import { inTransaction } from './transaction.ts';

/** Creates a store of journals in SQLite. */
export function createSqliteSyncStore(database: DatabaseSync, limits: SyncLimits = SYNC_LIMITS): SyncStore {
  const sql = createSyncStatements(database);
  const inStep = <T>(journal: number, work: (changes: JournalChanges) => T) => {
    inTransaction(database, () => {
      const row = sql.journalById.get(journal) as unknown as JournalRow | undefined;
      if (row !== undefined) {
        const changes = new JournalChanges(sql, row, limits);
        work(changes);
        changes.end();
      }
    });
  };
  const journalOf = ({ scope, folderId, level }: SyncKey) =>
    sql.journal.get(scope, folderId, level) as unknown as JournalRow | undefined;
  return {
    find: async ({ scope, folderId, level }, now) => {
      const row = journalOf({ scope, folderId, level });
      if (row !== undefined && row.used + USED_EACH_MS < now) {
        sql.use.run(now, row.id);
      }
      return row && toJournal(row);
    },
    begin: async ({ scope, folderId, level }, { secret, link, now }) => {
      inTransaction(database, () => {
        const old = journalOf({ scope, folderId, level });
        dropAll(sql, [
          ...(old === undefined ? [] : [old]),
          ...superfluous(sql.byUse.all() as unknown as JournalRow[], now, limits),
        ]);
        sql.begin.run(scope, folderId, level, secret, link, now, now, now);
        const { id } = journalOf({ scope, folderId, level })!;
        sql.addFolder.run(id, folderId, now, now);
      });
      return toJournal(journalOf({ scope, folderId, level })!);
    },
    drop: async id => inTransaction(database, () => dropAll(sql, [{ id }])),
    withItems: async (journal, itemIds) => toMembers(sql.withItems.all(journal, JSON.stringify(itemIds))),
    membersOf: async (journal, path) => toMembers(sql.membersOf.all(journal, path)),
    toDo: async (journal, max) => toMembers(sql.toDo.all(journal, max)),
    mark: async (journal, marks, now) => inStep(journal, changes => changes.mark(marks, now)),
    markWritten: async (journal, paths) => inStep(journal, changes => changes.markWritten(paths)),
    markOld: async (journal, time, max) => void sql.markOld.run(journal, journal, time, max),
    put: async (journal, look, now) => inStep(journal, changes => changes.put(look, now)),
    since: async (journal, number, max) => toMembers(sql.since.all(journal, number, number, max)),
    hasMore: async (journal, number, max) => sql.nthSince.get(journal, number, number, max) !== undefined,
  };
}

function dropAll(sql: SyncStatements, journals: readonly { readonly id: number }[]): void {
  for (const { id } of journals) {
    sql.dropMembers.run(id);
    sql.drop.run(id);
  }
}

/** The changes of one journal in one transaction. */
class JournalChanges {
  readonly #sql: SyncStatements;
  readonly #id: number;
  readonly #limits: SyncLimits;
  readonly #before: number;
  #last: number;
  #floor: number;
  #added = 0;
  #hasGone = false;

  constructor(sql: SyncStatements, { id, last, floor }: JournalRow, limits: SyncLimits) {
    this.#sql = sql;
    this.#id = id;
    this.#limits = limits;
    this.#before = last;
    this.#last = last;
    this.#floor = floor;
  }

  mark({ look, list, touched, link }: SyncMarks, now: number): void {
    for (const path of look) {
      this.#sql.look.run(this.#id, path);
    }
    for (const path of list) {
      this.#sql.list.run(this.#id, path);
    }
    for (const path of touched) {
      this.#sql.touch.run(this.#next(now), this.#id, path);
    }
    if (link !== undefined) {
      this.#sql.link.run(link.url, link.at, this.#id);
    }
  }

  markWritten(paths: readonly SyncPath[]): void {
    for (const path of paths) {
      if (this.#sql.lookAtFile.run(this.#id, path).changes === 0) {
        this.#sql.list.run(this.#id, folderOf(path));
      }
    }
  }

  put({ folder, isListing, put, same, gone }: SyncLook, now: number): void {
    const known = this.#row(folder.path, 'folder');
    if (known === undefined || known.is_gone === 1 || known.item_id !== folder.itemId) {
      return;
    }
    for (const path of gone) {
      this.#remove(path, now);
    }
    for (const member of put) {
      this.#put(folder.path, member, now);
    }
    for (const path of same) {
      this.#sql.looked.run(this.#id, path);
    }
    if (isListing) {
      this.#sql.listed.run(now, this.#id, folder.path);
    }
    if (put.length + gone.length > 0) {
      this.#touchFrom(folder.path, now);
    }
  }

  end(): void {
    if (this.#hasGone) {
      this.#forgetOldest();
    }
    if (this.#last !== this.#before || this.#added !== 0) {
      this.#sql.advance.run(this.#last, this.#floor, this.#added, this.#id);
    }
  }

  #put(folder: SyncPath, { path, itemId, kind, tag, shown, isToList }: SyncLook['put'][number], now: number): void {
    const known = this.#row(path, kind);
    const isSame = known !== undefined && known.is_gone === 0 && known.item_id === itemId;
    if (known !== undefined && !isSame) {
      this.#removeBelow(path, now);
    }
    const number = this.#next(now);
    this.#added += known === undefined ? 1 : 0;
    const toList = isToList || (isSame && known.to_list === 1) ? 1 : 0;
    const born = known?.born ?? number;
    const listedAt = isSame ? known.listed_at : 0;
    this.#sql.put.run(this.#id, path, folder, itemId, kind, tag, shown, born, number, toList, listedAt);
  }

  #remove(path: SyncPath, now: number): void {
    if (this.#sql.remove.run(this.#next(now), this.#id, path).changes > 0) {
      this.#hasGone = true;
    }
    this.#removeBelow(path, now);
  }

  #removeBelow(path: SyncPath, now: number): void {
    const below = this.#sql.below.all(this.#id, `${path}/`, `${path}0`) as { path: string }[];
    for (const each of below) {
      this.#sql.remove.run(this.#next(now), this.#id, each.path);
    }
    this.#hasGone ||= below.length > 0;
  }

  /** The folders that `path` leads through have changed, as their tags follow the tree. */
  #touchFrom(path: SyncPath, now: number): void {
    for (let at = path; at !== ''; at = folderOf(at)) {
      this.#sql.touch.run(this.#next(now), this.#id, at);
    }
  }

  #forgetOldest(): void {
    const { gone } = this.#sql.countGone.get(this.#id) as { gone: number };
    if (gone <= this.#limits.maxGone) {
      return;
    }
    const { number } = this.#sql.nthGone.get(this.#id, Math.floor(gone / 2)) as { number: number };
    this.#added -= Number(this.#sql.forgetGone.run(this.#id, number).changes);
    this.#floor = Math.max(this.#floor, number);
  }

  #row(path: SyncPath, kind: MemberRow['kind']): MemberRow | undefined {
    return this.#sql.member.get(this.#id, path, kind) as MemberRow | undefined;
  }

  #next(now: number): number {
    this.#last = Math.max(this.#last + 1, now);
    return this.#last;
  }
}

function toMembers(rows: unknown[]): SyncMember[] {
  return (rows as MemberRow[]).map(toMember);
}
