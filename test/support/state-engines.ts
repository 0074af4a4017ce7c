import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { migrate } from '../../src/state/sqlite/migrations.ts';
import { createSqliteStores, openState } from '../../src/state/sqlite/state.ts';
import type { State } from '../../src/state/state.ts';
import { isPostgresInstalled } from './postgres.ts';
import { openServers } from './postgres-servers.ts';
import { makeTempDir } from './temp-dir.ts';

/** Enough for tests that are about something else. */
const PLENTY = 16 * 1024 ** 2;

export interface EngineOptions {
  /** The bound of all side files. */
  readonly maxSideBytes?: number;
}

/** Something that can keep a state. */
export interface Engine {
  readonly name: string;
  /** An empty state of its own. */
  open(options?: EngineOptions): Promise<State>;
}

/** SQLite without a file: nothing survives. For the tests that need a state and are not about it. */
export function openMemoryState({ maxSideBytes = PLENTY }: EngineOptions = {}): State {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return {
    ...createSqliteStores({ database, leases: database }, { maxSideBytes }),
    close: async () => {
      if (database.isOpen) {
        database.close();
      }
    },
  };
}

/** Every engine that there is, and one whose answers come late, as over a network. A new engine is one line here. */
export const ENGINES: readonly Engine[] = [
  { name: 'SQLite', open: openFile },
  { name: 'SQLite in memory', open: async options => openMemoryState(options) },
  { name: 'an engine whose answers come late', open: async options => answeringLate(openMemoryState(options)) },
  // Without it, test/state/postgres/postgres-state.test.ts says that it is missing.
  ...(isPostgresInstalled ? [{ name: 'PostgreSQL', open: openPostgres }] : []),
];

async function openPostgres({ maxSideBytes = PLENTY }: EngineOptions = {}): Promise<State> {
  const { servers, close } = await openServers(1, maxSideBytes);
  return { ...servers[0]!, close };
}

async function openFile({ maxSideBytes = PLENTY }: EngineOptions = {}): Promise<State> {
  const folder = await makeTempDir();
  const state = openState(folder.path, { maxSideBytes });
  return {
    ...state,
    close: async () => {
      await state.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Lets `use` have a state of the engine. */
export async function withEngine(
  engine: Engine,
  use: (state: State) => Promise<unknown>,
  options?: EngineOptions,
): Promise<void> {
  const state = await engine.open(options);
  try {
    await use(state);
  } finally {
    await state.close();
  }
}

/** The stores of `state`, each call of which waits for `pause` before and after it; they know nothing at once. */
export function answeringLate(state: State, pause: (call: string) => Promise<unknown> = () => nextTurn()): State {
  const late = <T extends object>(store: T, name: string) => withPauses(store, async call => pause(`${name}.${call}`));
  return {
    driveIds: late(state.driveIds, 'driveIds'),
    mailboxes: late(state.mailboxes, 'mailboxes'),
    locks: late(state.locks, 'locks'),
    properties: late(state.properties, 'properties'),
    sideFiles: late(state.sideFiles, 'sideFiles'),
    intents: late(state.intents, 'intents'),
    uploadSessions: late(state.uploadSessions, 'uploadSessions'),
    sync: late(state.sync, 'sync'),
    devicePasswords: late(state.devicePasswords, 'devicePasswords'),
    sessions: late(state.sessions, 'sessions'),
    people: late(state.people, 'people'),
    shares: late(state.shares, 'shares'),
    notes: late(state.notes, 'notes'),
    codeOf: state.codeOf,
    feeds: state.feeds && late(state.feeds, 'feeds'),
    peers: state.peers,
    counts: now => state.counts(now),
    check: () => state.check(),
    close: () => state.close(),
  };
}

/** An answer without a query is a capability of an engine; this one has none of them. */
const CAPABILITIES = ['hasNone', 'taken', 'version'];
/** Never asks, in any engine. */
const AT_ONCE = ['isHeld'];

function withPauses<T extends object>(store: T, pause: (call: string) => Promise<unknown>): T {
  return new Proxy(store, {
    get: (target, name, receiver) => {
      const member: unknown = CAPABILITIES.includes(String(name)) ? undefined : Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || AT_ONCE.includes(String(name))) {
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return async (...args: unknown[]) => {
        await pause(String(name));
        const answer: unknown = await Reflect.apply(member, target, args);
        await pause(`${String(name)} answered`);
        return isClaim(answer) ? withPauses(answer, pause) : answer;
      };
    },
  });
}

function isClaim(answer: unknown): answer is { end(): Promise<void> } {
  return typeof answer === 'object' && answer !== null && 'end' in answer;
}
