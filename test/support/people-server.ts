import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect } from 'vitest';
import { createPeople } from '../../src/app/people.ts';
import { loadConfig } from '../../src/config/load.ts';
import { MountOwners } from '../../src/discovery/mount-owners.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { connectTenants } from '../../src/graph/connect.ts';
import { keepAlone } from '../../src/lib/lasting.ts';
import { compileRights } from '../../src/mounts/compiled-rights.ts';
import type { AdmittedPerson } from '../../src/people/people.ts';
import type { ServedPeople } from '../../src/people/served-people.ts';
import type { State } from '../../src/state/state.ts';
import { INTERVAL_MS, type TenantLike } from './mounts-server.ts';
import { openMemoryState } from './state-engines.ts';
import { makeTempDir } from './temp-dir.ts';
import { type WaitingClock, waitingClock } from './waiting-clock.ts';

export interface PeopleServerOptions<T> {
  /** Puts things into the tenant before the server starts; its result is passed to the functions below. */
  readonly seed: (emulator: Emulator) => T | Promise<T>;
  /** As YAML would say it, below `people`. */
  readonly people: (seeded: T) => readonly object[];
  /** As YAML would say it, below `mounts`. */
  readonly mounts?: (seeded: T) => readonly object[];
  /** Absent: the emulator's own tenant, without a name. */
  readonly tenants?: (seeded: T, emulator: Emulator) => Record<string, TenantLike>;
  readonly emulator?: EmulatorOptions;
  /** Changes what is behind the people. */
  readonly state?: (state: State) => State;
}

/** The people whom rules let in, over the emulated directory, with time that stands still. */
export interface PeopleServer<T> {
  readonly emulator: Emulator;
  readonly seeded: T;
  readonly clock: WaitingClock;
  readonly state: State;
  readonly logged: readonly { readonly level: number; readonly msg: string }[];
  people(): ServedPeople;
  /** Object ids of those who are admitted, of all that are given. */
  admitted(...userIds: readonly string[]): readonly string[];
  /** What a person sees of the mounts of the configuration: `name access`. */
  sees(userId: string): readonly string[] | undefined;
  look(userId: string): Promise<AdmittedPerson | undefined>;
  /** Lets the interval pass, and the look that it brings. */
  nextLook(): Promise<void>;
  /** Microsoft's names of the Graph calls made by `work`. */
  callsOf(work: () => Promise<unknown>): Promise<readonly string[]>;
  /** Ends the watch, and starts another one on the same state, with other rules when they are given. */
  restart(change?: PeopleChange): Promise<void>;
  stop(): Promise<void>;
}

export interface PeopleChange {
  readonly people?: readonly object[];
  readonly mounts?: readonly object[];
  /** After the end, before the start. */
  readonly while?: () => void | Promise<void>;
  /** False: does not look into the directory. */
  readonly starts?: boolean;
}

/** What the application needs for groups and for roles. */
export const PEOPLE_ROLES = ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'];

export async function startPeopleServer<T>(options: PeopleServerOptions<T>): Promise<PeopleServer<T>> {
  const folder = await makeTempDir();
  const clock = waitingClock();
  const emulator = await createEmulator({ ...options.emulator, clock });
  emulator.setApplication({ roles: PEOPLE_ROLES });
  const seeded = await options.seed(emulator);
  const state = (options.state ?? (same => same))(openMemoryState());
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  let rules = options.people(seeded);
  let mounts = options.mounts?.(seeded);
  const start = async (isStarted: boolean) => {
    const file = join(folder.path, 'config.yaml');
    await writeFile(
      file,
      JSON.stringify(configOf(emulator, { people: rules, mounts, tenants: options.tenants?.(seeded, emulator) })),
    );
    const config = await loadConfig(file, {});
    const tenants = connectTenants(config, clock);
    const owners = await MountOwners.open(state, config);
    const people = await createPeople(config, {
      tenants,
      state,
      owners,
      onOwners: () => {},
      onLook: () => {},
      keep: keepAlone(),
      log,
      clock,
    });
    if (isStarted) {
      people.start();
      await clock.waiting(new Set(config.people.map(({ tenant }) => tenant)).size);
    }
    return { config, tenants, owners, people };
  };
  let running = await start(true);
  const end = async () => {
    await running.people.stop();
    await running.tenants.transport.close();
  };
  const live = () => new AbortController().signal;
  return {
    emulator,
    seeded,
    clock,
    state,
    logged,
    people: () => running.people,
    admitted: (...userIds) => userIds.filter(userId => running.people.find(userId) !== undefined),
    sees: userId => {
      const person = running.people.find(userId);
      const { accessTo } = compileRights(person?.user.rights ?? { rules: [] });
      const seen = running.config.mounts.flatMap(mount => {
        const access = accessTo({ name: mount.name, owner: running.owners.ownerOf(mount) });
        return access === undefined ? [] : [`${mount.name} ${access}`];
      });
      return person && seen;
    },
    look: userId => running.people.look(userId, live()),
    nextLook: () => clock.pass(INTERVAL_MS),
    callsOf: async work => {
      const before = emulator.calls.length;
      await work();
      return emulator.calls
        .slice(before)
        .map(({ operation }) => operation)
        .filter(operation => operation !== 'token');
    },
    restart: async ({ people = rules, mounts: others = mounts, while: meanwhile, starts = true } = {}) => {
      await end();
      await meanwhile?.();
      rules = people;
      mounts = others;
      logged.length = 0;
      running = await start(starts);
    },
    stop: async () => {
      await end();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Given {
  readonly people: readonly object[];
  readonly mounts: readonly object[] | undefined;
  readonly tenants: Record<string, TenantLike> | undefined;
}

function configOf({ proxy, caFile, tenantId, clientId, clientSecret }: Emulator, given: Given): object {
  const { people, mounts = [{ mailboxes: { match: '*' } }], tenants } = given;
  return {
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: './data',
    outbound: { proxy, caFile },
    ...(tenants === undefined
      ? { tenant: { tenantId, clientId, clientSecret } }
      : { tenants, signIn: { tenant: Object.keys(tenants)[0] } }),
    mounts,
    people,
  };
}

/** Starts servers for a file's tests; each ends after its test, in which the emulator must not have been misused. */
export function peopleServers() {
  const running: PeopleServer<unknown>[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) {
      expect(server.emulator.violations).toEqual([]);
      await server.stop();
    }
  });
  return async <T>(options: PeopleServerOptions<T>): Promise<PeopleServer<T>> => {
    const server = await startPeopleServer(options);
    running.push(server);
    return server;
  };
}
