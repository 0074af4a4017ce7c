import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { type App, createApp, type ReloadResult } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { type Dav, davClient } from './dav-client.ts';
import { cheapHash, PASSWORD_HASH } from './passwords.ts';
import { makeTempDir } from './temp-dir.ts';

/** A configuration as its file says it; `users` have their names as passwords, unless `passwords` says otherwise. */
export type Given = Readonly<Record<string, unknown>> & {
  readonly users?: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
};

export interface ReloadServer {
  readonly emulator: Emulator;
  readonly app: App;
  readonly url: string;
  readonly folder: string;
  readonly logged: readonly { level: number; msg: string; [key: string]: unknown }[];
  /** What the file says now. */
  readonly config: Given;
  /** A client of a user; the password is the name, or what is given. */
  dav(user?: string, password?: string): Dav;
  /** Writes these keys into the file, and has the server read it. */
  reload(change?: Given, passwords?: Readonly<Record<string, string>>): Promise<ReloadResult>;
  stop(): Promise<void>;
}

export interface ReloadServerOptions {
  readonly emulator?: EmulatorOptions;
  readonly seed?: (emulator: Emulator) => void | Promise<void>;
  /** More keys, or others; a function is called after `seed`. */
  readonly config?: Given | (() => Given);
  readonly clock?: Clock | undefined;
}

/** The whole product over an emulated tenant of Ada and Grace, with a configuration that tests change. */
export async function startReloadServer(options: ReloadServerOptions = {}): Promise<ReloadServer> {
  const folder = await makeTempDir();
  const clock = options.clock ?? systemClock;
  const emulator = await createEmulator({ ...options.emulator, ...(options.clock && { clock }) });
  await emulator.addMailbox({ upn: 'ada@contoso.com' }).put('/a.txt', 'of Ada');
  await emulator.addMailbox({ upn: 'grace@contoso.com' }).put('/g.txt', 'of Grace');
  await options.seed?.(emulator);
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const hashOf = rememberHashes();
  const { config: more } = options;
  let config: Given = { ...baseConfig(emulator), ...(typeof more === 'function' ? more() : more) };
  const load = async (passwords: Readonly<Record<string, string>> = {}) => {
    const file = join(folder.path, 'config.yaml');
    const users = (config.users ?? []).map(user => ({ passwordHash: PASSWORD_HASH, mounts: '*', ...user }));
    await writeFile(file, JSON.stringify({ ...config, users }));
    const loaded = await loadConfig(file, {});
    const cheap = loaded.users.map(user => ({ ...user, passwordHash: hashOf(passwords[user.name] ?? user.name) }));
    return { ...loaded, users: cheap };
  };
  const app = await createApp(await load(), { log, clock });
  const { url } = await app.start();
  return {
    ...{ emulator, app, url, folder: folder.path, logged },
    get config() {
      return config;
    },
    dav: (user = 'all', password = user) => davClient({ url, user, password }),
    reload: async (change, passwords) => {
      config = { ...config, ...change };
      return app.reload(await load(passwords));
    },
    stop: async () => {
      await app.stop();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Such a server; it ends with the test, and the emulator then holds nothing against it. */
export async function openReloadServer(options?: ReloadServerOptions): Promise<ReloadServer> {
  const server = await startReloadServer(options);
  onTestFinished(async () => {
    await server.stop();
    expect(server.emulator.violations).toEqual([]);
  });
  return server;
}

/** The same password has the same hash in each configuration, as in a file that nobody has changed. */
function rememberHashes(): (password: string) => string {
  const known = new Map<string, string>();
  return password => {
    const hash = known.get(password) ?? cheapHash(password);
    known.set(password, hash);
    return hash;
  };
}

function baseConfig({ proxy, caFile, tenantId, clientId, clientSecret }: Emulator): Given {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: './data',
    outbound: { proxy, caFile },
    tenant: { tenantId, clientId, clientSecret, contentHosts: ['127.0.0.1'] },
    mounts: [{ mailbox: 'ada@contoso.com' }, { mailbox: 'grace@contoso.com' }],
    downloads: { policy: 'proxy' },
    users: [{ name: 'all' }],
    // No feed of changes: what Microsoft is asked then depends on the requests alone.
    cache: { pollSeconds: 0, ttlSeconds: 3_600 },
  };
}
