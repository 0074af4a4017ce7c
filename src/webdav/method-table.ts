import type { ServerResponse } from 'node:http';
import { type DavRequest, scopeOf } from './request.ts';

/** What may exist at a path. */
export type Target = 'file' | 'folder' | 'nothing';

/**
 * The targets of each method, for `Allow` in OPTIONS and in a 405. GET of a folder is for browsers only and is not
 * promised.
 */
const TARGETS = {
  GET: ['file'],
  HEAD: ['file', 'folder'],
  PUT: ['file', 'nothing'],
  MKCOL: ['nothing'],
  DELETE: ['file', 'folder'],
  COPY: ['file', 'folder'],
  MOVE: ['file', 'folder'],
  PROPFIND: ['file', 'folder'],
  PROPPATCH: ['file', 'folder'],
  LOCK: ['file', 'folder', 'nothing'],
  UNLOCK: ['file', 'folder'],
  REPORT: ['folder'],
} as const satisfies Record<string, readonly Target[]>;

export type MethodName = keyof typeof TARGETS;

/** The function of every method. */
export type MethodTable = Readonly<
  Record<MethodName, (request: DavRequest, response: ServerResponse) => Promise<void>>
>;

/** The methods that a user who may only read can use. COPY changes another place than that of its URL. */
const READING: readonly MethodName[] = ['GET', 'HEAD', 'PROPFIND', 'COPY', 'REPORT'];

/** What a place offers to its user. */
export interface Offer {
  readonly access: 'read' | 'write';
  /** Whether it has a report; one without does not allow REPORT (RFC 3253 §3.6). */
  readonly hasReport: boolean;
}

/**
 * What `Allow` and OPTIONS promise. Above the mounts they speak for all of them, because Windows asks only there whether
 * it may write.
 */
export function offerAt({ drive, path }: Pick<DavRequest, 'drive' | 'path'>): Offer {
  const access = scopeOf(drive, path) === '' ? 'write' : drive.access(path);
  return { access, hasReport: drive.tellsChanges(path) };
}

/** True when `method` is for such a target, at a place with this offer. */
export function isFor(method: MethodName, target: Target | undefined, { access, hasReport }: Offer): boolean {
  const isAllowed = (access === 'write' || READING.includes(method)) && (method !== 'REPORT' || hasReport);
  return isAllowed && target !== undefined && (TARGETS[method] as readonly Target[]).includes(target);
}

/** The `Allow` header of a 405 (RFC 9110 §10.2.1) at a path with this target. */
export function allowAt(target: Target, offer: Offer): Record<string, string> {
  const methods = (Object.keys(TARGETS) as MethodName[]).filter(method => isFor(method, target, offer));
  return { Allow: ['OPTIONS', ...methods].join(', ') };
}
