import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CONFLICT } from '../support/emulated-drive.ts';
import { type EmulatorAddress, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const SIZES = [1000, 100_000, 1_000_000];
const CALLS = 200;
const MAX_RSS = 600 * 1000 * 1000;
const MAX_SNAPSHOT_MS = 60_000;
/** A call at a million items may cost so many times what it costs at a thousand; medians of a busy machine vary. */
const MAX_RATIO = 3;

interface Server {
  readonly address: EmulatorAddress;
  readonly driveId: string;
  readonly openMs: number;
  readonly tell: (line: string) => Promise<{ ms: number; rss?: number; wrong?: string[] }>;
  readonly kill: () => Promise<void>;
  readonly gone: Promise<unknown>;
}

/** One emulated drive of up to a million files: the cost of calls by its size, memory, restart, and a kill in the middle of writes. */
export async function measureEmulator(): Promise<boolean> {
  await using folder = await makeTempDir();
  const server = await start(folder.path);
  const medians = await measureSizes(server);
  const bounds = [
    ...compare(medians),
    bound('memory at a million items, MB', (await server.tell('rss')).rss! / 1e6, MAX_RSS / 1e6),
    bound('close, s', (await server.tell('close')).ms / 1000, MAX_SNAPSHOT_MS / 1000),
  ];
  await server.gone;
  return [...bounds, ...(await measureKill(folder.path))].every(Boolean);
}

/** Milliseconds of the median call, by what it does, at each size. */
async function measureSizes(server: Server): Promise<Map<number, Record<string, number>>> {
  const medians = new Map<number, Record<string, number>>();
  const client = await microsoftClient(server.address);
  let seeded = 0;
  for (const size of SIZES) {
    const { ms } = await server.tell(`seed ${seeded} ${size}`);
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
    bound(`${name}: a million to a thousand, times`, most[name]! / least[name]!, MAX_RATIO),
  );
}

/** Writes until the process is killed; opened again, everything that was acknowledged must be there, and all counts right. */
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
  const gone = once(child, 'exit');
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
