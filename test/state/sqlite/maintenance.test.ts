import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breakLocks, listLocks } from '../../../src/state/sqlite/lock-list.ts';
import { backUpState, checkState, repairState } from '../../../src/state/sqlite/maintenance.ts';
import { openState } from '../../../src/state/sqlite/state.ts';
import type { State } from '../../../src/state/state.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { property } from '../../contracts/property-store.ts';
import { bytesOf } from '../../contracts/side-store.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const KEY = { tenantId: 't', mailbox: 'm' };
const NOW = new Date('2026-01-02T03:04:05Z');

const LIMITS = { here: 1, ofUser: 9 };

async function fill(state: State): Promise<void> {
  await state.driveIds.set(KEY, 'drive');
  await state.locks.lock(lockAt(['M', 'X'], { token: 'urn:uuid:one', expires: 100 }), { now: 0, limits: LIMITS });
  for (let item = 0; item < 2_000; item += 1) {
    await state.properties.change('scope', `item ${item}`, { set: [property('urn:x', `name${item}`)], remove: [] });
  }
  await state.sideFiles.put(['M', '._X'], bytesOf('side'), { now: 1 });
}

/** Filled once, and copied for each test: each of its 2,000 properties is a transaction, which waits for the disk. */
let filled: Awaited<ReturnType<typeof makeTempDir>>;

beforeAll(async () => {
  filled = await makeTempDir();
  const state = openState(filled.path);
  await fill(state);
  await state.close();
  // What is copied is the whole state: nothing is left in a journal beside the file.
  expect((await readdir(filled.path)).filter(name => /-(wal|journal)$/.test(name))).toEqual([]);
});
afterAll(() => filled[Symbol.asyncDispose]());

/** A state that was closed, and can be damaged. */
async function withState(use: (folder: string, file: string) => void | Promise<void>): Promise<void> {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'state.sqlite');
  await copyFile(join(filled.path, 'state.sqlite'), file);
  await use(folder.path, file);
}

/** Overwrites a part of a file, where rows are, and not the pages that lead to the others. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  const start = Math.floor(bytes.length * 0.6);
  bytes.fill(0x5a, start, start + 8_192);
  writeFileSync(file, bytes);
}

describe('D15 a state that is damaged', () => {
  it('is told from one that is whole, beside its server', () =>
    withState((folder, file) => {
      const server = openState(folder);
      expect(checkState(folder)).toMatchObject({ file, faults: [], rows: { dead_properties: 2_000, locks: 1 } });
      server.close();
      damage(file);
      expect(checkState(folder).faults).not.toEqual([]);
      writeFileSync(file, 'this is no database, and never has been one: it only has its name'.repeat(100));
      expect(checkState(folder)).toMatchObject({ faults: [expect.stringContaining('not a database')] });
    }));

  it('says what to do, and nothing of a folder that cannot be written', () =>
    withState((folder, file) => {
      writeFileSync(file, 'this is no database'.repeat(1_000));
      expect(() => openState(folder)).toThrow(/its file is damaged; "onedrive-webdav state check" shows how/);
    }));

  it('is repaired: what can be read is there, and the damaged file too', () =>
    withState(async (folder, file) => {
      damage(file);
      const before = readFileSync(file);
      const { setAside, saved, incomplete } = repairState(folder, { now: NOW });
      expect(setAside).toBe(`${file}.damaged-2026-01-02T030405.000Z`);
      expect(readFileSync(setAside!).equals(before)).toBe(true);
      expect(incomplete.length).toBeGreaterThan(0);
      expect(saved.dead_properties).toBeGreaterThan(100);
      expect(checkState(folder).faults).toEqual([]);
      expect(statSync(file).mode & 0o077).toBe(0);
      const state = openState(folder);
      expect(await state.driveIds.get(KEY)).toBe('drive');
      expect(await state.properties.list('scope', 'item 0')).toHaveLength(1);
      state.close();
      expect((await readdir(folder)).filter(name => /reading|repaired/.test(name))).toEqual([]);
    }));

  it('that is no database at all becomes an empty one', () =>
    withState((folder, file) => {
      writeFileSync(file, 'nonsense'.repeat(5_000));
      expect(repairState(folder, { now: NOW }).saved.locks).toBe(0);
      openState(folder).close();
    }));

  it('is not touched while a server works with it, nor when nothing is wrong', () =>
    withState((folder, file) => {
      const server = openState(folder);
      expect(() => repairState(folder, { now: NOW })).toThrow(/another process serves/);
      server.close();
      const before = readFileSync(file);
      expect(repairState(folder, { now: NOW }).setAside).toBeUndefined();
      expect(readFileSync(file).equals(before)).toBe(true);
    }));

  it('can be restored from a backup, which is made beside the server and holds its last change', () =>
    withState(async (folder, file) => {
      const server = openState(folder);
      await server.driveIds.set({ tenantId: 't', mailbox: 'late' }, 'late drive');
      const copy = join(folder, 'copy');
      backUpState(folder, copy);
      expect(statSync(copy).mode & 0o077).toBe(0);
      expect(() => backUpState(folder, copy)).toThrow(/the file ".*" exists/);
      server.close();
      await writeFile(file, readFileSync(copy));
      const restored = openState(folder);
      expect(await restored.driveIds.get({ tenantId: 't', mailbox: 'late' })).toBe('late drive');
      restored.close();
    }));

  it('that is not there is not made', async () => {
    await using folder = await makeTempDir();
    expect(() => checkState(folder.path)).toThrow(/there is no state/);
    expect(() => repairState(folder.path, { now: NOW })).toThrow(/there is no state/);
    expect(existsSync(join(folder.path, 'state.sqlite'))).toBe(false);
  });
});

describe('D16 locks that are in the way', () => {
  it('are listed and ended beside the server, which does not know them from then on', () =>
    withState(async folder => {
      const server = openState(folder);
      await server.locks.lock(lockAt(['M', 'Y'], { token: 'urn:uuid:two', expires: 200 }), { now: 0, limits: LIMITS });
      expect(listLocks(folder, 50).map(({ token }) => token)).toEqual(['urn:uuid:one', 'urn:uuid:two']);
      expect(listLocks(folder, 150).map(({ token }) => token)).toEqual(['urn:uuid:two']);
      breakLocks(folder, ['urn:uuid:two', 'urn:uuid:none']);
      const now = { now: 50, members: false };
      expect(await server.locks.discover(['M', 'Y'], now)).toEqual([]);
      expect(await server.locks.refresh('urn:uuid:two', { now: 50, timeoutSeconds: 60 })).toBeUndefined();
      expect(await server.locks.discover(['M', 'X'], now)).toHaveLength(1);
      await server.close();
    }));
});
