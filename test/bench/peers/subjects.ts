import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hashPassword } from '../../../src/auth/passwords.ts';
import { basic } from '../../support/raw-http.ts';
import { startProgram, untilSaid, type World } from './world.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PASSWORD = 'bench';
const PAGE_BYTES = 4096;

/** A WebDAV server that is measured. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  /** Of the root of the mailbox, without a slash at its end. */
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Resident memory in bytes. */
  readonly rss: () => Promise<number>;
}

/** Ours, which is looked into more closely. */
export interface OurSubject extends Subject {
  readonly pid: number;
  /** The most that was ever resident, in bytes. */
  readonly peak: () => Promise<number>;
}

/** Ours, compiled and started as an operator does it, with its access log. `more` are further mounts, by name; `config` are further keys. */
export async function startOurs(
  world: World,
  folder: string,
  { more = [], config: own = {} }: { more?: readonly string[]; config?: object } = {},
): Promise<OurSubject> {
  await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: ROOT });
  const { proxy, caFile, tenantId, clientId, clientSecret } = world;
  const mount = (name: string, download: string) => ({ mailbox: 'ada@contoso.com', name, download });
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    outbound: { proxy, caFile },
    tenant: { tenantId, clientId, clientSecret, contentHosts: ['127.0.0.1'] },
    mounts: [mount('ada', 'proxy'), mount('redirect', 'redirect'), ...more.map(name => mount(name, 'proxy'))],
    users: [{ name: 'bench', passwordHash: await hashPassword(PASSWORD), mounts: '*' }],
    dataDir: join(folder, 'data'),
    ...own,
  };
  const file = join(folder, 'config.yaml');
  await writeFile(file, JSON.stringify(config));
  const program = startProgram(process.execPath, [join(ROOT, 'dist/main.js'), 'serve', '--config', file]);
  const url = await untilSaid(program, line => {
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    return msg === 'serving' ? url : undefined;
  });
  return {
    name: 'ours',
    url: `${url}ada`,
    headers: basic('bench', PASSWORD),
    pid: program.child.pid!,
    peak: () => peakOf(program.child.pid!),
    rss: () => rssOf(program.child.pid!),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** `rclone serve webdav` over its own OneDrive backend, on the same drive. */
export async function startRclone(world: World, folder: string): Promise<Subject> {
  const token = { access_token: world.accessToken, token_type: 'Bearer', expiry: '2045-01-01T00:00:00Z' };
  const file = join(folder, 'rclone.conf');
  const lines = ['[one]', 'type = onedrive', `token = ${JSON.stringify(token)}`, `drive_id = ${world.driveId}`];
  await writeFile(file, [...lines, 'drive_type = business', ''].join('\n'));
  const program = startProgram('rclone', ['--config', file, 'serve', 'webdav', 'one:', '--addr', '127.0.0.1:0'], {
    env: { HTTPS_PROXY: world.proxy, RCLONE_CA_CERT: world.caFile, SSL_CERT_FILE: world.caFile, NO_PROXY: '127.0.0.1' },
    speaks: 'stderr',
  });
  const url = await untilSaid(program, line => /started on \[?(http:\/\/[^\s\]]+?)\/?[\s\]]/.exec(`${line} `)?.[1]);
  return {
    ...{ name: 'rclone', url, headers: {} },
    rss: () => rssOf(program.child.pid!),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** A server of `node:http` alone that returns the same bytes each time: the limit of the machine. */
export async function startPlain(status: number, headers: Record<string, string>, body: Buffer): Promise<Subject> {
  const answer = { ...headers, 'content-length': String(body.length) };
  const server = createServer((_, response) => response.writeHead(status, answer).end(body));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    ...{ name: 'node:http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: {} },
    rss: () => rssOf(process.pid),
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve()).closeAllConnections()),
  };
}

/** `VmHWM` of proc(5). */
async function peakOf(pid: number): Promise<number> {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Field 24 of proc(5)'s `stat`, in pages. */
export async function rssOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[21]) * PAGE_BYTES;
}
