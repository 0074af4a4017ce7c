import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { serverNames } from './cluster.ts';
import { type ClusterState, dataDirOf, openClusterState } from './cluster-state.ts';
import { type DatabaseLine, openDatabaseLine } from './database-line.ts';
import { type Dav, davClient } from './dav-client.ts';
import { PASSWORD, PASSWORD_HASH } from './passwords.ts';
import { type RoundRobin, type RoundRobinOptions, startRoundRobin } from './round-robin.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { makeTempDir } from './temp-dir.ts';
import { configLines } from './test-server.ts';

/** A server of a cluster as a process of its own, to which everything may happen. */
export interface ClusterProcess {
  /** `a`, `b` … */
  readonly name: string;
  /** Where it serves; undefined while it does not run. */
  readonly url: string | undefined;
  /** Between it and the database. */
  readonly line: DatabaseLine;
  /** Throws while it does not run. */
  readonly pid: number;
  /** Of all processes that it was. */
  readonly logged: ServerProcess['logged'];
  /** A client that speaks with this server alone. */
  dav(user?: string): Dav;
  start(): Promise<void>;
  /** SIGTERM; resolves with the exit code when it has ended. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: it stands still in the middle of anything, and its connections stay. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

export interface ProcessCluster extends AsyncDisposable {
  readonly servers: readonly ClusterProcess[];
  readonly proxy: RoundRobin;
  readonly emulator: Emulator;
  readonly ada: MailboxHandle;
  readonly state: ClusterState;
}

export interface ProcessClusterOptions extends RoundRobinOptions {
  /** How many; three unless it is given. */
  readonly servers?: number;
  /** YAML lines that are added to the configuration of each server. */
  readonly yaml?: readonly string[];
  /** All of them have `PASSWORD`; `tester` alone unless they are given. */
  readonly users?: readonly string[];
}

/** Servers as processes of their own over one database, each by a line of its own, and one emulated Microsoft. */
export async function startProcessCluster(options: ProcessClusterOptions = {}): Promise<ProcessCluster> {
  const { servers: count = 3, users = ['tester'], yaml = [] } = options;
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeTempDir());
  const state = stack.use(await openClusterState());
  const emulator = await createEmulator();
  stack.defer(() => emulator.close());
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.addMailbox({ upn: 'grace@contoso.com' });
  const logins = users.map(user => ({ user, passwordHash: PASSWORD_HASH }));
  const servers: Process[] = [];
  for (const name of serverNames(count)) {
    const line = stack.use(await openDatabaseLine(state));
    const dataDir = dataDirOf(folder.path, name);
    const lines = configLines(emulator, logins, { dataDir, yaml: [...state.yaml(line.port), ...yaml] });
    const file = join(folder.path, name, 'config.yaml');
    await mkdir(join(folder.path, name));
    await writeFile(file, lines.join('\n'));
    const server = new Process({ name, line, file, user: users[0]! });
    stack.defer(() => server.kill());
    servers.push(server);
  }
  await Promise.all(servers.map(server => server.start()));
  const proxy = stack.use(
    await startRoundRobin(
      servers.map(server => () => server.url),
      options,
    ),
  );
  const all = stack.move();
  return { servers, proxy, emulator, ada, state, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface ProcessParts {
  readonly name: string;
  readonly line: DatabaseLine;
  /** Its configuration. */
  readonly file: string;
  readonly user: string;
}

class Process implements ClusterProcess {
  readonly name: string;
  readonly line: DatabaseLine;
  readonly #file: string;
  readonly #user: string;
  #logged: ServerProcess['logged'] = [];
  #running: ServerProcess | undefined;

  constructor({ name, line, file, user }: ProcessParts) {
    this.name = name;
    this.line = line;
    this.#file = file;
    this.#user = user;
  }

  get url(): string | undefined {
    return this.#running?.url;
  }

  get logged(): ServerProcess['logged'] {
    return [...this.#logged, ...(this.#running?.logged ?? [])];
  }

  dav(user = this.#user): Dav {
    const self = this;
    return davClient({
      get url() {
        // Where nobody serves, nobody listens: port 1 of this machine.
        return self.url ?? 'http://127.0.0.1:1';
      },
      ...{ user, password: PASSWORD },
    });
  }

  async start(): Promise<void> {
    this.#running = await startServerProcess(this.#file);
  }

  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  get pid(): number {
    if (this.#running === undefined) {
      throw new Error(`server ${this.name} does not run`);
    }
    return this.#running.pid;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const running = this.#running;
    const code = (await running?.end(signal)) ?? null;
    this.#running = this.#running === running ? undefined : this.#running;
    this.#logged = [...this.#logged, ...(running?.logged ?? [])];
    return code;
  }
}
