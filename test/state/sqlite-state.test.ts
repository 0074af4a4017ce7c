import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openState } from '../../src/state/sqlite-state.ts';
import { describeDriveIdStore } from '../contracts/drive-id-store.ts';
import { lockAt } from '../contracts/lock-store.ts';
import { property } from '../contracts/property-store.ts';
import { bytesOf } from '../contracts/side-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { makeTempDir } from '../support/temp-dir.ts';

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
  const module = new URL('../../src/state/sqlite-state.ts', import.meta.url).href;
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

/** A database as the first release left it: schema version 1, with one drive id. Returns it, still open. */
function makeFirstRelease(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'state.sqlite'));
  database.exec(`
    CREATE TABLE drive_ids (
      tenant_id TEXT NOT NULL, mailbox TEXT NOT NULL, drive_id TEXT NOT NULL, PRIMARY KEY (tenant_id, mailbox)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO drive_ids VALUES ('t', 'm', 'drive');
    PRAGMA user_version = 1`);
  return database;
}

it('a state of the first release is taken over: drive ids stay, and the newer stores work', async () => {
  await using folder = await makeTempDir();
  makeFirstRelease(folder.path).close();
  const state = openState(folder.path);
  expect(await state.driveIds.get({ tenantId: 't', mailbox: 'm' })).toBe('drive');
  await state.locks.lock(lockAt(['A']), { now: 0, limits: { here: 1, ofUser: 1 } });
  await state.properties.change('drive', 'item', { set: [property('urn:x', 'a')], remove: [] });
  await state.sideFiles.put(['A'], bytesOf('1'), { now: 1 });
  expect(await state.locks.discover([], { now: 0, members: true })).toHaveLength(1);
  expect(await state.properties.isUsed('drive')).toBe(true);
  expect(await state.sideFiles.info(['A'])).toBeDefined();
  state.close();
});

it('a state that cannot be brought up to date wholly stays as it was', async () => {
  await using folder = await makeTempDir();
  const database = makeFirstRelease(folder.path);
  database.exec('CREATE TABLE side_files (in_the_way TEXT)');
  expect(() => openState(folder.path)).toThrow(/side_files/);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  expect(tables).toEqual([{ name: 'drive_ids' }, { name: 'side_files' }]);
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  database.close();
});

it('the side files have as much room as the state is opened with', async () => {
  await using folder = await makeTempDir();
  const state = openState(folder.path, { maxSideBytes: 2 });
  await expect(state.sideFiles.put(['A'], bytesOf('123'), { now: 1 })).rejects.toThrow(RangeError);
  state.close();
});
