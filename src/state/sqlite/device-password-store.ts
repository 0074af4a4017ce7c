import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../../lib/disk-full.ts';
import {
  ADDRESSES_KEPT,
  type DevicePassword,
  type DevicePasswordStore,
  type DevicePasswordUse,
  EXPIRED_KEPT_MS,
} from '../device-password-store.ts';
import {
  DEVICE_PASSWORD_COLUMNS,
  type DevicePasswordRow,
  toDevicePassword,
  toDevicePasswordValues,
} from '../rows/device-password-row.ts';
import { inTransaction } from './transaction.ts';

/** Returns the device passwords of one person, or of everybody, oldest first; also for read-only use. */
export function readDevicePasswords(database: DatabaseSync, userId?: string): DevicePassword[] {
  const sql = `SELECT ${DEVICE_PASSWORD_COLUMNS} FROM device_passwords ${userId === undefined ? '' : 'WHERE user_id = ?'}
    ORDER BY created, id`;
  const rows = database.prepare(sql).all(...(userId === undefined ? [] : [userId]));
  return (rows as unknown as DevicePasswordRow[]).map(toDevicePassword);
}

/**
 * Creates a store of device passwords in SQLite. A query sees what any process has committed, so a revoked password
 * is refused on the next request. The record of a use does not wait for the disk.
 */
export function createSqliteDevicePasswordStore({
  database,
  leases,
}: {
  readonly database: DatabaseSync;
  readonly leases: DatabaseSync;
}): DevicePasswordStore {
  const find = database.prepare(`SELECT ${DEVICE_PASSWORD_COLUMNS} FROM device_passwords WHERE digest = ?`);
  const remove = database.prepare('DELETE FROM device_passwords WHERE id = ? AND user_id = ?');
  const removeAll = database.prepare('DELETE FROM device_passwords WHERE user_id = ?');
  return {
    find: async digest => {
      const row = find.get(digest) as unknown as DevicePasswordRow | undefined;
      return row === undefined ? undefined : toDevicePassword(row);
    },
    list: async userId => readDevicePasswords(database, userId),
    add: createAdd(database),
    used: createUsed(leases),
    remove: async (userId, id) => remove.run(id, userId).changes === 1,
    removeAll: async userId => Number(removeAll.run(userId).changes),
  };
}

function createAdd(database: DatabaseSync): DevicePasswordStore['add'] {
  const drop = database.prepare('DELETE FROM device_passwords WHERE user_id = ? AND expires < ?');
  const count = database.prepare(
    'SELECT count(*) AS n FROM device_passwords WHERE user_id = ? AND (expires IS NULL OR expires > ?)',
  );
  const insert = database.prepare(
    `INSERT INTO device_passwords (${DEVICE_PASSWORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return async (password, { max, now }) => {
    let isAdded = false;
    inTransaction(database, () => {
      drop.run(password.userId, now - EXPIRED_KEPT_MS);
      const { n } = count.get(password.userId, now) as { n: number };
      if (n < max) {
        insert.run(...toDevicePasswordValues(password));
        isAdded = true;
      }
    });
    return isAdded;
  };
}

function createUsed(leases: DatabaseSync): DevicePasswordStore['used'] {
  const known = leases.prepare('SELECT 1 FROM device_password_addresses WHERE password_id = ? AND address = ?');
  const update = leases.prepare(
    'UPDATE device_passwords SET used_at = ?, used_address = ?, used_client = ? WHERE id = ?',
  );
  const keep = leases.prepare(
    'INSERT OR REPLACE INTO device_password_addresses (password_id, address, used_at) VALUES (?, ?, ?)',
  );
  const trim = leases.prepare(
    `DELETE FROM device_password_addresses WHERE password_id = ?1 AND address NOT IN
       (SELECT address FROM device_password_addresses WHERE password_id = ?1
        ORDER BY used_at DESC, address = ?2 DESC LIMIT ${ADDRESSES_KEPT})`,
  );
  const record = (id: string, { at, address, client }: DevicePasswordUse): boolean => {
    let isNew = false;
    inTransaction(leases, () => {
      if (update.run(at, address, client, id).changes === 0) {
        return;
      }
      isNew = known.get(id, address) === undefined;
      keep.run(id, address, at);
      if (isNew) {
        trim.run(id, address);
      }
    });
    return isNew;
  };
  return async (id, use) => {
    try {
      return record(id, use);
    } catch (error) {
      // A person must not be shut out because the use cannot be recorded.
      if (isDiskFull(error)) {
        return false;
      }
      throw error;
    }
  };
}
