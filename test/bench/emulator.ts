import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CONFLICT } from '../support/emulated-drive.ts';
import { type EmulatorAddress, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const IS_QUICK = process.argv.includes('--quick');
/** `--quick` leaves the million out. */
const SIZES = IS_QUICK ? [1000, 100_000] : [1000, 100_000, 1_000_000];
/** Seeded at once: the bench says after each how far it is. */
const SEED_STEP = 50_000;
const CALLS = 200;
const MAX_RSS = 600 * 1000 * 1000;
const MAX_SNAPSHOT_MS = 60_000;
/** A call at the most items may cost so many times what it costs at a thousand; medians of a busy machine vary. */
const MAX_RATIO = 3;

/** Emulators that run. */
const children = new Set<ChildProcess>();

interface Server {
  readonly address: EmulatorAddress;
  readonly driveId: string;
  readonly openMs: number;
  readonly tell: (line: string) => Promise<{ ms: number; rss?: number; wrong?: string[] }>;
  readonly kill: () => Promise<void>;
  readonly gone: Promise<unknown>;
}

/**
 * One emulated drive of up to a million files: the cost of calls by its size, memory, restart, and a kill in the middle
 * of writes.
 */
export async function measureEmulator(): Promise<boolean> {
  await using folder = await makeTempDir();
  using _ = removeWhenInterrupted(folder.path);
  const server = await start(folder.path);
  const medians = await measureSizes(server);
  const bounds = [
    ...compare(medians),
    bound('memory at the most items, MB', (await server.tell('rss')).rss! / 1e6, MAX_RSS / 1e6),
    bound('close, s', (await server.tell('close')).ms / 1000, MAX_SNAPSHOT_MS / 1000),
  ];
  await server.gone;
  return [...bounds, ...(await measureKill(folder.path))].every(Boolean);
}

/** Milliseconds of the median call, by operation, at each size. */
async function measureSizes(server: Server): Promise<Map<number, Record<string, number>>> {
  const medians = new Map<number, Record<string, number>>();
  const client = await microsoftClient(server.address);
  let seeded = 0;
  for (const size of SIZES) {
    const ms = await seed(server, seeded, size);
    seeded = size;
    const costs = await measureCalls(client, `/drives/${server.driveId}`, size);
    const { rss } = await server.tell('rss');
    const shown = Object.entries(costs).map(([name, cost]) => `${name} ${cost.toFixed(2)} ms`);
    console.log(
      `${size} items (seeded in ${(ms / 1000).toFixed(1)} s, ${(rss! / 1e6).toFixed(0)} MB): ${shown.join(', ')}`,
    );
    medians.set(size, costs);
  }
  await client.close();
  return medians;
}

/** Seeds the files `from` to `to`, and tells how far it is; gives milliseconds. */
async function seed(server: Server, from: number, to: number): Promise<number> {
  let total = 0;
  for (let at = from; at < to; at += SEED_STEP) {
    const end = Math.min(at + SEED_STEP, to);
    total += (await server.tell(`seed ${at} ${end}`)).ms;
    console.log(`  ${end} of ${to} files, ${(total / 1000).toFixed(1)} s`);
  }
  return total;
}

/** An interrupt ends the bench without its `await using`: its process and its folder go here. */
function removeWhenInterrupted(path: string): Disposable {
  const stop = () => {
    for (const child of children) {
      child.kill('SIGKILL');
    }
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return { [Symbol.dispose]: () => process.off('SIGINT', stop).off('SIGTERM', stop) };
}

async function measureCalls(client: MicrosoftClient, drive: string, size: number): Promise<Record<string, number>> {
  const somewhere = (call: number) => (call * 7919) % size;
  const at = (index: number) => `/d${Math.floor(index / 1000)}/f${index % 1000}.txt`;
  const calls: Record<string, (call: number) => Promise<{ status: number }>> = {
    'small put': call =>
      client.graph(`${drive}/root:/d0/new-${size}-${call}.txt:/content?${CONFLICT}=replace`, {
        ...{ method: 'PUT', body: 'new' },
      }),
    'get by path': call => client.graph(`${drive}/root:${at(somewhere(call))}`),
    'list 200': call => client.graph(`${drive}/root:/d${Math.floor(somewhere(call) / 1000)}:/children?$top=200`),
    rename: call =>
      client.graph(`${drive}/root:/d0/new-${size}-${call}.txt`, {
        ...{ method: 'PATCH', body: { name: `renamed-${size}-${call}.txt`, [CONFLICT]: 'fail' } },
      }),
    delete: call => client.graph(`${drive}/root:/d0/renamed-${size}-${call}.txt`, { method: 'DELETE' }),
    'delta page of 200': () => client.graph(`${drive}/root/delta?$top=200`),
  };
  const costs: Record<string, number> = {};
  for (const [name, call] of Object.entries(calls)) {
    if ((await call(CALLS)).status === 501) {
      console.log(`  ${name}: not there`);
      continue;
    }
    const taken: number[] = [];
    for (let index = 0; index < CALLS; index += 1) {
      const began = performance.now();
      const { status } = await call(index);
      if (status >= 400) {
        throw new Error(`${name} was answered with ${status}`);
      }
      taken.push(performance.now() - began);
    }
    costs[name] = taken.sort((a, b) => a - b)[CALLS / 2]!;
  }
  return costs;
}

function compare(medians: Map<number, Record<string, number>>): boolean[] {
  const [least, most] = [medians.get(SIZES[0]!)!, medians.get(SIZES.at(-1)!)!];
  return Object.keys(least).map(name =>
    bound(`${name}: the most items to a thousand, times`, most[name]! / least[name]!, MAX_RATIO),
  );
}

/**
 * Writes until the process is killed; opened again, everything that was acknowledged must be there, and all counts
 * right.
 */
async function measureKill(dataDir: string): Promise<boolean[]> {
  const first = await start(dataDir);
  const open = bound('open, s', first.openMs / 1000, MAX_SNAPSHOT_MS / 1000);
  const client = await microsoftClient(first.address);
  const acknowledged: string[] = [];
  let isKilled = false;
  const write = async (worker: number) => {
    for (let call = 0; !isKilled; call += 1) {
      const path = `/killed/${worker}-${call}.txt`;
      const put = client.graph(`/drives/${first.driveId}/root:${path}:/content?${CONFLICT}=replace`, {
        ...{ method: 'PUT', body: path },
      });
      const { status } = await put.catch(() => ({ status: 0 }));
      if (status >= 200 && status < 300) {
        acknowledged.push(path);
      }
    }
  };
  const writing = Promise.all([0, 1, 2, 3].map(write));
  await delay(3000);
  isKilled = true;
  await first.kill();
  await writing;
  await client.close();
  return [open, ...(await checkAfterKill(dataDir, acknowledged))];
}

async function checkAfterKill(dataDir: string, acknowledged: readonly string[]): Promise<boolean[]> {
  const again = await start(dataDir);
  const client = await microsoftClient(again.address);
  let lost = 0;
  for (const path of acknowledged) {
    const { status, json } = await client.graph(`/drives/${again.driveId}/root:${path}`);
    lost += status === 200 && json.size === path.length ? 0 : 1;
  }
  await client.close();
  const { wrong, ms } = await again.tell('check');
  console.log(
    `${acknowledged.length} writes acknowledged before the kill; all counts recomputed in ${(ms / 1000).toFixed(1)} s`,
  );
  for (const sentence of wrong!) {
    console.log(`  ${sentence}`);
  }
  await again.tell('close');
  await again.gone;
  return [
    bound('open after a kill, s', again.openMs / 1000, MAX_SNAPSHOT_MS / 1000),
    bound('acknowledged writes lost', lost, 0),
    bound('counts that are wrong', wrong!.length, 0),
  ];
}

function bound(what: string, value: number, most: number): boolean {
  const isKept = value <= most;
  console.log(`${isKept ? 'ok' : 'BROKEN'}  ${what}: ${value.toFixed(2)} (at most ${most})`);
  return isKept;
}

async function start(dataDir: string): Promise<Server> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('emulator-server.ts', import.meta.url)), dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const gone = once(child, 'exit').finally(() => children.delete(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error('the emulator ended; its message stands above');
    }
    return JSON.parse(value);
  };
  return {
    ...(await read()),
    gone,
    tell: line => {
      child.stdin.write(`${line}\n`);
      return read();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
