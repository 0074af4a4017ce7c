import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApp, type ReloadResult } from '../../src/app/app.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import type { DownloadPolicy } from '../../src/downloads/policy.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { PASSWORD_HASH, withPasswords } from './passwords.ts';
import { makeTempDir } from './temp-dir.ts';

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface TestServer extends Account {
  /** Another one after a restart. */
  readonly url: string;
  /** The requested users besides the first, in that order; they have the rights of the first. */
  readonly others: readonly Account[];
  /** A temporary folder of this server, removed by `stop`. */
  readonly folder: string;
  readonly emulator: Emulator;
  readonly mailboxes: { readonly ada: MailboxHandle; readonly grace: MailboxHandle };
  /** Everything the server has logged, one JSON object a line. */
  readonly logged: readonly string[];
  /** A Graph token, got as any client gets one. */
  accessToken(): Promise<string>;
  /** Has the running server read another configuration: with these options in place of those of the start. */
  reload(change: Pick<TestServerOptions, 'yaml' | 'mounts' | 'download'>): Promise<ReloadResult>;
  /** Ends the server, until `restart`. */
  suspend(): Promise<void>;
  /** Ends the server and starts it anew on the same data folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  emulator?: EmulatorOptions;
  /** The policy of both mounts. */
  download?: DownloadPolicy;
  /** YAML lines that are added to the config; a line for `listen` replaces ours. */
  yaml?: readonly string[];
  /** YAML lines below `mounts:`, besides ada and grace. */
  mounts?: readonly string[];
  /** Names of more users. */
  others?: readonly string[];
  /** The policy that those are held to. */
  othersDownload?: DownloadPolicy;
  /** Whether the first user is an operator. */
  isOperator?: boolean;
  /** Of the server; the emulator has its own. */
  clock?: Clock;
  /** Instead of a folder in the temporary one. */
  dataDir?: string;
  /** The client secret is in the file `client-secret` of the server's folder, and not in the configuration. */
  isSecretInFile?: boolean;
  /** Called before the server starts, to put things in the tenant. */
  seed?: (emulator: Emulator) => void | Promise<void>;
}

const USER = 'tester';
/** Read only with `isSecretInFile`. */
const SECRET_FILE = 'client-secret';

/**
 * The whole product from a YAML file: config, front door, WebDAV, Graph client, all through the emulator's proxy. Two
 * mailboxes are mounted, `ada` and `grace`.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = await makeTempDir();
  const emulator = await createEmulator(options.emulator);
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  await options.seed?.(emulator);
  const account = withPassword(USER);
  const others = (options.others ?? []).map(withPassword);
  const passwords = new Map([account, ...others].map(({ user, password }) => [user, password]));
  // Their own hashes come once it is loaded.
  const logins = [account, ...others].map(({ user }) => ({ user, passwordHash: PASSWORD_HASH }));
  const file = join(folder.path, 'config.yaml');
  const write = (change: object) =>
    writeFile(file, configLines(emulator, logins, { ...options, ...change }).join('\n'));
  await write({});
  await writeFile(join(folder.path, SECRET_FILE), emulator.clientSecret);
  const logged: string[] = [];
  // `auto` does not redirect to its own host, where the content would be then.
  const isElsewhere = options.emulator?.downloadBase === 'loopback';
  const asSeen = (url: string) => (isElsewhere ? url.replace('http://127.0.0.1:', 'http://localhost:') : url);
  let users: Config['users'] | undefined;
  const load = async () => {
    const config = await loadConfig(file, {});
    // The same hashes each time: nobody has changed a password.
    users ??= withPasswords(config, user => passwords.get(user)!).users;
    return { ...config, users };
  };
  const start = async () => {
    const app = await createApp(await load(), { log: collectingLog(logged), clock: options.clock ?? systemClock });
    return { app, url: asSeen((await app.start()).url.replace(/\/$/, '')) };
  };
  let running = await start();
  return {
    get url() {
      return running.url;
    },
    ...account,
    others,
    folder: folder.path,
    emulator,
    mailboxes: { ada, grace },
    logged,
    accessToken: () => fetchToken(emulator),
    reload: async change => {
      await write(change);
      return running.app.reload(await load());
    },
    suspend: () => running.app.stop(),
    restart: async () => {
      await running.app.stop();
      running = await start();
    },
    stop: async () => {
      await running.app.stop();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** An account with a password of its own. */
export function withPassword(user: string): Account {
  return { user, password: randomBytes(12).toString('hex') };
}

/** A user as the configuration knows one. */
export interface Login {
  readonly user: string;
  readonly passwordHash: string;
}

/** The configuration of a test server, a line each. */
export function configLines(emulator: Emulator, logins: readonly Login[], options: TestServerOptions): string[] {
  const { download = 'proxy', othersDownload = null, yaml = [] } = options;
  const secret = options.isSecretInFile
    ? `clientSecretFile: ${SECRET_FILE}`
    : `clientSecret: "${emulator.clientSecret}"`;
  const [first, ...others] = logins;
  return [
    ...(yaml.some(line => line.startsWith('listen:')) ? [] : ['listen: { host: 127.0.0.1, port: 0 }']),
    `dataDir: ${options.dataDir ?? './data'}`,
    `outbound: { proxy: "${emulator.proxy}", caFile: "${emulator.caFile}" }`,
    `tenant: { tenantId: "${emulator.tenantId}", clientId: "${emulator.clientId}", ${secret}, contentHosts: [127.0.0.1] }`,
    'mounts:',
    `  - { mailbox: ada@contoso.com, download: ${download} }`,
    `  - { mailbox: grace@contoso.com, download: ${download} }`,
    ...(options.mounts ?? []).map(line => `  - ${line}`),
    'users:',
    userLine(first!, null, options.isOperator),
    ...others.map(other => userLine(other, othersDownload)),
    ...yaml,
  ];
}

function userLine({ user, passwordHash }: Login, download: DownloadPolicy | null, isOperator = false): string {
  const settings = `mounts: "*", download: ${download}, operator: ${isOperator}`;
  return `  - { name: ${user}, passwordHash: "${passwordHash}", ${settings} }`;
}

function collectingLog(lines: string[]) {
  return pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
}

/** A Graph token, got as any client gets one. */
export async function fetchToken(emulator: Emulator): Promise<string> {
  const { request, ProxyAgent } = await import('undici');
  const dispatcher = new ProxyAgent({ uri: emulator.proxy, requestTls: { ca: emulator.caPem } });
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: emulator.clientId,
    client_secret: emulator.clientSecret,
    scope: 'https://graph.microsoft.com/.default',
  });
  const response = await request(`https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
    dispatcher,
  });
  const { access_token } = (await response.body.json()) as { access_token: string };
  await dispatcher.close();
  return access_token;
}
