import type { DatabaseSync } from 'node:sqlite';
import type { StateCounts } from '../state.ts';

/** Returns what counts the rows of each table; SQLite walks an index for it. */
export function createSqliteCounts(database: DatabaseSync): (now: number) => Promise<StateCounts> {
  const count = database.prepare(
    `SELECT (SELECT count(*) FROM locks WHERE expires > :now) AS locks,
            (SELECT count(*) FROM dead_properties) AS "deadProperties",
            (SELECT bytes FROM side_total) AS "sideFileBytes",
            (SELECT count(*) FROM device_passwords WHERE expires IS NULL OR expires > :now) AS "devicePasswords",
            (SELECT count(*) FROM sessions WHERE expires > :now) AS sessions,
            (SELECT count(*) FROM shares WHERE expires > :now AND revoked IS NULL) AS shares`,
  );
  return async now => ({ ...(count.get({ now }) as Record<keyof StateCounts, number>) });
}
