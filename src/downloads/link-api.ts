import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Drive } from '../drive/drive.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { isSameSecret } from './signature.ts';

/** Where AList's and OpenList's proxies ask what a path leads to. */
export const LINK_PATH = '/api/fs/link';
/** A path and a password fit many times over. */
const MAX_BODY_BYTES = 64 * 1024;

/** A key and what it opens: the files of some mounts, to read. */
export interface LinkKey {
  readonly secret: string;
  readonly drive: Drive;
}

export interface LinkApiOptions {
  readonly keys: readonly LinkKey[];
  /** The status and the sentence of an error; undefined for a bug. */
  readonly explain: (
    error: unknown,
  ) => { status: number; message: string; headers: Record<string, string> } | undefined;
  readonly log: (error: unknown) => void;
}

/** A refusal of this API. */
class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Answers a download proxy that asks for the address of a file: `{"path": "/mount/folder/file"}` with the bare key as Authorization. The
 * body is the envelope of AList and OpenList; unlike theirs the HTTP status says the same as its `code`, so that no proxy takes an error for
 * a file.
 */
export function createLinkApi(options: LinkApiOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    try {
      const drive = driveFor(request.headers.authorization, options.keys);
      const path = readPath(await readBody(request));
      send(response, 200, { code: 200, message: 'success', data: await linkTo(drive, path, controller.signal) });
    } catch (error) {
      sendFailure(response, error, options);
    }
  };
}

async function linkTo(drive: Drive, path: DrivePath, signal: AbortSignal): Promise<object> {
  const entry = await drive.stat(path, { signal });
  if (entry.kind === 'folder') {
    throw new LinkError(400, 'the path leads to a folder; only files have links');
  }
  const link = await drive.downloadUrl?.(path, { signal });
  if (link === undefined) {
    throw new LinkError(409, 'this file has no address outside of this server');
  }
  return { url: link.url, header: null, Expiration: null, concurrency: 0, part_size: 0, content_length: entry.size };
}

function driveFor(authorization: string | undefined, keys: readonly LinkKey[]): Drive {
  // Each key is compared, so that the time does not tell which of them fits.
  const fitting = keys.filter(({ secret }) => isSameSecret(authorization ?? '', secret));
  if (fitting[0] === undefined) {
    throw new LinkError(401, 'send one of downloads.proxy.keys as the Authorization header, without a scheme');
  }
  return fitting[0].drive;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new LinkError(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The path of a body: decoded, whole, and without anything that means another place. */
function readPath(body: string): DrivePath {
  const path = pathIn(body);
  const names = typeof path === 'string' && path.startsWith('/') ? path.slice(1).split('/') : undefined;
  if (names === undefined || names.some(isOdd)) {
    throw new LinkError(
      400,
      'send {"path": "/mount/folder/file"}, decoded and without dot segments or a slash at its end',
    );
  }
  return toDrivePath(names);
}

/** No URL of ours leads to such a name. JSON can hold half of a surrogate pair, which no URL can. */
function isOdd(name: string): boolean {
  return name === '' || name === '.' || name === '..' || /[\u0000-\u001f\u007f\\]/.test(name) || !name.isWellFormed();
}

function pathIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { path?: unknown } | null)?.path;
  } catch {
    return undefined;
  }
}

function sendFailure(response: ServerResponse, error: unknown, { explain, log }: LinkApiOptions): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const known =
    error instanceof LinkError ? { status: error.status, message: error.message, headers: {} } : explain(error);
  if (known === undefined) {
    log(error);
  }
  const { status, message, headers } = known ?? {
    status: 500,
    message: 'the server failed; its log says more',
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
