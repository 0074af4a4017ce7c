import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { makeTempDir } from '../../support/temp-dir.ts';
import { type OurSubject, type Subject, startOurs, startPlain } from './subjects.ts';
import type { World } from './world.ts';

const MIB = 1024 ** 2;
const CONNECTIONS = 16;
const UPLOADS = 200;
const UPLOAD_BYTES = 16 * 1024;
const UPLOADS_AT_ONCE = 8;
const RANGES = 1_000;
const RANGE_BYTES = 64 * 1024;
const RANGES_AT_ONCE = 4;
const CHUNK = randomBytes(MIB);
const LOAD = fileURLToPath(new URL('../load.ts', import.meta.url));
/** As many connections as it likes; a body that does not come is not waited for for ever. */
const CLIENT = new Agent({ connections: CONNECTIONS, headersTimeout: 120_000, bodyTimeout: 120_000 });

/** The subject of a row's measurement. */
export interface Bench {
  readonly world: World;
  readonly ours: OurSubject;
  /** A server of ours that has 500 mounts. */
  readonly manyMounts: Subject;
  readonly rclone: Subject;
  readonly largeBytes: number;
  readonly loadSeconds: number;
}

/** One line of the table: ours beside something else, measured in turn with it. */
export interface Row {
  readonly name: string;
  readonly unit: 'requests/s' | 'ms' | 'MB';
  readonly against: string;
  /** Our allowed value, as a share of the other: at least that of requests, at most that of time. Absent: no goal. */
  readonly goal?: number;
  /** As often as this is given, else as the run says. */
  readonly rounds?: number;
  readonly ours: Measure;
  readonly theirs: Measure;
}

/** One measurement; `round` counts from 0, and each round has folders of its own. */
export type Measure = (bench: Bench, round: number) => Promise<number>;

const propfind = (folder: (round: number) => string, depth: '0' | '1', who: 'ours' | 'rclone'): Measure => {
  return async (bench, round) => {
    const subject = bench[who];
    return timed(async () => {
      await send(subject, 'PROPFIND', folder(round), { depth }, 207);
    });
  };
};

/** Memory that earlier work has taken is not given back, so its rows have a server of their own. */
export async function withFreshServer(
  world: World,
  measure: (ours: OurSubject) => Promise<number>,
  config: object = {},
): Promise<number> {
  await using folder = await makeTempDir();
  await using ours = await startOurs(world, folder.path, { config });
  return await measure(ours);
}

/** The milliseconds of one listing. */
export function listFolder(subject: Subject, folder: string): Promise<number> {
  return timed(() => send(subject, 'PROPFIND', folder, { depth: '1' }, 207));
}

/** Cold: nobody has looked into that folder; warm: the same again. */
function listing(kind: string, members: string, goals: { cold: number; warm: number }): Row[] {
  const folder = (round: number) => `/${kind}-${round}/`;
  const row = (name: 'cold' | 'warm') => ({
    ...{ name: `PROPFIND 1 of ${members}, ${name}`, unit: 'ms', against: 'rclone', goal: goals[name] },
    ours: propfind(folder, '1', 'ours'),
    theirs: propfind(folder, '1', 'rclone'),
  });
  return [row('cold'), row('warm')] as Row[];
}

function walking(name: string, goal: number, more: Pick<Row, 'rounds'> & { pauseMs?: number } = {}): Row {
  const { pauseMs = 0, ...rest } = more;
  const walk = (who: 'ours' | 'rclone'): Measure => {
    return async (bench, round) => {
      await new Promise(resolve => setTimeout(resolve, pauseMs));
      return timed(() => walkTree(bench[who], `/tree-${round}/`));
    };
  };
  return {
    ...{ name: `walk of 300 folders, ${name}`, unit: 'ms', against: 'rclone', goal, ...rest },
    ours: walk('ours'),
    theirs: walk('rclone'),
  };
}

