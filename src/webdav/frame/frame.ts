import type { IncomingMessage, ServerResponse } from 'node:http';
import { v2 } from 'webdav-server';
import type { Log } from '../../lib/log.ts';
import { statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { allowAt, isFor, type MethodName, type MethodTable, type Target } from '../method-table.ts';
import type { DavRequest } from '../request.ts';
import { sendError } from '../respond.ts';
import { KnownUserAuthentication } from './authentication.ts';
import { MountFileSystem } from './mount-file-system.ts';

export interface FrameOptions {
  readonly methods: MethodTable;
  readonly mountNames: readonly string[];
  readonly davClasses: string;
  readonly log: Log;
}

export interface Frame {
  /** Answers one request; resolves when its method has ended, which can be after the client has gone. */
  execute(request: DavRequest, response: ServerResponse): Promise<void>;
}

/** In the package POST is another PUT; what is stored by PATCH would be one more (RFC 5789). Neither is for any resource here. */
const NEVER_ALLOWED = ['POST', 'PATCH'];
/** What the package sets on every answer and nobody asked for (S5 of docs/webdav-server.md). */
const UNWANTED_HEADERS = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Server',
  'WWW-Authenticate',
  'Allow',
];

interface Exchange {
  readonly request: DavRequest;
  readonly response: ServerResponse;
  /** What is at the path; looked up for OPTIONS only. */
  readonly target: Target;
  /** Nobody works on the request any more. */
  readonly end: () => void;
}

/**
 * The package `webdav-server` as our frame: it finds the method's handler and answers OPTIONS. Requests come to it parsed,
 * authenticated and checked; it sees a raw request only to carry it.
 */
export function createFrame(options: FrameOptions): Frame {
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const exchangeOf = (context: v2.HTTPRequestContext) => exchanges.get(context.request)!;
  const server = new v2.WebDAVServer({
    requireAuthentification: true,
    respondWithPaths: true,
    httpAuthentication: new KnownUserAuthentication(),
    rootFileSystem: new MountFileSystem(),
    headers: { DAV: options.davClasses },
  });
  for (const name of options.mountNames) {
    server.setFileSystemSync(`/${name}`, new MountFileSystem());
  }
  for (const [name, run] of Object.entries(options.methods)) {
    server.method(name, {
      chunked: context => void runMethod(exchangeOf(context), run, options.log),
      isValidFor: context => isFor(name as MethodName, exchangeOf(context as v2.HTTPRequestContext).target),
    });
  }
  const refuse = (context: v2.HTTPRequestContext) => void runMethod(exchangeOf(context), notServed, options.log);
  for (const name of NEVER_ALLOWED) {
    server.method(name, { chunked: refuse, isValidFor: () => false });
  }
  server.onUnknownMethod({ chunked: refuse });
  // Comes after the package's own answers only.
  server.afterRequest((context, next) => {
    exchangeOf(context).end();
    next();
  });
  return {
    execute: async (request, response) => {
      const { promise, resolve: end } = Promise.withResolvers<void>();
      response.once('close', end);
      const target = request.method === 'OPTIONS' ? await targetOf(request) : 'nothing';
      exchanges.set(request.raw, { request, response, target, end });
      if (request.method === 'OPTIONS') {
        tidyOptions(response);
      }
      try {
        server.executeRequest(request.raw, response);
      } catch (cause) {
        // The package throws on URLs that it cannot read (B3, B4); none should come so far.
        throw new DavError(400, 'the request cannot be read', { cause });
      }
      await promise;
    },
  };
}

async function targetOf(request: DavRequest): Promise<Target> {
  const entry = await statOrNull(request, request.path);
  return entry?.kind ?? 'nothing';
}

async function runMethod({ request, response, end }: Exchange, run: MethodTable[MethodName], log: Log): Promise<void> {
  // A change goes on without its client.
  response.off('close', end);
  for (const name of UNWANTED_HEADERS) {
    response.removeHeader(name);
  }
  try {
    await run(request, response);
  } catch (error) {
    sendError(response, error, log);
  } finally {
    end();
  }
}

async function notServed({ method }: DavRequest): Promise<void> {
  if (NEVER_ALLOWED.includes(method)) {
    throw new DavError(405, `${method} is not allowed`, { headers: allowAt('file') });
  }
  throw new DavError(501, `${method} is not served`);
}

/** The package's OPTIONS answers by itself; the unwanted headers are taken off as its head goes out. */
function tidyOptions(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    for (const name of UNWANTED_HEADERS.filter(header => header !== 'Allow')) {
      response.removeHeader(name);
    }
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', '0');
    return writeHead(...args);
  }) as typeof response.writeHead;
}
