import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` in one transaction: if it throws, none of its changes is kept. IMMEDIATE waits for another process that
 * is writing; a transaction that begins with a read would fail at its first write instead.
 */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // After some failures, such as a full disk, SQLite has already rolled back.
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    throw error;
  }
}
