/**
 * `npm run bench cluster`: the throughput of one, two and three servers of one database, as ratios, and the CPU time of a
 * warm PROPFIND with PostgreSQL in shares of that with SQLite, in turns in one run. Clients, servers, database and the
 * emulated Microsoft share the machine's cores, so ratios say something only where there are more cores than servers.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/postgres.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { costOf, PROPFIND_0 } from './cpu.ts';
import { loadOf } from './peers/rows.ts';
import { type OurSubject, startOurs } from './peers/subjects.ts';
import { openWorld, type World } from './peers/world.ts';

const SECONDS = process.argv.includes('--quick') ? 1 : 4;
const ROUNDS = 3;
const MOST_SERVERS = 3;
/** Of the CPU time with PostgreSQL in that with SQLite. */
const MOST_COST = 1.15;

export async function measureCluster(): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  // The connections of tests keep no process alive, but these have to be closed.
  const alive = setInterval(() => {}, 60_000);
  stack.defer(() => clearInterval(alive));
  const folder = stack.use(await makeTempDir());
  const postgres = stack.use(await startPostgres());
  const database = stack.use(await postgres.openDatabase());
  const world = stack.use(await openWorld({ latencyMs: 0, largeBytes: 1, copies: 1 }));
  const state = { url: database.url, key: randomBytes(32).toString('base64') };
  const start = (name: string, config: object) => startIn(join(folder.path, name), world, config);
  const alone = stack.use(await start('sqlite', {}));
  const servers: OurSubject[] = [];
  for (let index = 0; index < MOST_SERVERS; index += 1) {
    servers.push(stack.use(await start(`server-${index}`, { state })));
  }
  await printThroughput(servers);
  return await isCheap(servers[0]!, alone);
}

async function startIn(folder: string, world: World, config: object): Promise<OurSubject> {
  await mkdir(folder);
  return startOurs(world, folder, { config });
}

async function printThroughput(servers: readonly OurSubject[]): Promise<void> {
  console.log(`${availableParallelism()} cores, for clients, servers, database and Microsoft together`);
  const rates: number[] = [];
  for (let count = 1; count <= servers.length; count += 1) {
    const asked = servers.slice(0, count);
    const load = { method: 'PROPFIND', path: '/small.txt', status: 207, seconds: SECONDS };
    const ask = () => Promise.all(asked.map(server => loadOf(server, load)));
    await ask();
    const each = await ask();
    rates.push(each.reduce((sum, rate) => sum + rate, 0));
  }
  const shown = rates.map((rate, index) => `${index + 1}: ${rate.toFixed(0)}/s (${(rate / rates[0]!).toFixed(2)})`);
  console.log(`warm PROPFIND 0, by number of servers: ${shown.join(', ')}`);
}

async function isCheap(shared: OurSubject, alone: OurSubject): Promise<boolean> {
  const costs: { shared: number; alone: number }[] = [];
  await costOf(shared, PROPFIND_0);
  await costOf(alone, PROPFIND_0);
  for (let round = 0; round < ROUNDS; round += 1) {
    costs.push({ shared: await costOf(shared, PROPFIND_0), alone: await costOf(alone, PROPFIND_0) });
  }
  const shares = costs.map(({ shared: one, alone: other }) => one / other).toSorted((a, b) => a - b);
  const median = shares[Math.floor(shares.length / 2)]!;
  const micros = (values: readonly number[]) => values.map(value => (value * 1e6).toFixed(0)).join(', ');
  console.log(
    `CPU time of a warm PROPFIND 0 in µs: PostgreSQL ${micros(costs.map(({ shared: one }) => one))}; ` +
      `SQLite ${micros(costs.map(({ alone: one }) => one))}; ratio ${median.toFixed(2)} (at most ${MOST_COST})`,
  );
  return median <= MOST_COST;
}
