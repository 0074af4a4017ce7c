import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Drive } from '../drive/drive.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { readBody } from '../lib/read-body.ts';
import { type KeyAttempts, type LinkKey, LinkKeys } from './link-keys.ts';

/** The path where AList's and OpenList's proxies request the link of a file. */
export const LINK_PATH = '/api/fs/link';
/** Many times the size of a path and a password. */
const MAX_BODY_BYTES = 64 * 1024;

/** RFC 9110 §11.6.1: a 401 names a scheme. Browsers do not prompt for this one. */
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="download proxy"' };

export interface LinkApiOptions {
  readonly keys: readonly LinkKey[];
  /** Counts wrong keys. */
  readonly attempts: KeyAttempts;
  /** Returns the status and message of an error; undefined for a bug. */
  readonly explain: (
    error: unknown,
  ) => { status: number; message: string; headers: Record<string, string> } | undefined;
  readonly log: (error: unknown) => void;
}

/** A refusal of this API. */
class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Creates the endpoint where a download proxy requests the address of a file: `{"path": "/mount/folder/file"}` with the
 * bare key as Authorization. The response body is AList's and OpenList's envelope; unlike theirs, the HTTP status
 * equals its `code`, so that no proxy takes an error for a file.
 */
export function createLinkApi(options: LinkApiOptions) {
  const keys = new LinkKeys(options.keys, options.attempts);
  return async (request: IncomingMessage, response: ServerResponse, address: string): Promise<void> => {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    try {
      const drive = openWith(keys, request, address);
      const ask = readAsk(await readAskText(request, response));
      send(response, 200, { code: 200, message: 'success', data: await linkTo(drive, ask, controller.signal) });
    } catch (error) {
      sendFailure(response, error, options);
    }
  };
}

interface LinkAsk {
  readonly path: DrivePath;
  /**
   * The last link did not work. In listings of AList and OpenList this word also means: bypass the cache. Their proxies
   * do not send it, and request a link for each client request, so that a second request alone says nothing about the
   * first.
   */
  readonly refresh: boolean;
}

async function linkTo(drive: Drive, { path, refresh }: LinkAsk, signal: AbortSignal): Promise<object> {
  const entry = await drive.stat(path, { signal });
  if (entry.kind === 'folder') {
    throw new LinkError(400, 'the path leads to a folder; only files have links');
  }
  const link = await drive.downloadUrl(path, { signal, fresh: refresh });
  if (link === undefined) {
    throw new LinkError(409, 'this file has no address outside this server');
  }
  const { url, entry: file } = link;
  return { url, header: null, Expiration: null, concurrency: 0, part_size: 0, content_length: file.size };
}

function openWith(keys: LinkKeys, { headers }: IncomingMessage, address: string): Drive {
  const verdict = keys.check(headers.authorization, address);
  if ('drive' in verdict) {
    return verdict.drive;
  }
  if (verdict.refused === 'blocked') {
    const seconds = String(verdict.retryAfterSeconds);
    throw new LinkError(429, `too many wrong keys; try again in ${seconds} s`, { 'Retry-After': seconds });
  }
  throw new LinkError(401, 'send one of downloads.proxy.keys as the Authorization header, without a scheme', CHALLENGE);
}

/** Reads the whole body. Throws LinkError when it is too long. */
async function readAskText(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const text = await readBody(request, response, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new LinkError(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
  }
  return text;
}

/** Parses a request body. Its path is decoded, complete, and without segments that mean another place. */
function readAsk(body: string): LinkAsk {
  const { path, refresh } = fieldsOf(body);
  const names = typeof path === 'string' && path.startsWith('/') ? path.slice(1).split('/') : undefined;
  if (names === undefined || names.some(isOdd)) {
    throw new LinkError(
      400,
      'send {"path": "/mount/folder/file"}, decoded and without dot segments or a trailing slash',
    );
  }
  return { path: toDrivePath(names), refresh: refresh === true };
}

/**
 * Returns true for a name that none of our URLs can have. JSON can contain half of a surrogate pair, which no URL can.
 */
function isOdd(name: string): boolean {
  return name === '' || name === '.' || name === '..' || /[\u0000-\u001f\u007f\\]/.test(name) || !name.isWellFormed();
}

function fieldsOf(body: string): { path?: unknown; refresh?: unknown } {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

function sendFailure(response: ServerResponse, error: unknown, { explain, log }: LinkApiOptions): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const known = error instanceof LinkError ? error : explain(error);
  if (known === undefined) {
    log(error);
  }
  const { status, message, headers } = known ?? {
    status: 500,
    message: 'internal server error; see the server log',
    headers: {},
  };
  send(response, status, { code: status, message, data: null }, headers);
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(text);
}