/** As the issue of the engine has them; the goals are shares of the other's figure. */
export const ROWS: readonly Row[] = [
  {
    ...{ name: 'PROPFIND 0 warm, 16 connections', unit: 'requests/s', against: 'node:http, same bytes', goal: 0.35 },
    ours: ({ ours, loadSeconds }) => loadOf(ours, { path: '/small.txt', ...PROPFIND, seconds: loadSeconds }),
    theirs: async ({ ours, loadSeconds }) => {
      const body = await send(ours, 'PROPFIND', '/small.txt', { depth: '0' }, 207);
      return loadPlain({ status: 207, headers: XML, body }, { ...PROPFIND, seconds: loadSeconds });
    },
  },
  {
    ...{ name: 'PROPFIND 0 warm, 16 connections', unit: 'requests/s', against: 'rclone', goal: 1 },
    ours: ({ ours, loadSeconds }) => loadOf(ours, { path: '/small.txt', ...PROPFIND, seconds: loadSeconds }),
    theirs: ({ rclone, loadSeconds }) => loadOf(rclone, { path: '/small.txt', ...PROPFIND, seconds: loadSeconds }),
  },
  {
    ...{ name: 'GET → 302 warm', unit: 'requests/s', against: 'node:http, same bytes', goal: 0.5 },
    ours: ({ ours, loadSeconds }) => {
      const redirecting = { ...ours, url: ours.url.replace(/ada$/, 'redirect') };
      return loadOf(redirecting, { path: '/film.mkv', method: 'GET', status: 302, seconds: loadSeconds });
    },
    theirs: ({ world, loadSeconds }) =>
      loadPlain(
        { status: 302, headers: { location: world.contentUrl }, body: Buffer.alloc(0) },
        { method: 'GET', status: 302, seconds: loadSeconds },
      ),
  },
  {
    ...{ name: 'PROPFIND 0 warm at 500 mounts, each in turn', unit: 'requests/s', against: 'one mount', goal: 0.9 },
    ours: async ({ manyMounts, loadSeconds }) => {
      const load = { path: '', paths: MANY_MOUNTS.map(pathOfMount), ...PROPFIND };
      await loadOf(manyMounts, { ...load, seconds: loadSeconds / 2 });
      return loadOf(manyMounts, { ...load, seconds: loadSeconds });
    },
    theirs: ({ manyMounts, loadSeconds }) =>
      loadOf(manyMounts, { path: '/small.txt', ...PROPFIND, seconds: loadSeconds }),
  },
  {
    ...{ name: 'RSS after 30 s of PROPFIND 0, 16 connections', unit: 'MB', against: 'the bound', goal: 1, rounds: 1 },
    ours: ({ world }) =>
      withFreshServer(world, async ours => {
        await loadOf(ours, { path: '/small.txt', ...PROPFIND, seconds: 30 });
        return (await ours.rss()) / 1e6;
      }),
    theirs: async () => 200,
  },
  ...listing('thousand', '1,000', { cold: 0.8, warm: 0.5 }),
  ...listing('ten-thousand', '10,000', { cold: 0.8, warm: 0.3 }),
  walking('cold', 0.6),
  walking('again', 0.5),
  walking('30 s later', 0.5, { rounds: 1, pauseMs: 30_000 }),
  {
    ...{ name: '1,000 random ranges of 64 KiB, 4 at once, proxied', unit: 'ms', against: 'rclone', goal: 0.67 },
    ours: bench => timed(() => readRanges(bench.ours, bench.largeBytes)),
    theirs: bench => timed(() => readRanges(bench.rclone, bench.largeBytes)),
  },
  {
    ...{ name: 'PUT of one large file', unit: 'ms', against: 'rclone', goal: 0.9 },
    ours: bench => timed(() => putLarge(bench.ours, bench.largeBytes)),
    theirs: bench => timed(() => putLarge(bench.rclone, bench.largeBytes)),
  },
  {
    ...{ name: 'GET of one large file, proxied', unit: 'ms', against: 'rclone', goal: 0.9 },
    ours: bench => timed(() => drain(`${bench.ours.url}/large.bin`, bench.ours.headers)),
    theirs: bench => timed(() => drain(`${bench.rclone.url}/large.bin`, bench.rclone.headers)),
  },
  {
    ...{ name: 'GET of one large file, proxied', unit: 'ms', against: 'the content host', goal: 1.1 },
    ours: bench => timed(() => drain(`${bench.ours.url}/large.bin`, bench.ours.headers)),
    theirs: bench => timed(() => drain(bench.world.contentUrl, {})),
  },
  {
    ...{ name: 'Peak RSS of one large file up and down', unit: 'MB', against: 'the bound', goal: 1, rounds: 1 },
    ours: ({ world, largeBytes }) =>
      withFreshServer(world, async ours => {
        await putLarge(ours, largeBytes);
        await drain(`${ours.url}/large.bin`, ours.headers);
        return (await ours.peak()) / 1e6;
      }),
    theirs: async () => 160,
  },
];

/** With 60 ms to each answer of Graph. */
export const FAR_ROWS: readonly Row[] = [
  {
    ...{ name: '200 × 16 KiB PUT, 8 at once, 60 ms to Graph', unit: 'ms', against: 'rclone', goal: 0.4 },
    ours: bench => timed(() => putSmall(bench.ours)),
    theirs: bench => timed(() => putSmall(bench.rclone)),
  },
];

/** The names of the mounts of `manyMounts`, besides its own. */
export const MANY_MOUNTS: readonly string[] = Array.from({ length: 500 }, (_, index) => `mount ${index}`);

