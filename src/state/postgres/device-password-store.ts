import { ADDRESSES_KEPT, type DevicePasswordStore, EXPIRED_KEPT_MS } from '../device-password-store.ts';
import {
  DEVICE_PASSWORD_COLUMNS,
  type DevicePasswordRow,
  toDevicePassword,
  toDevicePasswordValues,
} from '../rows/device-password-row.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, sql } from './database.ts';
import { placeholders } from './placeholders.ts';

const SELECT = `SELECT ${DEVICE_PASSWORD_COLUMNS} FROM device_passwords`;
const FIND = sql<DevicePasswordRow>(`${SELECT} WHERE digest = $1`);
const ALL = sql<DevicePasswordRow>(`${SELECT} ORDER BY created, id`);
const OF_USER = sql<DevicePasswordRow>(`${SELECT} WHERE user_id = $1 ORDER BY created, id`);
const DROP = sql('DELETE FROM device_passwords WHERE user_id = $1 AND expires < $2');
const COUNT = sql<{ n: number }>(
  'SELECT count(*) AS n FROM device_passwords WHERE user_id = $1 AND (expires IS NULL OR expires > $2)',
);
const INSERT = sql(
  `INSERT INTO device_passwords (${DEVICE_PASSWORD_COLUMNS}) VALUES (${placeholders(DEVICE_PASSWORD_COLUMNS)})`,
);
const REMOVE = sql('DELETE FROM device_passwords WHERE id = $1 AND user_id = $2');
const REMOVE_ALL = sql('DELETE FROM device_passwords WHERE user_id = $1');

const NOTE_USE = sql('UPDATE device_passwords SET used_at = $2, used_address = $3, used_client = $4 WHERE id = $1');
const KEEP_ADDRESS = sql<{ is_new: boolean }>(
  `WITH known AS (SELECT 1 FROM device_password_addresses WHERE password_id = $1 AND address = $2)
   INSERT INTO device_password_addresses (password_id, address, used_at) VALUES ($1, $2, $3)
   ON CONFLICT (password_id, address) DO UPDATE SET used_at = excluded.used_at
   RETURNING NOT EXISTS (SELECT FROM known) AS is_new`,
);
const TRIM = sql(
  `DELETE FROM device_password_addresses WHERE password_id = $1 AND address NOT IN
     (SELECT address FROM device_password_addresses WHERE password_id = $1
      ORDER BY used_at DESC, address = $2 DESC LIMIT ${ADDRESSES_KEPT})`,
);

/** Creates a store of device passwords in PostgreSQL. */
export function createPostgresDevicePasswordStore(database: Database): DevicePasswordStore {
  return {
    find: async digest => (await database.read(FIND, digest)).map(toDevicePassword)[0],
    list: async userId => {
      const rows = await (userId === undefined ? database.read(ALL) : database.read(OF_USER, userId));
      return rows.map(toDevicePassword);
    },
    add: (password, { max, now }) =>
      database.step(async queries => {
        await takeTurn(queries, `device passwords of ${password.userId}`);
        await queries.write(DROP, password.userId, now - EXPIRED_KEPT_MS);
        const [unexpired] = await queries.read(COUNT, password.userId, now);
        const isAdded = unexpired!.n < max;
        if (isAdded) {
          await queries.write(INSERT, ...toDevicePasswordValues(password));
        }
        return isAdded;
      }),
    used: (id, { at, address, client }) =>
      database.step(async queries => {
        // Other steps about this password wait for its row from here on.
        const { count } = await queries.write(NOTE_USE, id, at, address, client);
        if (count === 0) {
          return false;
        }
        const { rows } = await queries.write(KEEP_ADDRESS, id, address, at);
        const isNew = rows[0]!.is_new;
        if (isNew) {
          await queries.write(TRIM, id, address);
        }
        return isNew;
      }),
    remove: async (userId, id) => (await database.write(REMOVE, id, userId)).count === 1,
    removeAll: async userId => (await database.write(REMOVE_ALL, userId)).count,
  };
}
