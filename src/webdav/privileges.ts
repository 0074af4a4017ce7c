import type { Drive } from '../drive/drive.ts';
import { type DrivePath, parentPath, pathKey } from '../drive/path.ts';
import { statOrNull } from './check-conditions.ts';
import { DavError, type LackingPrivilege, toDavError } from './errors.ts';
import { encodeHref } from './href.ts';
import type { MethodName } from './method-table.ts';
import type { DavRequest } from './request.ts';
import { destinationOf } from './transfer.ts';

/** A privilege that a request needs at a path, by its element in the DAV: namespace (RFC 3744 §3). */
interface Need {
  readonly path: DrivePath;
  readonly kind: 'file' | 'folder';
  readonly privilege: 'read' | 'write-content' | 'write-properties' | 'unlock' | 'bind' | 'unbind';
}

type NeedsOf = (request: DavRequest) => Promise<readonly Need[]>;

/** The privileges that each method needs (RFC 3744, appendix B). Of several, only those that are lacking are told. */
const NEEDS: Readonly<Record<MethodName, NeedsOf>> = {
  GET: request => ofEntry(request, 'read'),
  HEAD: request => ofEntry(request, 'read'),
  PROPFIND: request => ofEntry(request, 'read'),
  REPORT: request => ofEntry(request, 'read'),
  PUT: contentOrName,
  LOCK: contentOrName,
  UNLOCK: request => ofEntry(request, 'unlock'),
  PROPPATCH: request => ofEntry(request, 'write-properties'),
  MKCOL: async ({ path }) => [inFolderOf(path, 'bind')],
  DELETE: async ({ path }) => [inFolderOf(path, 'unbind')],
  COPY: async request => [...(await ofEntry(request, 'read')), ...(await ofCopy(request))],
  MOVE: async request => [inFolderOf(request.path, 'unbind'), ...(await ofMove(request))],
};

/**
 * Adds to a refusal that is about privileges which ones are lacking, and where (RFC 3744 §7.1.1). Where that cannot be
 * told, the refusal keeps its reason alone. Never throws.
 */
export async function namePrivileges(error: unknown, request: DavRequest): Promise<unknown> {
  const refusal = toDavError(error);
  if (refusal?.condition !== 'need-privileges') {
    return error;
  }
  const lacking = await lackingIn(request);
  const { status, message, headers } = refusal;
  const condition = lacking.length === 0 ? {} : { condition: refusal.condition, lacking };
  return new DavError(status, message, { ...condition, headers, cause: error });
}

async function lackingIn(request: DavRequest): Promise<LackingPrivilege[]> {
  try {
    const needs = (await NEEDS[request.method as MethodName]?.(request)) ?? [];
    return needs
      .filter(need => isLacking(request.drive, need))
      .map(({ path, kind, privilege }) => ({ href: hrefOf(request, path, kind), privilege }));
  } catch {
    // The Destination names the folder of a mount, or the entry cannot be looked at any more.
    return [];
  }
}

/** Who sees a place may read it. */
function isLacking(drive: Drive, { path, privilege }: Need): boolean {
  return privilege !== 'read' && drive.access(path) === 'read';
}

/** A target that exists is changed as by PUT and PROPPATCH; a new one is a new name. */
async function ofCopy(request: DavRequest): Promise<readonly Need[]> {
  const path = destinationOf(request);
  const at = { ...request, path };
  const own = [...(await ofEntry(at, 'write-content')), ...(await ofEntry(at, 'write-properties'))];
  return own.length === 0 ? [inFolderOf(path, 'bind')] : own;
}

/** A target that exists is removed first. */
async function ofMove(request: DavRequest): Promise<readonly Need[]> {
  const path = destinationOf(request);
  const isThere = (await statOrNull(request.drive, path, { signal: request.signal })) !== null;
  const removed = isThere ? [inFolderOf(path, 'unbind')] : [];
  const isInOneFolder = pathKey(parentPath(path)) === pathKey(parentPath(request.path));
  return [inFolderOf(path, 'bind'), ...(isInOneFolder ? [] : removed)];
}

/** A file that exists gets other content; a new one is a new name in its folder. */
async function contentOrName(request: DavRequest): Promise<readonly Need[]> {
  const own = await ofEntry(request, 'write-content');
  return own.length === 0 ? [inFolderOf(request.path, 'bind')] : own;
}

async function ofEntry(
  { drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>,
  privilege: Need['privilege'],
): Promise<readonly Need[]> {
  const entry = await statOrNull(drive, path, { signal });
  return entry === null ? [] : [{ path, kind: entry.kind, privilege }];
}

function inFolderOf(path: DrivePath, privilege: Need['privilege']): Need {
  return { path: parentPath(path), kind: 'folder', privilege };
}

/** The URL of `path` in the spelling of the request, where the request names it. */
function hrefOf({ path: own, names, prefix }: DavRequest, path: DrivePath, kind: Need['kind']): string {
  const isOwn = path.length <= own.length && path.every((name, index) => name === own[index]);
  return encodeHref([...prefix, ...(isOwn ? names.slice(0, path.length) : path)], kind);
}
