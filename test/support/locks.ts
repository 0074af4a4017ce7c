import type { Dav, DavAnswer } from './dav-client.ts';
import { davElement, elementsBelow, elementsIn, parseTree, textIn, type XmlNode } from './xml-tree.ts';

export type LockScope = 'exclusive' | 'shared';

/** A lock as `DAV:lockdiscovery` shows it. */
export interface ActiveLock {
  readonly scope: string;
  readonly depth: string;
  readonly timeout: string;
  readonly token: string;
  /** Hrefs of the lock's root, without a slash at the end; there must be one. */
  readonly root: readonly string[];
  readonly owner: XmlNode | undefined;
}

/** The body of a LOCK request; `owner` is XML. */
export function lockInfo(scope: LockScope = 'exclusive', owner = 'somebody'): string {
  const what = `<D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype>`;
  return `<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:">${what}<D:owner>${owner}</D:owner></D:lockinfo>`;
}

/** Takes a lock that must be given; returns its token. */
export async function takeLock(
  dav: Dav,
  path: string,
  headers: Record<string, string> = {},
  scope: LockScope = 'exclusive',
): Promise<string> {
  const answer = await dav('LOCK', path, headers, lockInfo(scope));
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`LOCK ${path} is ${answer.status}:\n${answer.text}`);
  }
  return tokenIn(answer);
}

/** The token in the header of an answer to LOCK. */
export function tokenIn({ headers }: DavAnswer): string {
  return /^<(.+)>$/.exec(headers.get('lock-token') ?? '')?.[1] ?? 'no token';
}

export const unlock = (dav: Dav, path: string, token: string): Promise<DavAnswer> =>
  dav('UNLOCK', path, { 'Lock-Token': `<${token}>` });

const LOCKDISCOVERY = '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>';

/** The locks that PROPFIND shows on the resource at `path`. */
export async function locksOn(dav: Dav, path: string): Promise<ActiveLock[]> {
  return activeLocks((await dav('PROPFIND', path, { Depth: '0' }, LOCKDISCOVERY)).text);
}

/** Every lock that a document shows. */
export function activeLocks(xml: string): ActiveLock[] {
  return elementsBelow(parseTree(xml), 'DAV: activelock').map(lock => ({
    scope: elementsIn(davElement(lock, 'lockscope'))[0]!.name,
    depth: textIn(davElement(lock, 'depth')),
    timeout: textIn(davElement(lock, 'timeout')),
    token: textIn(davElement(lock, 'locktoken', 'href')),
    root: elementsIn(davElement(lock, 'lockroot'), 'DAV: href').map(hrefIn),
    owner: davElement(lock, 'owner'),
  }));
}

/**
 * The content of an error's body: the names of the conditions that failed, and all hrefs in them, without a slash at
 * the end (RFC 4918 §16).
 */
export function failedConditions({ text }: DavAnswer): { names: string[]; hrefs: string[] } {
  const error = text.startsWith('<') ? parseTree(text) : undefined;
  const conditions = error?.name === 'DAV: error' ? elementsIn(error) : [];
  return {
    names: conditions.map(({ name }) => name.replace('DAV: ', '')),
    hrefs: conditions.flatMap(condition => elementsBelow(condition, 'DAV: href')).map(hrefIn),
  };
}

function hrefIn(node: XmlNode): string {
  return textIn(node).replace(/\/$/, '');
}
