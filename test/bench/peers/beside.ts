import { listFolder, loadOf, PROPFIND, putSmall, type Row, timed } from './rows.ts';
import type { Subject } from './subjects.ts';

const FOLDER = '/thousand-0/';
const FILE = '/small.txt';

/**
 * Ours beside a server of a local disk. Such a server has no Microsoft behind it, so there is no goal: the rows say what
 * the way to OneDrive costs.
 */
export function rowsBeside(peer: Subject): Row[] {
  const against = `${peer.name}, local disk`;
  const loading = (name: string, load: { readonly method: string; readonly status: number }): Row => {
    const measure = (subject: Subject, seconds: number) => loadOf(subject, { path: FILE, ...load, seconds });
    return {
      ...{ name, unit: 'requests/s', against },
      ours: ({ ours, loadSeconds }) => measure(ours, loadSeconds),
      theirs: ({ loadSeconds }) => measure(peer, loadSeconds),
    };
  };
  return [
    loading('PROPFIND 0 warm, 16 connections', PROPFIND),
    loading('GET of 5 bytes, proxied, 16 connections', { method: 'GET', status: 200 }),
    {
      ...{ name: 'PROPFIND 1 of 1,000, warm', unit: 'ms', against },
      ours: ({ ours }) => listFolder(ours, FOLDER),
      theirs: () => listFolder(peer, FOLDER),
    },
    {
      ...{ name: '200 × 16 KiB PUT, 8 at once', unit: 'ms', against },
      ours: ({ ours }) => timed(() => putSmall(ours)),
      theirs: () => timed(() => putSmall(peer)),
    },
  ];
}

/** A server that is given by its URL is only read, and only its root is known to be there. */
export function rowsOfPeer(peer: Subject): Row[] {
  const path = '/';
  return [
    {
      ...{ name: 'PROPFIND 0 of the root, 16 connections', unit: 'requests/s', against: peer.name },
      ours: ({ ours, loadSeconds }) => loadOf(ours, { path, ...PROPFIND, seconds: loadSeconds }),
      theirs: ({ loadSeconds }) => loadOf(peer, { path, ...PROPFIND, seconds: loadSeconds }),
    },
    {
      ...{ name: 'PROPFIND 1 of the root', unit: 'ms', against: peer.name },
      ours: ({ ours }) => listFolder(ours, path),
      theirs: () => listFolder(peer, path),
    },
  ];
}

/** Returns the servers named by `--peer name=url`; a name and a password may be in the URL. */
export function readPeers(words: readonly string[]): Subject[] {
  return words.flatMap((word, index) => (word === '--peer' ? peerOf(words[index + 1] ?? '') : []));
}

function peerOf(word: string): Subject {
  const [, name, text] = /^([^=]+)=(https?:.+)$/.exec(word) ?? [];
  if (name === undefined || text === undefined) {
    throw new Error(`--peer takes name=url, not "${word}"`);
  }
  const url = new URL(text);
  const login = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString(
    'base64',
  );
  const headers: Record<string, string> = url.username === '' ? {} : { authorization: `Basic ${login}` };
  return {
    ...{ name, url: `${url.origin}${url.pathname.replace(/\/$/, '')}`, headers },
    rss: () => Promise.resolve(Number.NaN),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
