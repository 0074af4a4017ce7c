import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` as one step: what it changes is kept as a whole or, when it throws, not at all. IMMEDIATE waits for
 * another process that writes; a transaction that begins with a read would fail at its first write instead.
 */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // After some failures, a full disk for one, SQLite has rolled back by itself.
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    throw error;
  }
}
