import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { stateFile } from '../../src/state/sqlite/state.ts';
import { describeDevicePasswordStore, devicePassword } from '../contracts/device-password-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withDatabase, withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeDevicePasswordStore(engine);
}

const LIMIT = { max: 20, now: 0 };
const USE = { at: 5, address: '::1', client: 'curl/8' };

it('device passwords survive a restart, with their last use and their addresses', () =>
  withRestarts(
    async ({ devicePasswords }) => {
      await devicePasswords.add(devicePassword('a'), LIMIT);
      await devicePasswords.used('a', USE);
    },
    async ({ devicePasswords }) => {
      expect(await devicePasswords.list()).toEqual([devicePassword('a', { lastUse: USE })]);
      expect(await devicePasswords.used('a', USE)).toBe(false);
    },
  ));

it('a password that another process has removed is not found by the next call', () =>
  withRestarts(async ({ devicePasswords }, folder) => {
    await devicePasswords.add(devicePassword('a'), LIMIT);
    await devicePasswords.used('a', USE);
    using other = new DatabaseSync(stateFile(folder));
    other.exec("DELETE FROM device_passwords WHERE id = 'a'");
    expect(await devicePasswords.find('digest of a')).toBeUndefined();
    expect(other.prepare('SELECT * FROM device_password_addresses').all()).toEqual([]);
  }));

it('a password is found by the primary key, and listed by an index', () =>
  withDatabase(database => {
    const planOf = (sql: string) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).get('x')!.detail;
    expect(planOf('SELECT * FROM device_passwords WHERE digest = ?')).toMatch(/USING PRIMARY KEY/);
    expect(planOf('SELECT * FROM device_passwords WHERE user_id = ?')).toMatch(/INDEX device_passwords_by_user/);
  }));
