import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { randomFrom } from '../support/random.ts';
import { basic } from '../support/raw-http.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { type Account, configLines } from '../support/test-server.ts';

/** How a change of the workload ended for its client. */
type Outcome = 'done' | 'refused' | 'unknown';

/** Contents that a name may have, as far as the client knows: one, or several after a change without an answer. */
type Allowed = Map<string, ReadonlySet<string | undefined>>;

export interface KillResult {
  readonly changes: number;
  /** The failures, a line each. */
  readonly wrong: readonly string[];
}

/** A server process over an emulator that stays, and the answers that its clients got. */
export interface KillBench {
  /** One round: works until `killAfter` calls of Graph were made, kills, restarts, compares. */
  round(signal: 'SIGKILL' | 'SIGTERM', killAfter: number, seed: number): Promise<KillResult>;
  stop(): Promise<void>;
}

const NAMES = ['a', 'b', 'c', 'd'] as const;

export async function openKillBench(): Promise<KillBench> {
  const folder = await makeTempDir();
  const emulator = await createEmulator();
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.addMailbox({ upn: 'grace@contoso.com' });
  const account = { user: 'tester', password: PASSWORD };
  const file = join(folder.path, 'config.yaml');
  // Docker waits ten seconds before it kills.
  const yaml = ['log: { level: info }', 'limits: { drainSeconds: 4 }'];
  await writeFile(
    file,
    configLines(emulator, [{ user: account.user, passwordHash: PASSWORD_HASH }], { yaml }).join('\n'),
  );
  const allowed: Allowed = new Map();
  /** The one that has cleaned up after the last round: it is the next to be killed. */
  let server: ServerProcess | undefined;
  return {
    round: async (signal, killAfter, seed) => {
      server ??= await startServerProcess(file);
      const wrong: string[] = [];
      const work = startWork({ server, account, allowed, seed });
      await untilCalls(emulator, killAfter, work.done);
      const code = await server.end(signal);
      if (signal === 'SIGTERM' && code !== 0) {
        wrong.push(`SIGTERM ended with ${code}`);
      }
      const changes = await work.stop();
      server = await startServerProcess(file);
      await fetch(`${server.url}/ada/`, { method: 'PROPFIND', headers: { depth: '1', ...authOf(account) } });
      wrong.push(...(await compare(ada, allowed)));
      wrong.push(...(await leftovers(emulator, folder.path)));
      return { changes, wrong };
    },
    stop: async () => {
      await server?.end('SIGTERM');
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const authOf = ({ user, password }: Account) => basic(user, password);

/** Resolves when the emulator has answered `count` more calls, or the work is done. */
async function untilCalls(emulator: Emulator, count: number, done: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  emulator.setFault(() => {
    calls += 1;
    if (calls === count) {
      resolve();
    }
    return undefined;
  });
  await Promise.race([promise, done]);
  emulator.setFault(undefined);
}

interface Work {
  readonly done: Promise<void>;
  /** Resolves with the number of changes, when no request is under way. */
  stop(): Promise<number>;
}

/**
 * Several clients that change files at once, each its own: PUT, COPY and MOVE over existing entries, DELETE, folders.
 */
function startWork(options: { server: ServerProcess; account: Account; allowed: Allowed; seed: number }): Work {
  const stop = new AbortController();
  const clients = [0, 1, 2, 3].map(client => workOf(client, { ...options, stop: stop.signal }));
  const all = Promise.all(clients);
  return {
    done: all.then(() => {}),
    stop: async () => {
      stop.abort();
      return (await all).reduce((sum, changes) => sum + changes, 0);
    },
  };
}

async function workOf(
  client: number,
  { server, account, allowed, seed, stop }: Parameters<typeof startWork>[0] & { stop: AbortSignal },
): Promise<number> {
  const random = randomFrom(seed * 31 + client);
  const pick = () => `c${client}-${NAMES[Math.floor(random() * NAMES.length)]}`;
  let changes = 0;
  for (let step = 0; step < 12 && !stop.aborted; step += 1) {
    const [name, other] = [pick(), pick()];
    const change = changeOf(Math.floor(random() * 5), { name, other, text: `${seed}-${client}-${step}` });
    const before = snapshot(allowed, [name, other]);
    if (before.size < 1 || (change.method !== 'PUT' && change.method !== 'DELETE' && name === other)) {
      continue;
    }
    changes += 1;
    const outcome = await send(server.url, account, change);
    apply(allowed, before, change, outcome);
    if (outcome === 'unknown') {
      break;
    }
  }
  return changes;
}

interface Change {
  readonly method: 'PUT' | 'DELETE' | 'COPY' | 'MOVE';
  readonly name: string;
  readonly other: string;
  readonly text: string;
}

function changeOf(kind: number, { name, other, text }: Omit<Change, 'method'>): Change {
  const method = (['PUT', 'PUT', 'COPY', 'MOVE', 'DELETE'] as const)[kind]!;
  return { method, name, other, text };
}

async function send(url: string, account: Account, { method, name, other, text }: Change): Promise<Outcome> {
  const destination = method === 'COPY' || method === 'MOVE' ? { destination: `${url}/ada/${other}` } : {};
  try {
    const response = await fetch(`${url}/ada/${name}`, {
      ...{ method, body: method === 'PUT' ? text : undefined },
      headers: { ...authOf(account), ...(destination as Record<string, string>) },
    });
    await response.arrayBuffer();
    if (response.ok) {
      return 'done';
    }
    return response.status >= 500 ? 'unknown' : 'refused';
  } catch {
    return 'unknown';
  }
}

type Snapshot = ReadonlyMap<string, ReadonlySet<string | undefined>>;

const NOTHING: ReadonlySet<string | undefined> = new Set([undefined]);

function snapshot(allowed: Allowed, names: readonly string[]): Snapshot {
  return new Map(names.map(name => [name, allowed.get(name) ?? NOTHING]));
}

/**
 * The contents that each name may have now: the result of the change, or, where its end is unknown, the old content as
 * well.
 */
function apply(allowed: Allowed, before: Snapshot, { method, name, other, text }: Change, outcome: Outcome): void {
  if (outcome === 'refused') {
    return;
  }
  const [source, target] = [before.get(name)!, before.get(other)!];
  const after = new Map<string, ReadonlySet<string | undefined>>();
  const existing = new Set([...source].filter(content => content !== undefined));
  if (method === 'PUT') {
    after.set(name, new Set([text]));
  } else if (method === 'DELETE') {
    after.set(name, NOTHING);
  } else {
    after.set(other, existing);
    after.set(name, method === 'MOVE' ? NOTHING : existing);
  }
  for (const [changed, contents] of after) {
    const old = changed === name ? source : target;
    allowed.set(changed, outcome === 'done' ? contents : new Set([...contents, ...old]));
  }
}

/** Names and contents as the mailbox has them, against the answers that the clients got. */
async function compare(ada: MailboxHandle, allowed: Allowed): Promise<string[]> {
  const wrong: string[] = [];
  const there = new Set(Object.keys(ada.tree()));
  for (const [name, contents] of allowed) {
    const content = there.has(`/${name}`) ? (await ada.read(`/${name}`)).toString() : undefined;
    if (!contents.has(content)) {
      wrong.push(`${name} is ${content}, and may be ${[...contents].join(' or ')}`);
    }
    // From now on the observed content counts.
    allowed.set(name, new Set([content]));
  }
  const strangers = [...there].filter(path => !allowed.has(path.slice(1)));
  return [...wrong, ...strangers.map(path => `${path} is there, and nobody has made it`)];
}

async function leftovers(emulator: Emulator, folder: string): Promise<string[]> {
  const spool = await readdir(join(folder, 'data', 'spool')).catch(() => []);
  const sessions = emulator.openUploadSessions();
  return [
    ...spool.map(file => `spool file ${file}`),
    ...(sessions > 0 ? [`${sessions} upload sessions are open`] : []),
  ];
}
