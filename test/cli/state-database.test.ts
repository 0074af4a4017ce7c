import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { openPostgresTarget } from '../../src/state/copy/postgres-side.ts';
import { openPostgresState } from '../../src/state/postgres/state.ts';
import { openState, stateFile } from '../../src/state/sqlite/state.ts';
import type { State } from '../../src/state/state.ts';
import { StateUnavailable } from '../../src/state/state-unavailable.ts';
import { devicePassword } from '../contracts/device-password-store.ts';
import { lockAt } from '../contracts/lock-store.ts';
import { mailbox } from '../contracts/mailbox-store.ts';
import { openWork } from '../contracts/open-work-store.ts';
import { knownPerson } from '../contracts/people-store.ts';
import { property } from '../contracts/property-store.ts';
import { session } from '../contracts/session-store.ts';
import { newShare } from '../contracts/share-store.ts';
import { bytesOf } from '../contracts/side-store.ts';
import { listing, syncItem } from '../contracts/sync-store.ts';
import { runCommand } from '../support/command.ts';
import { describeWith } from '../support/foreign-client.ts';
import { openDatabase, POSTGRES, type TestDatabase } from '../support/postgres.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const KEY = randomBytes(32);
const FAR = 4_000_000_000_000;
const SYNC_KEY = { scope: 'drive', folderId: 'root', level: 'infinite' } as const;

interface Place {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly cli: (...args: string[]) => ReturnType<typeof runCommand>;
  readonly openDatabaseState: (options?: { leaseMs: number }) => Promise<State>;
}

/** A folder with two configurations: `file.yaml` keeps the state in dataDir, `config.yaml` in a database. */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await makeTempDir();
  await using database = await openDatabase();
  await writeFile(join(folder.path, 'key'), KEY.toString('base64'));
  await writeFile(join(folder.path, 'file.yaml'), 'dataDir: .');
  const lines = ['dataDir: .', `state: { url: "${database.url}", keyFile: key }`];
  await writeFile(join(folder.path, 'config.yaml'), lines.join('\n'));
  await use({
    folder: folder.path,
    database,
    cli: (...args) => runCommand([...args, '--config', join(folder.path, 'config.yaml')]),
    openDatabaseState: options =>
      openPostgresState({
        ...options,
        ...{ url: database.url, connections: 3, key: KEY, maxSideBytes: 1_000_000 },
        log: createLog({ level: 'silent' }),
      }),
  });
}

/** Puts something into each table. */
async function fill(state: State): Promise<void> {
  await state.driveIds.set({ tenantId: 't1', mailbox: 'ada@contoso.com' }, 'drive');
  const owners = new Map([['ada@contoso.com', 'a']]);
  await state.mailboxes.keep({ tenantId: 't1', mailboxes: [mailbox('b'), mailbox('a')], rules: ['r'], owners });
  await state.locks.lock(lockAt(['Ü', '😀'], { token: 't', expires: FAR }), { now: 0, limits: { here: 1, ofUser: 1 } });
  await state.properties.change('drive', 'item', { set: [property('urn:x', 'ä')], remove: [] });
  await state.sideFiles.put(['A', '._B'], new Uint8Array([0, 255, 39]), { now: 5, modified: 3, name: '._b' });
  await state.intents.put(openWork('i'));
  await state.uploadSessions.put(openWork('u', { plan: 'https://h/?very-secret' }));
  const { id } = await state.sync.begin(SYNC_KEY, { secret: 's', link: 'l', now: 1 });
  await state.sync.put(id, listing('', { put: [syncItem('a'), syncItem('d', { kind: 'folder' })] }), 2);
  await state.devicePasswords.add(devicePassword('p', { below: ['a'] }), { max: 9, now: 0 });
  await state.devicePasswords.used('p', { at: 1, address: '::1', client: 'curl' });
  await state.sessions.add(session('s', { expires: FAR }));
  await state.people.keep({ tenantId: 't1', at: 1, key: 'k', people: [knownPerson('a')] });
  await state.shares.add(newShare('sh', { expires: FAR }), { max: 9, now: 0 });
}

/** Everything that `fill` has put there, as the stores show it. */
async function contentOf(state: State): Promise<unknown> {
  const journal = await state.sync.find(SYNC_KEY, 0);
  return {
    drive: await state.driveIds.get({ tenantId: 't1', mailbox: 'ada@contoso.com' }),
    mailboxes: await state.mailboxes.list(),
    rules: await state.mailboxes.answered('t1'),
    owners: await state.mailboxes.owners('t1'),
    locks: await state.locks.discover([], { now: 0, members: true }),
    properties: await state.properties.list('drive', 'item'),
    side: await state.sideFiles.get(['A', '._B'], 6),
    intents: await state.intents.list('t1'),
    sessions: await state.uploadSessions.list('t1'),
    journal,
    members: await state.sync.since(journal!.id, 0, 10),
    passwords: await state.devicePasswords.list(),
    isKnown: !(await state.devicePasswords.used('p', { at: 1, address: '::1', client: 'curl' })),
    signedIn: await state.sessions.find('s', 0),
    people: await state.people.last('t1'),
    shares: await state.shares.list(),
    counts: await state.counts(0),
  };
}

async function useAndClose<T>(state: State, use: (state: State) => Promise<T>): Promise<T> {
  try {
    return await use(state);
  } finally {
    await state.close();
  }
}

