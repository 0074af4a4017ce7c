import type { DriveIdStore } from '../drive-id-store.ts';
import { type Database, sql } from './database.ts';

const GET = sql<{ drive_id: string }>('SELECT drive_id FROM drive_ids WHERE tenant_id = $1 AND mailbox = $2');
const LIST = sql<{ mailbox: string; drive_id: string }>('SELECT mailbox, drive_id FROM drive_ids WHERE tenant_id = $1');
const SET = sql(
  `INSERT INTO drive_ids (tenant_id, mailbox, drive_id) VALUES ($1, $2, $3)
   ON CONFLICT (tenant_id, mailbox) DO UPDATE SET drive_id = excluded.drive_id`,
);
const DELETE = sql('DELETE FROM drive_ids WHERE tenant_id = $1 AND mailbox = $2');

/** Creates a store of drive ids in PostgreSQL. */
export function createPostgresDriveIdStore(database: Database): DriveIdStore {
  return {
    get: async ({ tenantId, mailbox }) => (await database.read(GET, tenantId, mailbox))[0]?.drive_id,
    list: async tenantId =>
      new Map((await database.read(LIST, tenantId)).map(({ mailbox, drive_id }) => [mailbox, drive_id])),
    set: async ({ tenantId, mailbox }, driveId) => void (await database.write(SET, tenantId, mailbox, driveId)),
    delete: async ({ tenantId, mailbox }) => void (await database.write(DELETE, tenantId, mailbox)),
  };
}
