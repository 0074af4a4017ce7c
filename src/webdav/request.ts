import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Downloads } from '../downloads/downloads.ts';
import type { DownloadPolicy } from '../downloads/policy.ts';
import type { Drive } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { type DrivePath, foldName, formatPath, toDrivePath } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import { findRepeated } from '../lib/headers.ts';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { withoutPort } from '../lib/without-port.ts';
import type { LockStore } from '../state/lock-store.ts';
import type { PropertyStore } from '../state/property-store.ts';
import { DavError } from './errors.ts';
import type { PageApp } from './folder-page/app-page.ts';
import type { Keeping } from './keeping.ts';
import type { Place } from './locks/locks.ts';
import { type Conditions, parseConditions } from './preconditions.ts';

/** The services that all requests share. */
export interface DavServices {
  readonly log: Log;
  readonly clock: Clock;
  /** Whether listings are compressed for clients that accept it. */
  readonly compresses: boolean;
  /** The longest XML body, in bytes. */
  readonly maxXmlBytes: number;
  /** The longest body of a PUT, in bytes. */
  readonly maxUploadBytes: number;
  /** The memory for whole answers, in bytes; 0: none is kept. */
  readonly maxAnswerBytes: number;
  /** URLs that clients use for this server. */
  readonly publicUrls: readonly string[];
  /** `host` or `host:port` of them, in lower case. */
  readonly publicHosts: readonly string[];
  readonly downloads: Downloads;
  /** The app that the pages of folders start; undefined: they have no scripts. */
  readonly app?: PageApp | undefined;
  readonly locks: LockStore;
  readonly properties: PropertyStore;
  /** The seconds that a lock lives: the default for a client that does not say, and the maximum. */
  readonly lockTimeouts: { readonly defaultSeconds: number; readonly maxSeconds: number };
}

/** The sender of a request, and the way that the request has come. */
export interface DavCaller {
  /** The user's whole tree. */
  readonly drive: Drive;
  /** The user's name: the principal of locks. */
  readonly user: string;
  /** The names in front of the tree's own names in every URL that the client sees. */
  readonly prefix: readonly string[];
  /** Hosts (`host` or `host:port`, lower case) that mean this server in this request, besides its Host header. */
  readonly hosts: readonly string[];
  /** True when the client's own connection, to us or to a proxy in front of us, is TLS. */
  readonly isSecure: boolean;
  /** The user's own download policy. It counts where it is stricter than the mount's. */
  readonly userPolicy: DownloadPolicy | undefined;
  /** Adds fields to the request's line in the access log. */
  readonly note: (fields: Record<string, unknown>) => void;
  /** Undefined: the tree is the user's own. */
  readonly part?: TreePart | undefined;
}

/**
 * A part of somebody's tree that is a tree of its own, with one mount, for people who are nobody's users. The name of
 * the mount in its URLs is a secret.
 */
export interface TreePart {
  /** What people call it. */
  readonly name: string;
  /** Its names in the whole tree. */
  readonly names: readonly string[];
  /** The names in front of the server's own paths in the client's URLs; the part's prefix begins with them. */
  readonly server: readonly string[];
}

