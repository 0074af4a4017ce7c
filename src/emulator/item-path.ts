import { GraphFault } from './graph-error.ts';

/** An item address below its drive: its base, the names from there, and the action. */
export interface ItemPath {
  /** An item id, or `root`. */
  readonly base: string;
  /** Decoded names from the base down; undefined where the URL has no `:/path:` and no `children('name')`. */
  readonly names: readonly string[] | undefined;
  /** Whether the last `:/path` is closed by a colon. */
  readonly isClosed: boolean;
  /** The rest after the item: `children`, `versions/1.0/content`, …; `''` for the item itself. */
  readonly action: string;
}

/**
 * A path below `https://graph.microsoft.com` as all spellings of it are routed: without version, doubled slashes and a
 * slash at its end; keys as segments, `users('x')` as `users/x` (OData 4.01 URL conventions §4.3); `%2F` and `%3A` as
 * the characters themselves, because no name can contain them (clients expand `root:/a.txt:` into one segment).
 */
export function normalizeGraphPath(pathname: string): string {
  const path = pathname
    .replace(/^\/+(?:v1\.0|beta)(?=\/|$)/, '')
    .replaceAll(/%2f/gi, '/')
    .replaceAll(/%3a/gi, ':')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(?<=[^:])\/$/, '');
  const colon = path.indexOf(':');
  const head = colon === -1 ? path : path.slice(0, colon);
  const keyed = head.replaceAll(
    /\/(users|drives|items|groups|sites|subscriptions|versions|permissions)\((?:'|%27)((?:[^'/]|'')*?)(?:'|%27)\)/g,
    (_, collection: string, key: string) => `/${collection}/${key.replaceAll("''", "'")}`,
  );
  return keyed + path.slice(head.length);
}

/** Parses the path after a drive: `/root…` or `/items/{id}…`; undefined if it names no item. */
export function parseItemPath(rest: string): ItemPath | undefined {
  if (/^\/search\(/.test(rest)) {
    // A search of the whole drive is one of its root (Graph docs, "Search for files").
    return { base: 'root', names: undefined, isClosed: true, action: rest.slice(1) };
  }
  const base = /^\/(?:root|items\/([^/:]+))(?=[/:]|$)/.exec(rest);
  if (base === null) {
    return undefined;
  }
  let tail = rest.slice(base[0].length);
  let names: string[] | undefined;
  let isClosed = true;
  for (let step = nextStep(tail); step !== undefined; step = nextStep(tail)) {
    names = [...(names ?? []), ...step.names];
    isClosed = step.isClosed;
    tail = tail.slice(step.length);
  }
  if (tail !== '' && !tail.startsWith('/')) {
    return undefined;
  }
  return { base: base[1] === undefined ? 'root' : decodeName(base[1]), names, isClosed, action: tail.slice(1) };
}

/** One `:/path:` or one `/children('name')` at the beginning of `tail`. */
function nextStep(tail: string): { names: string[]; isClosed: boolean; length: number } | undefined {
  const path = /^:(\/[^:]*)?(:|$)/.exec(tail);
  if (path !== null && path[0] !== '') {
    return { names: decodePath(path[1] ?? ''), isClosed: path[2] === ':', length: path[0].length };
  }
  const child = /^\/children\((?:'|%27)(.*?)(?:'|%27)\)(?=[/:]|$)/.exec(tail);
  return child === null
    ? undefined
    : { names: [decodeName(child[1]!).replaceAll("''", "'")], isClosed: true, length: child[0].length };
}

export function decodePath(path: string): string[] {
  return path
    .split('/')
    .filter(segment => segment !== '')
    .map(decodeName);
}

/** A segment of a URL, decoded once. */
export function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GraphFault('invalidRequest', 'The URL is not properly encoded.', { innerCode: 'invalidPath' });
  }
}
