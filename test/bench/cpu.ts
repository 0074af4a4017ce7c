/**
 * `npm run bench cpu`: the CPU time that the server needs for a request that it can answer from memory, in shares of
 * what a plain `node:http` needs for the same bytes in the same run. Times of the clock depend on who else uses the
 * machine; CPU times do so much less.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { makeTempDir } from '../support/temp-dir.ts';
import { loadOf, timed } from './peers/rows.ts';
import { type OurSubject, startOurs } from './peers/subjects.ts';
import { openWorld, startProgram, untilSaid } from './peers/world.ts';

const SECONDS = process.argv.includes('--quick') ? 1 : 3;
const ROUNDS = 3;
/** Of proc(5): Linux counts CPU time in hundredths of a second for programs. */
const TICK_SECONDS = 0.01;

/** An answer that is kept, and its request. */
interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export const PROPFIND_0: Case = { name: 'PROPFIND 0', method: 'PROPFIND', path: '/small.txt', status: 207 };

const CASES: readonly Case[] = [
  PROPFIND_0,
  { name: 'OPTIONS', method: 'OPTIONS', path: '/small.txt', status: 200 },
  { name: 'GET → 302', method: 'GET', path: '/../redirect/film.mkv', status: 302 },
];

export async function measureCpu(): Promise<boolean> {
  await using folder = await makeTempDir();
  await using world = await openWorld({ latencyMs: 0, largeBytes: 1, copies: 1 });
  await using ours = await startOurs(world, folder.path);
  for (const each of CASES) {
    await costOf(ours, each);
    const own: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      own.push(await costOf(ours, each));
      plain.push(await costOfPlain(ours, each));
    }
    const share = median(plain) / median(own);
    console.log(`${each.name}: ${micros(own)}; node:http, same bytes: ${micros(plain)}; share ${share.toFixed(2)}`);
  }
  await measureWalk(ours);
  return true;
}

/** The CPU time of a warm walk of 300 folders. */
async function measureWalk(ours: OurSubject): Promise<void> {
  const list = async () => {
    for (let folder = 0; folder < 300; folder += 1) {
      const url = `${ours.url}/tree-0/${Math.floor(folder / 20)}/${folder}/`;
      const { body } = await request(url, { method: 'PROPFIND' as 'GET', headers: { ...ours.headers, depth: '1' } });
      await body.dump();
    }
  };
  await list();
  const before = await cpuSeconds(ours.pid);
  const took = await timed(async () => {
    for (let round = 0; round < ROUNDS * 3; round += 1) {
      await list();
    }
  });
  const each = (await cpuSeconds(ours.pid)) - before;
  const count = 300 * ROUNDS * 3;
  console.log(
    `a folder of a warm walk: ${micros([each / count])} of CPU time, ${((took * 1000) / count).toFixed(0)} µs`,
  );
}

/** The CPU time of the server for one request, in seconds. */
export async function costOf(
  { url, headers, pid }: Pick<OurSubject, 'url' | 'headers' | 'pid'>,
  each: Case,
): Promise<number> {
  const target = new URL(`${url}${each.path}`);
  const load = { ...each, path: '', seconds: SECONDS };
  const before = await cpuSeconds(pid);
  const rate = await loadOf({ url: target.href, headers }, load);
  return ((await cpuSeconds(pid)) - before) / (rate * SECONDS);
}

async function costOfPlain(ours: OurSubject, each: Case): Promise<number> {
  const options = { method: each.method as 'GET', headers: { ...ours.headers, depth: '0' } };
  const { headers, body } = await request(new URL(`${ours.url}${each.path}`), options);
  const bytes = Buffer.from(await body.arrayBuffer()).toString('base64');
  const { date: _, connection: __, 'keep-alive': ___, ...own } = headers;
  const source = `const body = Buffer.from(${JSON.stringify(bytes)}, 'base64');
    const server = require('node:http').createServer((_, response) =>
      response.writeHead(${each.status}, ${JSON.stringify(own)}).end(body));
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    process.once('SIGTERM', () => process.exit(0));`;
  await using program = startProgram(process.execPath, ['-e', source]);
  const port = await untilSaid(program, line => line);
  return await costOf({ url: `http://127.0.0.1:${port}`, headers: ours.headers, pid: program.child.pid! }, each);
}

/** User and system time of proc(5)'s `stat`, fields 14 and 15. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function micros(seconds: readonly number[]): string {
  return `${(median(seconds) * 1e6).toFixed(0)} µs`;
}
