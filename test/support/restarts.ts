import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Agent, fetch } from 'undici';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { PASSWORD, PASSWORD_HASH } from './passwords.ts';
import { basic } from './raw-http.ts';
import { makeTempDir } from './temp-dir.ts';
import { configLines } from './test-server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A server process that an operator or a service manager has started. */
export interface Started {
  readonly child: ChildProcess;
  /** Resolves with its URL, or fails with its log when it ends before it serves. */
  readonly serving: Promise<string>;
  readonly ended: Promise<number | null>;
  readonly logged: readonly string[];
}

export interface RestartBench extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly folder: string;
  /** Starts `serve`, with `fd` as the socket that a service manager passes, and more arguments. */
  start(options?: { fd?: number; args?: readonly string[] }): Started;
  /** Gives the configuration other YAML lines. */
  configure(yaml: readonly string[]): Promise<void>;
}

/** An emulated Microsoft that stays, and a configuration whose `listen` and limits are given as YAML lines. */
export async function openRestartBench(yaml: readonly string[]): Promise<RestartBench> {
  const folder = await makeTempDir();
  const emulator = await createEmulator();
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.addMailbox({ upn: 'grace@contoso.com' });
  const file = join(folder.path, 'config.yaml');
  const configure = async (lines: readonly string[]) => {
    const all = configLines(emulator, [{ user: 'tester', passwordHash: PASSWORD_HASH }], { yaml: [...lines] });
    await writeFile(file, all.join('\n'));
  };
  await configure(yaml);
  const all: Started[] = [];
  return {
    emulator,
    folder: folder.path,
    configure,
    start: ({ fd, args = [] } = {}) => {
      const started = startServe([MAIN, 'serve', '--config', file, ...args], fd);
      all.push(started);
      return started;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { child, ended } of all) {
        child.kill('SIGKILL');
        await ended;
      }
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function startServe(args: readonly string[], fd: number | undefined): Started {
  // The shell knows the pid that `exec` keeps; systemd sets it between fork and exec.
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', ...(fd === undefined ? [] : [fd])],
    env: { ...process.env, ...(fd === undefined ? {} : { LISTEN_FDS: '1', LISTEN_FDNAMES: 'onedrive-webdav.socket' }) },
  });
  const logged: string[] = [];
  const serving = Promise.withResolvers<string>();
  serving.promise.catch(() => {});
  createInterface(child.stdout!).on('line', line => {
    logged.push(line);
    const entry = JSON.parse(line) as { msg?: string; url?: string };
    if (entry.msg === 'serving') {
      serving.resolve(entry.url!.replace(/\/$/, ''));
    }
  });
  const ended = once(child, 'close').then(([code]) => {
    serving.reject(new Error(`the server ended before it served: ${logged.join('\n')}`));
    return code as number | null;
  });
  return { child, serving: serving.promise, ended, logged };
}

/** The part of Node's own TCP handle that is used here: unlike `net.Server`, it is bound and accepts nothing itself. */
interface BoundHandle {
  readonly fd: number;
  bind(address: string, port: number): number;
  getsockname(address: { port?: number }): number;
  close(): void;
}

/** A socket that a service manager keeps across the processes of its service. */
export function openManagerSocket(): { fd: number; url: string } & Disposable {
  const { binding } = process as unknown as {
    binding(name: 'tcp_wrap'): { TCP: new (type: number) => BoundHandle; constants: { SERVER: number } };
  };
  const { TCP, constants } = binding('tcp_wrap');
  const handle = new TCP(constants.SERVER);
  const address: { port?: number } = {};
  if (handle.bind('127.0.0.1', 0) !== 0 || handle.getsockname(address) !== 0) {
    throw new Error('cannot bind a socket');
  }
  return { fd: handle.fd, url: `http://127.0.0.1:${address.port}`, [Symbol.dispose]: () => handle.close() };
}

/** What clients have seen: requests, and those of them that went wrong, by the way in which they did. */
export interface Counts {
  requests: number;
  /** No connection. */
  refused: number;
  /** A connection that ended before the whole answer. */
  torn: number;
  /** Another status than 2xx. */
  failed: number;
  /** Files that were not as their last write with 2xx had left them. */
  lost: number;
}

export interface Load {
  /** Everything that went wrong, a line each. */
  readonly failures: readonly string[];
  readonly counts: Readonly<Counts>;
  /** Resolves when `more` further rounds have ended. */
  rounds(more: number): Promise<void>;
  stop(): Promise<void>;
}

interface Seen {
  readonly failures: string[];
  readonly counts: Counts;
}

const CLIENTS = 6;

/**
 * Clients that write, read and list until they are stopped, each its own file; they repeat nothing. With `keepsAlive`
 * they keep their connections, and one that is slow may send a request when the server has just closed an idle one.
 */
