import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change, Changes, SyncLevel } from '../../src/drive/changes.ts';
import { ROOT } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { migrate } from '../../src/state/sqlite/migrations.ts';
import { createSqliteSyncStore } from '../../src/state/sqlite/sync-store.ts';
import type { SyncStore } from '../../src/state/sync-store.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { openMemoryState } from '../support/state-engines.ts';

type Told = Extract<Changes, { kind: 'changes' }>;

const MINUTE_MS = 60_000;
const live = () => ({ signal: new AbortController().signal });

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

interface Bench {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly clock: FakeClock;
  ask(since?: string, level?: SyncLevel): Promise<Changes>;
  /** What is told, and the token. */
  told(since?: string): Promise<{ names: string[]; token: string; isComplete: boolean }>;
}

async function openBench(sync?: SyncStore): Promise<Bench> {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ clock });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/a/file', 'x');
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, ttlMs: 1, sync });
  open.push(async () => {
    await close();
    expect(emulator.violations).toEqual([]);
    await emulator.close();
  });
  const ask = (since?: string, level: SyncLevel = 'infinite') => drive.changes(ROOT, { ...live(), level, since });
  const told = async (since?: string) => {
    const { changes, token, isComplete } = (await ask(since)) as Told;
    return { names: changes.map(format), token, isComplete };
  };
  return { emulator, mailbox, clock, ask, told };
}

function format({ state, names }: Change): string {
  return `${state === 'removed' ? '-' : ''}${names.join('/')}`;
}

/** The feed says that nothing has changed, whatever has. */
function silenceFeed(emulator: Emulator): void {
  const link = 'https://graph.microsoft.com/v1.0/drives/x/root/delta?token=x';
  const body = JSON.stringify({ value: [], '@odata.deltaLink': link });
  const wire = { done: 'no', status: 200, headers: { 'content-type': 'application/json' }, body } as const;
  emulator.setFault(operation => (operation === 'driveItem-delta' ? { wire } : undefined));
}

describe('a feed that leaves out a change', () => {
  it('hides it for a day at most', async () => {
    const { emulator, mailbox, clock, told } = await openBench();
    const { token } = await told();
    silenceFeed(emulator);
    await mailbox.put('/a/new', 'x');
    mailbox.remove('/a/file');
    clock.advance(23 * 60 * MINUTE_MS);
    expect((await told(token)).names).toEqual([]);
    clock.advance(61 * MINUTE_MS);
    expect((await told(token)).names).toEqual(['-a/file', 'a/new', 'a']);
  });

  it('hides it from nobody who begins a quarter of an hour later', async () => {
    const { emulator, mailbox, clock, told } = await openBench();
    await told();
    silenceFeed(emulator);
    await mailbox.put('/a/new', 'x');
    clock.advance(16 * MINUTE_MS);
    expect((await told()).names.sort()).toEqual(['a', 'a/file', 'a/new']);
  });
});

it('a tree of more folders than one request lists comes in parts, and is whole at the end', async () => {
  const { mailbox, told, emulator } = await openBench();
  mailbox.putAll(Array.from({ length: 900 }, (_, index) => [`/many/${index}/file`, 'x'] as const));
  const found = new Set<string>();
  const parts: number[] = [];
  let token: string | undefined;
  for (let isComplete = false; !isComplete; ) {
    emulator.resetCalls();
    const part = await told(token);
    parts.push(emulator.calls.filter(({ operation }) => operation === 'driveItem-list-children').length);
    for (const name of part.names) {
      found.add(name);
    }
    ({ token, isComplete } = part);
  }
  expect(found.size).toBe(2 + 1 + 900 * 2);
  expect(parts).toHaveLength(3);
  expect(Math.max(...parts)).toBeLessThan(410);
});

it('a token from before what is forgotten is not valid, and one since then is', async () => {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  const limits = { maxNames: 1_000, unusedMs: 60 * MINUTE_MS, maxGone: 4 };
  const { mailbox, ask, told } = await openBench(createSqliteSyncStore(database, limits));
  const names = ['1', '2', '3', '4', '5', '6'];
  mailbox.putAll(names.map(name => [`/a/${name}`, 'x'] as const));
  const first = await told();
  mailbox.remove('/a/1');
  const second = await told(first.token);
  expect(second.names).toEqual(['-a/1', 'a']);
  // So many go at once that some are forgotten before they are told.
  for (const name of names.slice(1)) {
    mailbox.remove(`/a/${name}`);
  }
  for (const { token } of [first, second]) {
    expect((await ask(token)).kind).toBe('invalid-token');
  }
  const third = await told();
  expect(third.names).toEqual(['a/file', 'a']);
  mailbox.remove('/a/file');
  expect((await told(third.token)).names).toEqual(['-a/file', 'a']);
});

it('a folder with more members than are followed says so', async () => {
  const { sync } = openMemoryState();
  const full: SyncStore = {
    ...sync,
    find: async (key, now) => {
      const journal = await sync.find(key, now);
      return journal && { ...journal, size: 400_001 };
    },
  };
  const { ask } = await openBench(full);
  expect(await ask()).toEqual({ kind: 'too-many' });
});

it('answers a throttled report with a time to retry, and loses nothing', async () => {
  const { emulator, mailbox, clock, ask, told } = await openBench();
  const { token } = await told();
  await mailbox.put('/a/new', 'x');
  emulator.setFault(operation =>
    operation === 'driveItem-list-children' ? { status: 429, retryAfter: '300' } : undefined,
  );
  await expect(ask(token)).rejects.toMatchObject({ code: 'throttled' });
  emulator.setFault(undefined);
  clock.advance(301_000);
  expect((await told(token)).names).toEqual(['a/new', 'a']);
});