describeWith(POSTGRES, 'the commands of a state in PostgreSQL', () => {
  it('state copy moves everything there and back, and the databases go on from there', () =>
    withPlace(async ({ folder, database, cli, openDatabaseState }) => {
      const before = await useAndClose(openState(folder), async state => {
        await fill(state);
        return contentOf(state);
      });
      const there = await cli('state', 'copy', '--to');
      expect([there.stderr, there.code]).toEqual(['', 0]);
      expect(there.stdout).toMatch(/^copied: .*\bsync members 3\b.*\bupload sessions 1\b/);
      const [kept] = await database.query<{ plan: string }>('SELECT plan FROM upload_sessions');
      expect(kept!.plan).not.toContain('secret');
      await useAndClose(await openDatabaseState(), async state => {
        expect(await contentOf(state)).toEqual(before);
        // New rows get ids of their own.
        await state.sideFiles.put(['NEW'], bytesOf('1'), { now: 7 });
        await state.sync.begin({ ...SYNC_KEY, folderId: 'new' }, { secret: 's', link: 'l', now: 1 });
        await state.sideFiles.delete(['NEW']);
      });
      expect((await cli('state', 'copy', '--from')).stderr).toContain('copy over it with --replace');
      const back = await cli('state', 'copy', '--from', '--replace');
      expect([back.stderr, back.code]).toEqual(['', 0]);
      await useAndClose(openState(folder), async state => expect(await contentOf(state)).toEqual(before));
    }));

  it('state copy changes nothing when it fails, and leaves what another key has sealed', () =>
    withPlace(async ({ folder, database, cli, openDatabaseState }) => {
      await useAndClose(openState(folder), fill);
      await useAndClose(await openDatabaseState(), state => state.intents.put(openWork('before')));
      using file = new DatabaseSync(stateFile(folder));
      // PostgreSQL has no text with NUL.
      file.exec(`INSERT INTO answered_rules VALUES ('t', 'a' || char(0))`);
      const failed = await cli('state', 'copy', '--to', '--replace');
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('0x00')]);
      expect(await database.query('SELECT id FROM intents')).toEqual([{ id: 'before' }]);
      file.exec("DELETE FROM answered_rules WHERE tenant_id = 't'; UPDATE upload_sessions SET plan = 'broken'");
      const { stdout } = await cli('state', 'copy', '--to', '--replace');
      expect(stdout).toContain('left out: 1 upload sessions');
      expect(await database.query('SELECT id FROM intents')).toEqual([{ id: 'i' }]);
    }));

  it('state copy is refused while a server uses either side, without a key, and without a way', () =>
    withPlace(async ({ folder, database, cli, openDatabaseState }) => {
      const owner = openState(folder);
      expect((await cli('state', 'copy', '--to')).stderr).toContain('another process serves');
      await owner.close();
      const server = await openDatabaseState();
      expect((await cli('state', 'copy', '--to')).stderr).toContain('servers use the database: end them first');
      expect((await cli('state', 'copy', '--from')).stderr).toContain('servers use the database: end them first');
      await server.close();
      expect((await cli('state', 'copy')).stderr).toContain('say which way');
      const alone = (...args: string[]) =>
        runCommand(['state', 'copy', ...args, '--config', join(folder, 'file.yaml')]);
      expect((await alone('--to')).stderr).toContain('the configuration has no state.url');
      expect((await alone('--to', database.url)).stderr).toContain('give it in --key-file');
      const { code } = await alone('--to', database.url, '--key-file', join(folder, 'key'));
      expect(code).toBe(0);
    }));

  it('no server can come while the state is copied', () =>
    withPlace(async ({ database, openDatabaseState }) => {
      const target = await openPostgresTarget({ url: database.url, key: KEY });
      await expect(openDatabaseState({ leaseMs: 500 })).rejects.toThrow(StateUnavailable);
      await target.close();
      await (await openDatabaseState()).close();
    }));

  it('locks, people, shares and state check read it and change it beside the servers', () =>
    withPlace(async ({ database, cli, openDatabaseState }) => {
      expect((await cli('shares')).stderr).toContain('there is no state in the database');
      const state = await openDatabaseState();
      try {
        await fill(state);
        expect((await cli('locks', '--break', 't')).stdout).toContain('ended: ');
        expect(await state.locks.discover([], { now: 0, members: true })).toEqual([]);
        expect((await cli('people', 'passwords')).stdout).toContain('  p');
        expect((await cli('people', 'revoke', 'p')).stdout).toContain('revoked: ');
        expect(await state.devicePasswords.list()).toEqual([]);
        expect((await cli('people', 'sign-out', 'ada')).stdout).toContain('ended sessions: 1');
        expect((await cli('shares', '--revoke', 'sh')).stdout).toContain('ended: ');
        expect((await state.shares.list())[0]!.revoked).toBeDefined();
        expect((await cli('state', 'check')).stdout).toMatch(/the database answers and has schema 2: .*\bshares 1\b/);
        await database.query('UPDATE side_total SET bytes = 1');
        const damaged = await cli('state', 'check');
        expect([damaged.code, damaged.stdout]).toEqual([1, expect.stringContaining('but 1 are noted')]);
        expect((await cli('state', 'backup', 'x')).stderr).toContain('pg_dump');
        await database.query('UPDATE state_version SET version = 99');
        expect((await cli('shares')).stderr).toContain('another release wrote the state (schema 99');
      } finally {
        await state.close();
      }
    }));
});