/** One request as values. No later code reads the URL or a raw path header again. */
export interface DavRequest extends DavCaller {
  readonly method: string;
  readonly path: DrivePath;
  /** The same names in the client's own spelling. Hrefs must use this spelling. */
  readonly names: readonly string[];
  /** True when the URL is written as that of a collection (RFC 4918 §5.2). */
  readonly endsWithSlash: boolean;
  readonly conditions: Conditions;
  readonly services: DavServices;
  readonly raw: IncomingMessage;
  /** The body, where it was read before the method. */
  readonly body: Buffer | undefined;
  /** Keeps the answer for other requests; undefined: it is not kept. */
  readonly keeping: Keeping | undefined;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

/**
 * Some fields of a request and of its services. A helper that needs more than three values takes this, so that its
 * signature says what its result depends on.
 */
export type RequestPart<Fields extends keyof DavRequest, Services extends keyof DavServices> = Pick<
  DavRequest,
  Fields
> & { readonly services: Pick<DavServices, Services> };

/** The methods whose work is useless once the client has gone. */
const READS = ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT'];

/**
 * Headers that have one value. Node joins repeated ones into a value that the client did not mean, and a proxy in front
 * of us may have read only the first.
 */
const SINGLE_HEADERS = [
  ...['destination', 'depth', 'overwrite', 'lock-token', 'if', 'x-oc-mtime', 'x-oc-ctime', 'x-expected-entity-length'],
];

/** Parses the parts that every method needs. Throws 400. */
export function parseRequest(
  raw: IncomingMessage,
  response: ServerResponse,
  parts: DavCaller & Pick<DavRequest, 'services' | 'body' | 'keeping'>,
): DavRequest {
  refuseRepeated(raw);
  const target = decodePath(raw.url ?? '');
  return {
    method: raw.method ?? '',
    path: toDrivePath(target.names),
    names: target.names,
    endsWithSlash: target.trailingSlash,
    conditions: parseConditions(raw.headers, READS.includes(raw.method ?? '')),
    signal: disconnectSignal(raw, response),
    raw,
    ...parts,
  };
}

/**
 * A header as one text. Of a repeated header Node keeps the first or joins all with `, `, depending on its name.
 * Repeated headers that have one value are refused before.
 */
export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * The hosts, without ports, that a Destination or a tagged If list may name. Proxies drop the port or put in their own.
 */
export function ourHosts(raw: IncomingMessage, publicHosts: readonly string[], hosts: readonly string[]): string[] {
  return [...publicHosts, ...hosts, (raw.headers.host ?? '').toLowerCase()].map(withoutPort);
}

/**
 * The names below the tree's root, from a URL that the client has written. A proxy that removes the prefix from the
 * path may also remove it from headers.
 */
export function belowPrefix(prefix: readonly string[], names: readonly string[]): readonly string[] {
  const isBelow = prefix.every((name, index) => foldName(name) === foldName(names[index] ?? ''));
  return isBelow ? names.slice(prefix.length) : names;
}

/** The names of the request's resource in the whole tree, for the state and the log. */
export function treeNames({ names, part }: Pick<DavRequest, 'names' | 'part'>): readonly string[] {
  return part === undefined ? names : [...part.names, ...names.slice(1)];
}

/** The place of `path` for locks. It is the same for all URLs of one resource. */
export function placeOf(drive: Drive, path: DrivePath): Place {
  return drive.canonicalPath(path).map(foldName);
}

/** The drive that gives the id of the entry at `path` its meaning; `''` above all drives. */
export function scopeOf(drive: Drive, path: DrivePath): string {
  return drive.canonicalPath(path)[0] ?? '';
}

/** The key under which an entry's properties are stored. */
export function keyOf(drive: Drive, path: DrivePath, entry: Entry): { scope: string; itemId: string } {
  return { scope: scopeOf(drive, path), itemId: entry.id };
}

/**
 * Refuses to change the root or the folder of a mount: the operator chooses their names (S4 of docs/webdav-server.md).
 * Throws 403.
 */
export function refuseMountFolder(path: DrivePath, action: string): void {
  if (path.length <= 1) {
    throw new DavError(403, `cannot ${action} ${formatPath(path)}: mounts are made in the configuration`, {
      condition: 'need-privileges',
    });
  }
}

/** Refuses a change that leaves no trace in a drive, such as a lock, where the user may only read. Throws 403. */
export function refuseReadOnly(drive: Drive, path: DrivePath, action: string): void {
  if (drive.access(path) !== 'write') {
    throw new DavError(403, `cannot ${action} ${formatPath(path)}: it is read-only for this user`, {
      condition: 'need-privileges',
    });
  }
}

/**
 * Refuses to make a file at the URL of a collection (RFC 4918 §5.2): the file's name would differ from the URL that the
 * client has written. Throws 409.
 */
export function refuseCollectionUrl(path: DrivePath, endsWithSlash: boolean): void {
  if (endsWithSlash) {
    throw new DavError(
      409,
      `${formatPath(path)}/ is the URL of a collection; make it with MKCOL, or leave out the slash`,
    );
  }
}

/**
 * True when the client waits for 100 Continue before it sends its body (RFC 9110 §10.1.1). HTTP/1.0 has no such answer.
 */
export function awaitsLeave({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion !== '1.0' && /^100-continue$/i.test(headers.expect ?? '');
}

function refuseRepeated(raw: IncomingMessage): void {
  const repeated = findRepeated(raw, SINGLE_HEADERS);
  if (repeated !== undefined) {
    throw new DavError(400, `the header ${repeated} must not come twice`);
  }
}

/** Decodes the path of a URL. Throws DavError 400. */
export function decodePath(url: string): ReturnType<typeof decodeUrlPath> {
  try {
    return decodeUrlPath(url);
  } catch (error) {
    if (error instanceof UrlPathError) {
      throw new DavError(400, error.message);
    }
    throw error;
  }
}

/**
 * Aborted when the client goes. A change that has arrived whole is finished all the same: ffmpeg closes right after the
 * last byte of its upload, and a client that has lost its connection will look for the result.
 */
function disconnectSignal(raw: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    const isWholeChange = raw.complete && !READS.includes(raw.method ?? '');
    if (!response.writableFinished && !isWholeChange) {
      controller.abort(new Error('the client is gone'));
    }
  });
  return controller.signal;
}
