import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestCertificate } from './certificates.ts';

/** Debian keeps each version in a folder of its own, which is in nobody's PATH. POSTGRES_BIN names another one. */
const FOLDER = process.env.POSTGRES_BIN ?? globSync('/usr/lib/postgresql/*/bin').sort().at(-1);

export const isPostgresInstalled = FOLDER !== undefined;

/** The server's program, for `describeWith`; a name that nobody finds where it is not installed. */
export const POSTGRES = join(FOLDER ?? 'postgresql', 'postgres');

/** Nothing of the tests has to survive the machine. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '200',
  shared_buffers: '32MB',
  listen_addresses: '127.0.0.1',
  log_min_messages: 'log',
};

/** By the bytes of UTF-8 only where a column says so, as on servers that people have. */
const LOCALE = ['--encoding=UTF8', '--locale=C.UTF-8'];
const LINGUISTIC = ['--locale-provider=icu', '--icu-locale=en-US'];
/** Older ones have no linguistic order that is the same on each machine. */
const FIRST_LINGUISTIC = 15;

/**
 * Runs the server until the input ends, which happens at the latest with the process that has started this one, however
 * that ends. Then it removes the folder, unless a line has come before.
 */
const KEEPER = `folder=$1; shift
"$0" "$@" & server=$!
read -r keep
kill -INT $server
wait $server
[ "$keep" = keep ] || rm -rf "$folder"`;

/** A PostgreSQL server of the tests' own, in a temporary folder. */
export interface PostgresServer extends AsyncDisposable {
  /** Where it listens on 127.0.0.1, also after a restart. */
  readonly port: number;
  /** The first of its processes, to be paused or killed; another one after a restart. */
  readonly pid: number;
  /** Creates an empty database, in UTF-8. */
  openDatabase(): Promise<TestDatabase>;
  /** Ends all connections and the server, until `start`; resolves when it has ended. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A database of a test; it is dropped, whoever uses it, when the `await using` block ends. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** By TCP on 127.0.0.1. */
  readonly url: string;
  /** By the socket in the server's folder. */
  readonly socketUrl: string;
  /** Runs statements beside whoever uses it. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

let shared: Promise<PostgresServer> | undefined;

/** Creates an empty database on the server of this process, which all test files of a worker use. */
export async function openDatabase(): Promise<TestDatabase> {
  shared ??= startPostgres();
  return (await shared).openDatabase();
}

/** Starts a server for a test that stops or pauses it; the others share one. */
export async function startPostgres({ tls }: { readonly tls?: TestCertificate } = {}): Promise<PostgresServer> {
  const folder = await makeFolder();
  const data = join(folder, 'data');
  const initdb = ['-D', data, '--username=postgres', '--auth=trust', '--no-sync', ...locale()];
  await promisify(execFile)(join(FOLDER!, 'initdb'), initdb, { cwd: folder, ...account() });
  const port = await freePort();
  const own = { port, unix_socket_directories: folder, ...(tls && (await keepCertificate(data, tls))) };
  const args = Object.entries({ ...SETTINGS, ...own }).map(([name, value]) => `-c${name}=${value}`);
  const run = () => runKeeper(folder, ['-D', data, ...args]);
  let keeper = await run();
  const admin = new pg.Pool({ host: folder, port, user: 'postgres', database: 'postgres', ...OUT_OF_THE_WAY });
  admin.on('error', () => {});
  const end = async (lastLine: string) => {
    const ended = keeper.exitCode === null ? once(keeper, 'exit') : undefined;
    keeper.stdin!.end(lastLine);
    await ended;
  };
  return {
    port,
    get pid() {
      return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    },
    openDatabase: () => createDatabase(admin, { folder, port }),
    stop: () => end('keep\n'),
    start: async () => {
      keeper = await run();
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await end('');
      // Of a server that was stopped before.
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function locale(): readonly string[] {
  const [, major] = /(\d+)/.exec(execFileSync(POSTGRES, ['--version'], { encoding: 'utf8' }))!;
  return Number(major) < FIRST_LINGUISTIC ? LOCALE : [...LOCALE, ...LINGUISTIC];
}

/** The server refuses a key that others may read, or that is not its own. */
async function keepCertificate(data: string, { certificate, key }: TestCertificate): Promise<object> {
  const { uid = -1, gid = -1 } = account();
  for (const [name, text] of Object.entries({ 'server.crt': certificate, 'server.key': key })) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    await chown(join(data, name), uid, gid);
  }
  return { ssl: 'on' };
}

/** A pool that keeps no process alive, for a few statements. */
const OUT_OF_THE_WAY = { max: 1, allowExitOnIdle: true };

async function createDatabase(admin: pg.Pool, place: { folder: string; port: number }): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const socketUrl = `postgres://postgres@/${name}?host=${encodeURIComponent(place.folder)}&port=${place.port}`;
  const beside = new pg.Pool({ connectionString: socketUrl, ...OUT_OF_THE_WAY });
  beside.on('error', () => {});
  return {
    name,
    url: `postgres://postgres@127.0.0.1:${place.port}/${name}`,
    socketUrl,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await beside.query<Row>(sql, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await beside.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Resolves when the server takes connections; rejects with the reason when it ends before. */
async function runKeeper(folder: string, args: readonly string[]): Promise<ChildProcess> {
  const keeper = spawn('sh', ['-c', KEEPER, POSTGRES, folder, ...args], {
    cwd: folder,
    // A Ctrl-C in the terminal is for the tests; they end it.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...account(),
  });
  await new Promise<void>((resolve, reject) => {
    createInterface(keeper.stderr!).on('line', line => {
      if (line.includes('ready to accept connections')) {
        resolve();
      } else if (line.includes('FATAL:') && !line.includes('starting up')) {
        reject(new Error(line));
      }
    });
    keeper.on('error', reject);
  });
  // The process may end without asking for it.
  keeper.unref();
  (keeper.stdin as Socket).unref();
  (keeper.stderr as Socket).unref();
  return keeper;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onedrive-webdav-postgres-'));
  const { uid, gid } = account();
  if (uid !== undefined && gid !== undefined) {
    await chown(folder, uid, gid);
  }
  return folder;
}

/** The account that the server runs as; it refuses to be root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const idOf = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Returns a free port outside the range from which the system gives ports to others, so that it stays free. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) {
      await promisify(server.close.bind(server))();
      return port;
    }
  }
}
