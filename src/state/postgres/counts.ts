import type { StateCounts } from '../state.ts';
import { type Database, sql } from './database.ts';

const COUNT = sql<StateCounts>(
  `SELECT (SELECT count(*) FROM locks WHERE expires > $1) AS locks,
          (SELECT count(*) FROM dead_properties) AS "deadProperties",
          (SELECT bytes FROM side_total) AS "sideFileBytes",
          (SELECT count(*) FROM device_passwords WHERE expires IS NULL OR expires > $1) AS "devicePasswords",
          (SELECT count(*) FROM sessions WHERE expires > $1) AS sessions,
          (SELECT count(*) FROM shares WHERE expires > $1 AND revoked IS NULL) AS shares`,
);

export async function countState(database: Database, now: number): Promise<StateCounts> {
  return (await database.read(COUNT, now))[0]!;
}
