import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookAtState } from '../../../src/state/sqlite/look-at-state.ts';
import { openState, stateFile } from '../../../src/state/sqlite/state.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const KEY = { tenantId: 'tenant', mailbox: 'ada@contoso.com' };

async function tempDir(): Promise<string> {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return folder.path;
}

describe('lookAtState', () => {
  it('sees nothing where nothing is, and makes nothing', async () => {
    const folder = await tempDir();
    const look = lookAtState(join(folder, 'data'));
    expect([look.problem, look.driveId(KEY), look.mailboxes()]).toEqual([undefined, undefined, []]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('sees the findings of a server while it runs and after it has ended', async () => {
    const folder = await tempDir();
    const state = openState(folder);
    await state.driveIds.set(KEY, 'b!drive');
    const mailbox = {
      ...{ tenantId: 'tenant', userId: 'id', principal: 'ada@contoso.com' },
      groups: [],
      name: 'ada',
      isMounted: true,
    };
    await state.mailboxes.keep({ tenantId: 'tenant', mailboxes: [mailbox], rules: [] });
    const seen = () => {
      const look = lookAtState(folder);
      return [look.file, look.problem, look.driveId(KEY), look.mailboxes()];
    };
    const expected = [join(folder, 'state.sqlite'), undefined, 'b!drive', [mailbox]];
    expect(seen()).toEqual(expected);
    state.close();
    expect(seen()).toEqual(expected);
    // A server can still start.
    openState(folder).close();
  });

  it('tells a newer, a damaged and a locked state apart', async () => {
    const folder = await tempDir();
    openState(folder).close();
    const database = new DatabaseSync(stateFile(folder));
    database.exec('PRAGMA user_version = 9999');
    expect(lookAtState(folder).problem).toBe('newer');
    database.exec('PRAGMA user_version = 7');
    expect(lookAtState(folder).problem).toBe('unreleased');
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 8; BEGIN EXCLUSIVE');
    expect(lookAtState(folder).problem).toBe('locked');
    database.exec('ROLLBACK');
    database.close();
    expect(lookAtState(folder)).toMatchObject({ problem: undefined });
    await writeFile(stateFile(folder), 'this is no database at all, but long enough to look like one to somebody');
    expect(lookAtState(folder).problem).toBe('broken');
  });
});