export function pathOfMount(mount: string): string {
  return `/${encodeURIComponent(mount)}/small.txt`;
}

const XML = { 'content-type': 'application/xml; charset=utf-8' };
export const PROPFIND = { method: 'PROPFIND', status: 207 };

interface LoadOf {
  readonly path: string;
  /** Instead of `path`: each in turn, from the server's root. */
  readonly paths?: readonly string[];
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** 16 unless it is given. */
  readonly connections?: number;
}

/** Requests a second by 16 connections of a process of its own. */
export async function loadOf({ url, headers }: Pick<Subject, 'url' | 'headers'>, load: LoadOf): Promise<number> {
  const depth = load.method === 'PROPFIND' ? { depth: '0' } : {};
  const options = { connections: CONNECTIONS, ...load, url: `${url}${load.path}`, headers: { ...headers, ...depth } };
  const child = spawn(process.execPath, [LOAD, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = Buffer.concat(await Array.fromAsync(child.stdout as AsyncIterable<Buffer>)).toString();
  const { count, seconds } = JSON.parse(said) as { count: number; seconds: number };
  return count / seconds;
}

async function loadPlain(
  { status, headers, body }: { status: number; headers: Record<string, string>; body: Buffer },
  load: Omit<LoadOf, 'path'>,
): Promise<number> {
  await using plain = await startPlain(status, headers, body);
  return await loadOf(plain, { path: '/', ...load });
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function send(
  { url, headers }: Subject,
  method: string,
  path: string,
  more: Record<string, string>,
  status: number,
): Promise<Buffer> {
  const options = { method: method as 'GET', headers: { ...headers, ...more }, dispatcher: CLIENT };
  const answer = await request(`${url}${path}`, options);
  const body = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== status) {
    throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${body.subarray(0, 300)}`);
  }
  return body;
}

/** As a sync tool walks: eight folders at once, each listed when it is known. */
async function walkTree(subject: Subject, root: string): Promise<void> {
  const waiting = [root];
  const walk = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const text = (await send(subject, 'PROPFIND', path, { depth: '1' }, 207)).toString();
      const hrefs = [...text.matchAll(/<(?:\w+:)?href>([^<]+)</g)].map(match =>
        decodeURI(new URL(match[1]!, subject.url).pathname),
      );
      const base = decodeURI(new URL(subject.url).pathname).replace(/\/$/, '');
      const below = hrefs.map(href => href.slice(base.length)).filter(href => href.endsWith('/') && href !== path);
      waiting.push(...below);
      await Promise.all(below.slice(1).map(walk));
    }
  };
  await walk();
}

export async function putSmall(subject: Subject): Promise<void> {
  const run = randomUUID();
  const names = Array.from({ length: UPLOADS }, (_, index) => `/up/${run}-${index}`).values();
  const put = async (): Promise<void> => {
    for (const name of names) {
      await upload(subject, name, [CHUNK.subarray(0, UPLOAD_BYTES)], UPLOAD_BYTES);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, put));
}

export async function readRanges(subject: Subject, bytes: number): Promise<void> {
  const starts = Array.from({ length: RANGES }, () => Math.floor(Math.random() * (bytes - RANGE_BYTES))).values();
  const read = async (): Promise<void> => {
    for (const start of starts) {
      const range = `bytes=${start}-${start + RANGE_BYTES - 1}`;
      const got = await send({ ...subject, headers: { ...subject.headers, range } }, 'GET', '/large.bin', {}, 206);
      if (got.length !== RANGE_BYTES) {
        throw new Error(`a range of ${RANGE_BYTES} bytes has ${got.length}`);
      }
    }
  };
  await Promise.all(Array.from({ length: RANGES_AT_ONCE }, read));
}

async function putLarge(subject: Subject, bytes: number): Promise<void> {
  await upload(subject, `/up/${randomUUID()}`, chunks(bytes), bytes);
}

function* chunks(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += CHUNK.length) {
    yield CHUNK;
  }
}

async function upload(subject: Subject, path: string, body: Iterable<Buffer>, length: number): Promise<void> {
  const { Readable } = await import('node:stream');
  const answer = await request(`${subject.url}${path}`, {
    method: 'PUT',
    headers: { ...subject.headers, 'content-length': String(length) },
    body: Readable.from(body, { objectMode: false }),
    dispatcher: CLIENT,
  });
  await answer.body.dump();
  if (answer.statusCode !== 201) {
    throw new Error(`PUT was answered ${answer.statusCode}`);
  }
}

async function drain(url: string, headers: Record<string, string>): Promise<void> {
  const answer = await request(url, { headers, dispatcher: CLIENT });
  for await (const _ of answer.body) {
    // Read as fast as it comes.
  }
}
