import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { type App, createApp } from '../../src/app/app.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type ClusterState, dataDirOf, openClusterState } from './cluster-state.ts';
import { type Dav, davClient } from './dav-client.ts';
import { PASSWORD_HASH, withPasswords } from './passwords.ts';
import { type RoundRobin, startRoundRobin } from './round-robin.ts';
import { makeTempDir } from './temp-dir.ts';
import { type Account, configLines, fetchToken, type TestServer, withPassword } from './test-server.ts';

/** One of the servers of a cluster, in this process. */
export interface ClusterServer {
  /** `a`, `b` … */
  readonly name: string;
  /** Another one after a restart; throws while it is down. */
  readonly url: string;
  readonly logged: readonly string[];
  /** A client that speaks with this server alone; the first user unless another is given. */
  dav(account?: Account): Dav;
  /** Ends it, until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Its URL is that of the proxy in front of all servers, and its log that of all. */
export interface Cluster extends Omit<TestServer, 'reload' | 'suspend' | 'restart'> {
  readonly servers: readonly ClusterServer[];
  readonly proxy: RoundRobin;
  readonly state: ClusterState;
  /** A client whose requests go to the servers in turn. */
  dav(account?: Account): Dav;
}

export interface ClusterOptions {
  /** How many; three unless it is given. */
  readonly servers?: number;
  /** YAML lines that are added to the configuration of each server. */
  readonly yaml?: readonly string[];
  /** YAML lines below `mounts:`, besides ada and grace. */
  readonly mounts?: readonly string[];
  /** Names of more users. */
  readonly others?: readonly string[];
  readonly emulator?: Parameters<typeof createEmulator>[0];
  /** Of the servers, from their names. */
  readonly clock?: (name: string) => Clock;
  /** Called before the servers start, to put things in the tenant. */
  readonly seed?: (emulator: Emulator) => void | Promise<void>;
}

/**
 * Several servers in this process over one database and one emulated Microsoft, as they are behind a load balancer.
 * Each has a data folder, caches and a listener of its own. Mailboxes and users are those of `startTestServer`.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { servers: count = 3 } = options;
  const folder = await makeTempDir();
  const state = await openClusterState();
  const emulator = await createEmulator(options.emulator);
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  await options.seed?.(emulator);
  const accounts = ['tester', ...(options.others ?? [])].map(withPassword);
  const [account, ...others] = accounts as [Account, ...Account[]];
  const logged: string[] = [];
  const parts = { folder: folder.path, state, emulator, accounts, logged, options };
  const servers = serverNames(count).map(name => new Server(name, parts));
  await Promise.all(servers.map(server => server.start()));
  const proxy = await startRoundRobin(servers.map(server => () => server.urlNow));
  return {
    ...{ ...account, others, folder: folder.path, emulator, mailboxes: { ada, grace }, logged, servers, proxy, state },
    url: proxy.url,
    dav: (who = account) => davClient({ ...who, url: proxy.url }),
    accessToken: () => fetchToken(emulator),
    stop: async () => {
      await proxy[Symbol.asyncDispose]();
      await Promise.all(servers.map(server => server.stop()));
      await emulator.close();
      await state[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** `a`, `b`, `c` … */
export function serverNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String.fromCharCode('a'.charCodeAt(0) + index));
}

interface Parts {
  readonly folder: string;
  readonly state: ClusterState;
  readonly emulator: Emulator;
  readonly accounts: readonly Account[];
  /** Of all servers. */
  readonly logged: string[];
  readonly options: ClusterOptions;
}

class Server implements ClusterServer {
  readonly name: string;
  readonly logged: string[] = [];
  readonly #parts: Parts;
  #running: { readonly app: App; readonly url: string } | undefined;

  constructor(name: string, parts: Parts) {
    this.name = name;
    this.#parts = parts;
  }

  get urlNow(): string | undefined {
    return this.#running?.url;
  }

  get url(): string {
    if (this.#running === undefined) {
      throw new Error(`server ${this.name} is down`);
    }
    return this.#running.url;
  }

  dav(account: Account = this.#parts.accounts[0]!): Dav {
    const { user, password } = account;
    const self = this;
    return davClient({
      get url() {
        return self.url;
      },
      ...{ user, password },
    });
  }

  async start(): Promise<void> {
    const { options } = this.#parts;
    const log = pino({ level: 'debug' }, { write: (line: string) => this.#note(line) });
    const clock = options.clock?.(this.name);
    const app = await createApp(await this.#load(), { log, ...(clock === undefined ? {} : { clock }) });
    this.#running = { app, url: (await app.start()).url.replace(/\/$/, '') };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.app.stop();
  }

  #note(line: string): void {
    this.logged.push(line);
    this.#parts.logged.push(line);
  }

  async #load(): Promise<Config> {
    const { folder, accounts } = this.#parts;
    const file = join(folder, this.name, 'config.yaml');
    await mkdir(join(folder, this.name), { recursive: true });
    await writeFile(file, clusterConfig(this.#parts, this.name).join('\n'));
    const passwords = new Map(accounts.map(({ user, password }) => [user, password]));
    return withPasswords(await loadConfig(file, {}), user => passwords.get(user)!);
  }
}

/** The configuration of a server, a line each: what is its own and what is everybody's. */
function clusterConfig({ folder, state, emulator, accounts, options }: Parts, name: string): string[] {
  const logins = accounts.map(({ user }) => ({ user, passwordHash: PASSWORD_HASH }));
  const yaml = [...state.yaml(state.port), ...(options.yaml ?? [])];
  return configLines(emulator, logins, { yaml, mounts: options.mounts ?? [], dataDir: dataDirOf(folder, name) });
}