export function startLoad(
  url: string,
  { keepsAlive, clients = CLIENTS }: { keepsAlive: boolean; clients?: number },
): Load {
  const dispatcher = new Agent({ pipelining: keepsAlive ? 1 : 0 });
  const seen: Seen = { failures: [], counts: { requests: 0, refused: 0, torn: 0, failed: 0, lost: 0 } };
  let watchers: { at: number; tell: () => void }[] = [];
  let rounds = 0;
  let isOver = false;
  const work = async (client: number): Promise<void> => {
    const player = new Player(`${url}/ada/load-${client}`, { seen, dispatcher });
    for (let round = 0; !isOver; round += 1) {
      await player.play(`${client}:${round}:`.repeat(20_000));
      rounds += 1;
      watchers.filter(({ at }) => rounds >= at).forEach(({ tell }) => void tell());
      watchers = watchers.filter(({ at }) => rounds < at);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  return {
    ...seen,
    rounds: more => new Promise(tell => watchers.push({ at: rounds + more, tell })),
    stop: async () => {
      isOver = true;
      await all;
      await dispatcher.close();
    },
  };
}

/** A client with one file. */
class Player {
  readonly #url: string;
  readonly #seen: Seen;
  readonly #dispatcher: Agent;
  /** What the file must have; several where a write has ended without an answer; none: unknown. */
  #right: readonly string[] = [];

  constructor(url: string, { seen, dispatcher }: { seen: Seen; dispatcher: Agent }) {
    this.#url = url;
    this.#seen = seen;
    this.#dispatcher = dispatcher;
  }

  async play(content: string): Promise<void> {
    const written = await this.#ask('PUT', content);
    this.#right = written === undefined ? [...this.#right, content] : [content];
    const read = await this.#ask('GET');
    if (read !== undefined && !this.#right.includes(read)) {
      this.#lost(`${read.length} bytes of ${content.length}, beginning with ${read.slice(0, 20)}`);
    }
    const listed = await this.#ask('PROPFIND');
    if (listed !== undefined && !this.#right.some(({ length }) => listed.includes(`>${length}<`))) {
      this.#lost('another length in the listing');
    }
  }

  /** Returns the body of a 2xx, or notes what went wrong. */
  async #ask(method: string, body?: string): Promise<string | undefined> {
    const { counts } = this.#seen;
    counts.requests += 1;
    try {
      const headers = { ...basic('tester', PASSWORD), depth: '0' };
      const response = await fetch(this.#url, { method, headers, body, dispatcher: this.#dispatcher });
      const text = await response.text();
      if (response.ok) {
        return text;
      }
      counts.failed += 1;
      this.#note(`${method}: ${response.status} ${text}`);
    } catch (error) {
      const { code, message } = (error as { cause?: NodeJS.ErrnoException }).cause ?? (error as NodeJS.ErrnoException);
      counts[code === 'ECONNREFUSED' ? 'refused' : 'torn'] += 1;
      this.#note(`${method}: ${[code, message].join(' ')}`);
    }
    return undefined;
  }

  #lost(what: string): void {
    this.#seen.counts.lost += 1;
    this.#note(what);
  }

  #note(what: string): void {
    this.#seen.failures.push(`${new URL(this.#url).pathname} ${what}`);
  }
}

/** A way to restart a server that clients are working with. */
export interface RestartMode extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly url: string;
  /** Ends each running server and starts the next one. Resolves when that one serves, and the old one has ended well. */
  restart(): Promise<void>;
}

/** Nothing is cut, however slow the machine is. */
const LONG_DRAIN = 'limits: { drainSeconds: 60 }';

export const RESTART_MODES = { 'socket activation': openActivated, takeover: openTakeover };

/** A service manager keeps the socket; the server is stopped, and then the next one started. */
async function openActivated(): Promise<RestartMode> {
  const bench = await openRestartBench([LONG_DRAIN]);
  const socket = openManagerSocket();
  let server = bench.start({ fd: socket.fd });
  await server.serving;
  return {
    emulator: bench.emulator,
    url: socket.url,
    restart: async () => {
      server.child.kill('SIGTERM');
      await endedWell(server);
      server = bench.start({ fd: socket.fd });
      await server.serving;
    },
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      socket[Symbol.dispose]();
    },
  };
}

/** The next server starts beside the old one, on the same port, and tells it to stop. */
async function openTakeover(): Promise<RestartMode> {
  const bench = await openRestartBench(['listen: { port: 0, reusePort: true }', LONG_DRAIN]);
  let server = bench.start();
  const url = await server.serving;
  await bench.configure([`listen: { port: ${new URL(url).port}, reusePort: true }`, LONG_DRAIN]);
  return {
    emulator: bench.emulator,
    url,
    restart: async () => {
      const old = server;
      server = bench.start({ args: ['--takeover'] });
      await server.serving;
      await endedWell(old);
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

async function endedWell({ ended, logged }: Started): Promise<void> {
  const code = await ended;
  if (code !== 0) {
    throw new Error(`the server ended with ${code}: ${logged.slice(-5).join('\n')}`);
  }
}
