import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The origins whose pages may use this server (Fetch standard, "CORS protocol"); `*`: every page. */
export type CorsOrigins = readonly string[];

/** All methods that are served: a script may send any of them. */
const METHODS = 'GET, HEAD, PUT, DELETE, OPTIONS, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK, REPORT';
/** The headers that a request of a script may have: those that a method here reads, and what libraries add. */
const REQUEST_HEADERS = [
  ...['Authorization', 'Accept', 'Cache-Control', 'Content-Type', 'Content-Language', 'Depth', 'Destination'],
  ...['If', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range', 'Range'],
  ...['Lock-Token', 'Overwrite', 'Timeout', 'Prefer', 'Brief', 'Content-MD5', 'Digest', 'Content-Digest'],
  ...['Repr-Digest', 'OC-Checksum', 'X-OC-Mtime', 'X-OC-CTime', 'X-Requested-With'],
].join(', ');
/** The headers that a script may read besides the safelisted ones (Fetch standard). */
const EXPOSED = [
  ...['Accept-Ranges', 'Allow', 'Content-Disposition', 'Content-Location', 'Content-Range', 'DAV', 'ETag'],
  ...['Location', 'Lock-Token', 'MS-Author-Via', 'Preference-Applied', 'Retry-After', 'X-OC-Mtime', 'X-OC-CTime'],
  ...['X-Request-Id'],
].join(', ');
/** Chromium remembers a preflight for no longer than two hours. */
const MAX_AGE_SECONDS = 7_200;

/**
 * Adds to the answer, whatever its status, that the page may read it. Returns true when the page may send this request:
 * its origin is one of `origins`. Does nothing without origins.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: CorsOrigins): boolean {
  if (origins.length === 0) {
    return false;
  }
  const headers = corsHeaders(request.headers.origin, origins);
  addAtHead(response, { ...headers, Vary: 'Origin' });
  return headers !== undefined;
}

/** True for a browser's question whether a script may send a request. It carries no credentials. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Answers a preflight of a page that may use this server. It tells nothing about files or users. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': REQUEST_HEADERS,
    'Access-Control-Max-Age': String(MAX_AGE_SECONDS),
    'Cache-Control': 'no-store',
  });
  response.end();
}

/**
 * The headers that let a page of this origin read an answer; undefined when it may not. With `*` a browser does not let
 * a page use the password that it has stored; a script can still send its own.
 */
export function corsHeaders(origin: string | undefined, origins: CorsOrigins): Record<string, string> | undefined {
  const isForAll = origins.includes('*');
  if (origin === undefined || !(isForAll || origins.includes(origin))) {
    return undefined;
  }
  return {
    'Access-Control-Allow-Origin': isForAll ? '*' : origin,
    ...(isForAll ? {} : { 'Access-Control-Allow-Credentials': 'true' }),
    'Access-Control-Expose-Headers': EXPOSED,
  };
}

/** Adds headers when the head is written: the Vary of the answer itself would otherwise replace ours, or ours that. */
function addAtHead(response: ServerResponse, { Vary, ...added }: OutgoingHttpHeaders): void {
  const writeHead = response.writeHead.bind(response);
  const replacement = (status: number, headers: OutgoingHttpHeaders = {}) => {
    const own = headers.Vary ?? response.getHeader('Vary');
    const vary = [own, Vary].filter(value => value !== undefined).join(', ');
    return writeHead(status, { ...headers, ...added, ...(vary === '' ? {} : { Vary: vary }) });
  };
  Object.assign(response, { writeHead: replacement });
}
