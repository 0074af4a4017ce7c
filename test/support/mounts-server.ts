import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApp, type ReloadResult } from '../../src/app/app.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { type Dav, davClient, hrefsOf } from './dav-client.ts';
import { PASSWORD, PASSWORD_HASH, withPasswords } from './passwords.ts';
import { makeTempDir } from './temp-dir.ts';
import { type WaitingClock, waitingClock } from './waiting-clock.ts';

/** The configuration of one tenant. */
export interface TenantLike {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface MountsServerOptions<T> {
  /** Puts things into the tenant before the server starts; its result is passed to the functions below. */
  readonly seed: (emulator: Emulator) => T | Promise<T>;
  /** As YAML would say it, below `mounts`. */
  readonly mounts: (seeded: T) => readonly object[];
  /** Absent: the emulator's own tenant, without a name. */
  readonly tenants?: (seeded: T, emulator: Emulator) => Record<string, TenantLike & Record<string, unknown>>;
  /** Mounts of each user by name; a user `all` sees everything. */
  readonly users?: Record<string, readonly string[]>;
  readonly emulator?: EmulatorOptions;
  /** Further keys. */
  readonly config?: object;
  /** How many looks into directories are under way after a start: the server counts as started when they are done. */
  readonly looks?: number;
}

export interface MountsServer<T> {
  readonly emulator: Emulator;
  readonly seeded: T;
  /** Of the server and of Microsoft. */
  readonly clock: WaitingClock;
  /** The log since the start, one object a line. */
  readonly logged: readonly { level: number; msg: string; names?: string[]; count?: number; [key: string]: unknown }[];
  /** Another one after a restart. */
  url(): string;
  dav(user?: string): Dav;
  /** Names of the folders in `/`, in their order; or the status when it is no listing. */
  names(user?: string): Promise<readonly string[] | number>;
  /** Resolves when the checks of the server's health wait for their next turn, and so many others: looks and feeds. */
  idle(others: number): Promise<void>;
  /** Lets the interval pass, and the look that it brings. */
  nextLook(): Promise<void>;
  /** Has the running server read another configuration, with these mounts and these further keys. */
  reload(change: { readonly mounts?: readonly object[]; readonly config?: object }): Promise<ReloadResult>;
  /**
   * Ends the server, does what is asked, and starts another one on the same data, with other mounts, and as many looks
   * as these bring, when they are given.
   */
  restart(change?: MountsChange): Promise<void>;
  stop(): Promise<void>;
}

export interface MountsChange {
  readonly mounts?: readonly object[];
  readonly looks?: number;
  readonly while?: () => void | Promise<void>;
}

export const INTERVAL_MS = 15 * 60_000;

/** The whole product over the emulator, with the mounts of a test's choice and time that stands still. */
export async function startMountsServer<T>(options: MountsServerOptions<T>): Promise<MountsServer<T>> {
  const folder = await makeTempDir();
  const clock = waitingClock();
  const emulator = await createEmulator({ ...options.emulator, clock });
  const seeded = await options.seed(emulator);
  const tenants = options.tenants?.(seeded, emulator);
  const logged: { level: number; msg: string }[] = [];
  // Each tenant's credential is looked after, and its expiry; and the disk.
  const checks = 2 * Object.keys(tenants ?? { one: 1 }).length + 1;
  const idle = (others: number) => clock.waiting(checks + others);
  let mounts = options.mounts(seeded);
  let looks = options.looks ?? 1;
  let more = options.config;
  let users: Config['users'] | undefined;
  const load = async () => {
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, JSON.stringify(configOf(emulator, { ...options, mounts, tenants, config: more })));
    const config = await loadConfig(file, {});
    // The same hashes each time: nobody has changed a password.
    users ??= withPasswords(config, () => PASSWORD).users;
    return { ...config, users };
  };
  const start = async () => {
    const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const app = await createApp(await load(), { log, clock });
    const { url } = await app.start();
    await idle(looks);
    return { app, url };
  };
  let running = await start();
  const dav = (user = 'all') => davClient({ url: running.url, user, password: PASSWORD });
  return {
    emulator,
    seeded,
    clock,
    logged,
    url: () => running.url,
    dav,
    names: async user => {
      const { status, text } = await dav(user)('PROPFIND', '/', { Depth: '1' });
      return status === 207
        ? hrefsOf(text)
            .slice(1)
            .map(href => decodeURIComponent(href.slice(1, -1)))
        : status;
    },
    idle,
    nextLook: () => clock.pass(INTERVAL_MS),
    reload: async change => {
      mounts = change.mounts ?? mounts;
      more = { ...more, ...change.config };
      return running.app.reload(await load());
    },
    restart: async ({ mounts: others, looks: otherLooks, while: meanwhile } = {}) => {
      await running.app.stop();
      await meanwhile?.();
      mounts = others ?? mounts;
      looks = otherLooks ?? looks;
      logged.length = 0;
      running = await start();
    },
    stop: async () => {
      await running.app.stop();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function configOf(
  { proxy, caFile, tenantId, clientId, clientSecret }: Emulator,
  options: Pick<MountsServerOptions<unknown>, 'users' | 'config'> & {
    mounts: readonly object[];
    tenants?: object | undefined;
  },
): object {
  const users = Object.entries({ all: '*', ...options.users }).map(([name, mounts]) => ({
    name,
    mounts,
    passwordHash: PASSWORD_HASH,
  }));
  return {
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: './data',
    outbound: { proxy, caFile },
    ...(options.tenants === undefined
      ? { tenant: { tenantId, clientId, clientSecret } }
      : { tenants: options.tenants }),
    mounts: options.mounts,
    downloads: { policy: 'proxy' },
    users,
    // The clock counts those who wait for their turn: feeds of changes would be among them, or not yet.
    cache: { pollSeconds: 0 },
    ...options.config,
  };
}
