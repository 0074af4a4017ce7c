import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Health } from '../../src/app/health.ts';
import { lookAtDisk } from '../../src/app/health-checks.ts';
import { StateWatch } from '../../src/app/state-watch.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrate } from '../../src/state/sqlite/migrations.ts';
import { createSqliteStores, openState, stateFile } from '../../src/state/sqlite/state.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** A state in a file of its own, the connection behind it, and what is known of its health. */
async function watching() {
  const folder = await makeTempDir();
  const file = stateFile(folder.path);
  const database = new DatabaseSync(file, { timeout: 0 });
  onTestFinished(async () => {
    database.close();
    await folder[Symbol.asyncDispose]();
  });
  database.exec('PRAGMA journal_mode = WAL');
  migrate(database);
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const health = new Health({ log, clock: systemClock });
  const watch = new StateWatch(health);
  const stores = createSqliteStores({ database, leases: database }, { maxSideBytes: 1_000_000 });
  const state = watch.watch({ ...stores, close: async () => {} });
  return {
    ...{ folder: folder.path, file, database, state, logged },
    part: () => health.parts([]).find(({ part }) => part === 'state'),
    look: () => lookAtDisk(folder.path, health, () => watch.look(state)),
    write: (bytes = 10) => state.sideFiles.put(['d', 'x'], Buffer.alloc(bytes), { now: 1 }),
  };
}

describe('the state fails', () => {
  it('when the disk is full: seen by whoever writes, told once, and over when a look can write again', async () => {
    const { database, look, part, write, logged } = await watching();
    await look();
    expect(part()).toMatchObject({ ok: true });
    const pages = Number(database.prepare('PRAGMA page_count').get()!.page_count);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    await expect(write(500_000)).rejects.toMatchObject({ errcode: 13 });
    await expect(write(500_000)).rejects.toMatchObject({ errcode: 13 });
    expect(part()).toMatchObject({ ok: false, reason: 'the disk of the data folder is full', since: expect.any(Date) });
    database.exec('PRAGMA max_page_count = 100000');
    await look();
    expect(part()).toMatchObject({ ok: true });
    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([
      [50, expect.stringMatching(/^the disk of the data folder is full: /)],
      [30, expect.stringMatching(/^state is well again after \d+ s$/)],
    ]);
  });

  it('when it cannot be written: a look sees it by itself', async () => {
    const { database, look, part } = await watching();
    database.exec('PRAGMA query_only = 1');
    await look();
    expect(part()).toMatchObject({ ok: false, reason: 'the state cannot be written' });
    database.exec('PRAGMA query_only = 0');
    await look();
    expect(part()).toMatchObject({ ok: true });
  });

  it('when another program has locked it', async () => {
    const { file, look, part } = await watching();
    using other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await look();
    expect(part()).toMatchObject({ ok: false, reason: 'another program has locked the state' });
    other.exec('ROLLBACK');
    await look();
    expect(part()).toMatchObject({ ok: true });
  });

  it('when it is damaged, which no look cures', async () => {
    const { database, file, state, look, part } = await watching();
    database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory');
    const size = Number(database.prepare('PRAGMA page_count').get()!.page_count) * 4096;
    writeFileSync(file, Buffer.alloc(size - 4096, 0xff), { flag: 'r+', flush: true });
    await expect(state.mailboxes.answered('t')).rejects.toThrow();
    expect(part()).toMatchObject({ ok: false, reason: 'the state is damaged' });
    await look();
    expect(part()).toMatchObject({ ok: false, reason: 'the state is damaged' });
  });

  it('not when a statement is refused for what it says, nor when it is closed', async () => {
    const { folder, part, state } = await watching();
    await expect(state.driveIds.set({ tenantId: null as never, mailbox: 'm' }, 'd')).rejects.toThrow();
    expect(part()).toBeUndefined();
    const other = openState(`${folder}/other`);
    await other.check();
    await other.close();
    await expect(other.check()).rejects.toThrow();
  });
});
