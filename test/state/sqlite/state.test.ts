import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { CHANGES, migrate, SCHEMA_VERSION } from '../../../src/state/sqlite/migrations.ts';
import { openState } from '../../../src/state/sqlite/state.ts';
import { describeDriveIdStore } from '../../contracts/drive-id-store.ts';
import { bytesOf } from '../../contracts/side-store.ts';
import { ENGINES } from '../../support/state-engines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

for (const engine of ENGINES) {
  describeDriveIdStore(engine);
}

it("the SQLite state survives a restart, in a file that is nobody else's to read", async () => {
  await using folder = await makeTempDir();
  const key = { tenantId: 't', mailbox: 'm' };
  const before = openState(join(folder.path, 'new', 'folder'));
  await before.driveIds.set(key, 'drive');
  before.close();
  const after = openState(join(folder.path, 'new', 'folder'));
  expect(await after.driveIds.get(key)).toBe('drive');
  after.close();
  expect(statSync(join(folder.path, 'new', 'folder', 'state.sqlite')).mode & 0o077).toBe(0);
});

it('a state of a newer release is refused, and so is a folder that is none', async () => {
  await using folder = await makeTempDir();
  openState(folder.path).close();
  const database = new DatabaseSync(join(folder.path, 'state.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openState(folder.path)).toThrow(/a newer release wrote it/);
  await writeFile(join(folder.path, 'file'), '');
  expect(() => openState(join(folder.path, 'file'))).toThrow(/make the folder of dataDir writable/);
});

it("a folder is one process's at a time, and free again when that one is through", async () => {
  await using folder = await makeTempDir();
  const first = openState(folder.path);
  await first.driveIds.set({ tenantId: 't', mailbox: 'm' }, 'drive');
  expect(() => openState(folder.path, { patienceMs: 0 })).toThrow(/another process serves from ".+": end it, or give/);
  expect(await first.driveIds.get({ tenantId: 't', mailbox: 'm' })).toBe('drive');
  first.close();
  openState(folder.path, { patienceMs: 0 }).close();
});

it('a process that is killed does not keep its folder', async () => {
  await using folder = await makeTempDir();
  const module = new URL('../../../src/state/sqlite/state.ts', import.meta.url).href;
  const script = `import { openState } from ${JSON.stringify(module)}; openState(${JSON.stringify(folder.path)}); console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    expect(() => openState(folder.path, { patienceMs: 0 })).toThrow(/another process serves/);
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  openState(folder.path, { patienceMs: 0 }).close();
});

it('a state of before the first release is refused with what to do, and stays as it was', async () => {
  await using folder = await makeTempDir();
  const database = new DatabaseSync(join(folder.path, 'state.sqlite'));
  database.exec('CREATE TABLE drive_ids (x TEXT); PRAGMA user_version = 7');
  expect(() => openState(folder.path)).toThrow(/before the first release wrote it \(schema 7\); move state\.sqlite/);
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([
    { name: 'drive_ids' },
  ]);
  database.close();
});

describe('a state of an older release', () => {
  const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()!.user_version;
  const older = (): DatabaseSync => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    database.exec("INSERT INTO drive_ids VALUES ('t', 'm', 'drive')");
    return database;
  };

  it('gets what it lacks, once, and keeps what it has', () => {
    using database = older();
    const changes = ['CREATE TABLE one (x TEXT)', 'CREATE TABLE two (x TEXT)'];
    migrate(database, [...CHANGES, ...changes.slice(0, 1)]);
    migrate(database, [...CHANGES, ...changes]);
    migrate(database, [...CHANGES, ...changes]);
    expect(versionOf(database)).toBe(SCHEMA_VERSION + 2);
    expect(database.prepare('SELECT drive_id FROM drive_ids').all()).toEqual([{ drive_id: 'drive' }]);
  });

  it('of the first release gets the tables of this one', () => {
    using database = new DatabaseSync(':memory:');
    migrate(database, []);
    migrate(database);
    expect(versionOf(database)).toBe(SCHEMA_VERSION);
    for (const table of ['sync_journals', 'device_passwords', 'device_password_addresses', 'sessions']) {
      expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
    }
  });

  it('that cannot be brought up to date wholly stays as it was', () => {
    using database = older();
    const broken = ['CREATE TABLE one (x TEXT)', 'CREATE TABLE locks (x TEXT)'];
    expect(() => migrate(database, [...CHANGES, ...broken])).toThrow(/locks/);
    expect(versionOf(database)).toBe(SCHEMA_VERSION);
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'one'").all()).toEqual([]);
  });
});

it('the side files have as much room as the state is opened with', async () => {
  await using folder = await makeTempDir();
  const state = openState(folder.path, { maxSideBytes: 2 });
  await expect(state.sideFiles.put(['A'], bytesOf('123'), { now: 1 })).rejects.toThrow(RangeError);
  state.close();
});
