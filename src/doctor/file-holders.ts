import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A running program. */
export interface Holder {
  readonly pid: number;
  /** Its program and first argument, without their folders. */
  readonly command: string;
}

const PROC = '/proc';
/** RFC 793's LISTEN, as /proc/net/tcp numbers it. */
const LISTEN = '0A';

/**
 * Returns the other programs that have a file open. Only Linux shows them, and an ordinary user sees only their own
 * programs; undefined where it cannot be known.
 */
export async function findFileHolders(file: string): Promise<Holder[] | undefined> {
  return findHolders(target => target === file);
}

/** Returns the program that listens on a TCP port; undefined when it is not visible. */
export async function findListener(port: number): Promise<Holder | undefined> {
  const sockets = new Set(await listeningSockets(port));
  const [holder] = sockets.size === 0 ? [] : ((await findHolders(target => sockets.has(target))) ?? []);
  return holder;
}

async function findHolders(isIt: (target: string) => boolean): Promise<Holder[] | undefined> {
  const names = await readdir(PROC).catch(() => undefined);
  if (names === undefined) {
    return undefined;
  }
  const pids = names.filter(name => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found: Holder[] = [];
  for (const pid of pids) {
    if ((await openFilesOf(pid)).some(isIt)) {
      found.push({ pid: Number(pid), command: await commandOf(pid) });
    }
  }
  return found;
}

/** Returns none for a program that has ended meanwhile, or belongs to another user. */
async function openFilesOf(pid: string): Promise<string[]> {
  const folder = join(PROC, pid, 'fd');
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map(name => readlink(join(folder, name)).catch(() => '')));
}

async function commandOf(pid: string): Promise<string> {
  const text = await readFile(join(PROC, pid, 'cmdline'), 'utf8').catch(() => '');
  const words = text.split('\0').filter(word => word !== '' && !word.startsWith('-'));
  return words
    .slice(0, 2)
    .map(word => basename(word))
    .join(' ');
}

/** Returns sockets in the form of /proc/<pid>/fd: `socket:[inode]`. */
async function listeningSockets(port: number): Promise<string[]> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(name => readFile(join(PROC, 'net', name), 'utf8').catch(() => '')),
  );
  return tables
    .flatMap(table => table.split('\n').slice(1))
    .map(line => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${wanted}`) && state === LISTEN)
    .map(columns => `socket:[${columns[9]}]`);
}
