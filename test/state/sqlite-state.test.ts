import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createMemoryDriveIdStore } from '../../src/state/drive-id-store.ts';
import { openState } from '../../src/state/sqlite-state.ts';
import { describeDriveIdStore } from '../contracts/drive-id-store.ts';
import { makeTempDir } from '../support/temp-dir.ts';

describeDriveIdStore('the memory store', async use => use(createMemoryDriveIdStore()));

describeDriveIdStore('the SQLite store', async use => {
  await using folder = await makeTempDir();
  const state = openState(folder.path);
  try {
    use(state.driveIds);
  } finally {
    state.close();
  }
});

it("the SQLite state survives a restart, in a file that is nobody else's to read", async () => {
  await using folder = await makeTempDir();
  const key = { tenantId: 't', mailbox: 'm' };
  const before = openState(join(folder.path, 'new', 'folder'));
  before.driveIds.set(key, 'drive');
  before.close();
  const after = openState(join(folder.path, 'new', 'folder'));
  expect(after.driveIds.get(key)).toBe('drive');
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
