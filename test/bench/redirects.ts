import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hashPassword } from '../../src/auth/passwords.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROUNDS = 5;
/** Machines drift: each in turn with the others, and the median taken. */
const MEDIAN = Math.floor(ROUNDS / 2);
const SECONDS = 3;
/** It takes tens of thousands of requests until the code is compiled as well as it gets. */
const WARM_UP_SECONDS = 10;
/** Redirects of a warm file that the server gives in a second of one core. */
const GOAL = 3_000;
/** Linux counts the time of processes in these. */
const TICKS_PER_SECOND = 100;
const FILE_BYTES = 4 * 1024 ** 2;
const PASSWORD = 'bench';

interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Measured {
  /** Of the server's own time: other programs on the machine do not count. */
  readonly perCoreSecond: number;
  readonly perSecond: number;
}

/**
 * Redirects of a warm file by the whole server, in a process of its own, beside a static redirect of plain node:http.
 */
export async function measureRedirects(): Promise<boolean> {
  await using folder = await makeTempDir();
  const emulator = await createEmulator({ downloadBase: 'loopback' });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/folder/film.mkv', Buffer.alloc(FILE_BYTES));
  const server = await startServer(emulator, folder.path);
  const headers = { ...basic('bench', PASSWORD), 'User-Agent': 'VLC/3.0.24 LibVLC/3.0.24' };
  const [redirect, auto] = ['redirect', 'auto'].map(mount => `${server.url}${mount}/folder/film.mkv`);
  const answer = await fetch(redirect!, { headers, redirect: 'manual' });
  const plain = await startPlain(answer.headers.get('location')!);
  const cases = {
    'node:http, static': { ...plain, ranges: false },
    'policy redirect': { ...server, url: redirect!, ranges: false },
    'policy auto, another range each time': { ...server, url: auto!, ranges: true },
  };
  const results = new Map<string, Measured[]>();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, { pid, url, ranges }] of Object.entries(cases)) {
      const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
      const measured = await load(pid, { url, headers, ranges, seconds });
      results.set(name, round === 0 ? [] : [...results.get(name)!, measured]);
    }
  }
  await plain.stop();
  await server.stop();
  await emulator.close();
  return report(results);
}

function report(results: ReadonlyMap<string, Measured[]>): boolean {
  const medians = [...results].map(([name, rounds]) => {
    const [perCoreSecond, perSecond] = (['perCoreSecond', 'perSecond'] as const).map(
      key => rounds.map(each => each[key]).toSorted((a, b) => a - b)[MEDIAN]!,
    );
    return { name, perCoreSecond: perCoreSecond!, perSecond: perSecond! };
  });
  const floor = medians[0]!.perCoreSecond;
  for (const { name, perCoreSecond, perSecond } of medians) {
    console.log(
      `${name.padEnd(38)} ${perCoreSecond.toFixed(0).padStart(6)} a second of one core, ` +
        `${(floor / perCoreSecond).toFixed(1)} times the time of a static redirect; ${perSecond.toFixed(0)} a second as the machine is now`,
    );
  }
  console.log(`goal: ${GOAL} a second of one core`);
  return medians.every(({ perCoreSecond }) => perCoreSecond >= GOAL);
}

/** The product as an operator starts it, with its access log. */
async function startServer(emulator: Emulator, folder: string): Promise<Running> {
  const { proxy, caFile, tenantId, clientId, clientSecret } = emulator;
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    outbound: { proxy, caFile },
    tenant: { tenantId, clientId, clientSecret, contentHosts: ['127.0.0.1'] },
    mounts: ['redirect', 'auto'].map(download => ({ mailbox: 'ada@contoso.com', name: download, download })),
    users: [{ name: 'bench', passwordHash: await hashPassword(PASSWORD), mounts: '*' }],
  };
  const file = join(folder, 'config.yaml');
  await writeFile(file, JSON.stringify(config));
  return start(['../../src/main.ts', 'serve', '--config', file]);
}

function startPlain(location: string): Promise<Running> {
  return start(['static-redirect.ts', location]);
}

/** Starts a program that says in one line of JSON where it listens. */
async function start([script, ...args]: [string, ...string[]]): Promise<Running> {
  const child = runScript(script, args);
  for await (const line of createInterface(child.stdout!)) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) {
      child.stdout!.resume();
      const stop = async () => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      };
      return { url, pid: child.pid!, stop };
    }
  }
  throw new Error(`${script} did not start; its message stands above`);
}

async function load(
  pid: number,
  options: { url: string; headers: Record<string, string>; ranges: boolean; seconds: number },
): Promise<Measured> {
  const before = await cpuSeconds(pid);
  const child = runScript('load.ts', [JSON.stringify(options)]);
  const lines = await Array.fromAsync(createInterface(child.stdout!));
  const { count, seconds } = JSON.parse(lines.join('')) as { count: number; seconds: number };
  return { perCoreSecond: count / ((await cpuSeconds(pid)) - before), perSecond: count / seconds };
}

function runScript(script: string, args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Of all threads of a process, in its own code and in the system's (proc(5): `utime` and `stime`). */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
