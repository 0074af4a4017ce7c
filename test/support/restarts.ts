import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
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

/** What clients have seen. */
export interface Load {
  readonly failures: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Resolves when `more` further rounds have ended. */
  rounds(more: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Clients that write, read and list until they are stopped, each its own files; they repeat nothing. A request that
 * fails in any way, or shows another content than the last one written, is a failure.
 */
export function startLoad(url: string, clients = 6): Load {
  const failures: string[] = [];
  const counts = { rounds: 0, requests: 0 };
  const watchers: { at: number; tell: () => void }[] = [];
  let isOver = false;
  const work = async (client: number): Promise<void> => {
    for (let round = 0; !isOver; round += 1) {
      await playRound(url, { client, round, failures, counts });
      counts.rounds += 1;
      for (const watcher of watchers) {
        if (counts.rounds >= watcher.at) {
          watcher.tell();
        }
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  return {
    failures,
    counts,
    rounds: more => new Promise(tell => watchers.push({ at: counts.rounds + more, tell })),
    stop: async () => {
      isOver = true;
      await all;
    },
  };
}

async function playRound(
  url: string,
  {
    client,
    round,
    failures,
    counts,
  }: { client: number; round: number; failures: string[]; counts: { requests: number } },
): Promise<void> {
  const path = `/ada/load-${client}`;
  const content = `${client}:${round}:`.repeat(20_000);
  const ask = async (method: string, body?: string): Promise<string> => {
    counts.requests += 1;
    try {
      const headers = { ...basic('tester', PASSWORD), depth: '0' };
      const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      const text = await response.text();
      if (!response.ok) {
        failures.push(`${method} ${path} ${round}: ${response.status} ${text}`);
      }
      return text;
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      failures.push(`${method} ${path} ${round}: ${cause?.code ?? cause?.message ?? error}`);
      return '';
    }
  };
  await ask('PUT', content);
  const text = await ask('GET');
  if (text !== content) {
    failures.push(`GET ${path} ${round}: ${text.length} bytes of ${content.length}, begins with ${text.slice(0, 20)}`);
  }
  if (!(await ask('PROPFIND')).includes(`>${content.length}<`)) {
    failures.push(`PROPFIND ${path} ${round}: another length`);
  }
}
