import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DownloadPolicy } from '../downloads/choose.ts';
import type { Drive } from '../drive/drive.ts';
import { type DrivePath, formatPath, toDrivePath } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { DavError } from './errors.ts';
import { type Conditions, parseConditions } from './preconditions.ts';

/** What all requests share. */
export interface DavServices {
  readonly log: Log;
  readonly clock: Clock;
  /** Of an XML body. */
  readonly maxXmlBytes: number;
  /** Of a PUT. */
  readonly maxUploadBytes: number;
  /** `host` or `host:port` of the public URLs, lower case. */
  readonly publicHosts: readonly string[];
  readonly downloadPolicyOf: (mountName: string) => DownloadPolicy;
}

/** One request as values; after this nobody looks at the URL or at a raw path header again. */
export interface DavRequest {
  readonly method: string;
  readonly path: DrivePath;
  /** The same names as the client wrote them, which is how hrefs must spell them. */
  readonly names: readonly string[];
  readonly conditions: Conditions;
  /** The user's whole tree. */
  readonly drive: Drive;
  readonly services: DavServices;
  readonly raw: IncomingMessage;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

/** Parses what every method needs. Throws 400. */
export function parseRequest(
  raw: IncomingMessage,
  response: ServerResponse,
  parts: { drive: Drive; services: DavServices },
): DavRequest {
  const names = decodePath(raw.url ?? '');
  return {
    method: raw.method ?? '',
    path: toDrivePath(names),
    names,
    conditions: parseConditions(raw.headers),
    signal: disconnectSignal(response),
    raw,
    ...parts,
  };
}

/** Hosts that a Destination or a tagged If list may name. */
export function ourHosts({ raw, services }: DavRequest): string[] {
  return [...services.publicHosts, (raw.headers.host ?? '').toLowerCase()].flatMap(host => [
    host,
    host.replace(/:(80|443)$/, ''),
  ]);
}

/** Refuses what would change the root or the folder of a mount: their names are the operator's (S4 of docs/webdav-server.md). */
export function refuseMountFolder(path: DrivePath, action: string): void {
  if (path.length <= 1) {
    throw new DavError(403, `cannot ${action} ${formatPath(path)}: mounts are made in the configuration`);
  }
}

function decodePath(url: string): string[] {
  try {
    return decodeUrlPath(url).names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      throw new DavError(400, error.message);
    }
    throw error;
  }
}

function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) {
      controller.abort(new Error('the client is gone'));
    }
  });
  return controller.signal;
}
