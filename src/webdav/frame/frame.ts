import type { ServerResponse } from 'node:http';
import type { v2 } from 'webdav-server';
import type { Log } from '../../lib/log.ts';
import { statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { allowAt, isFor, type MethodName, type MethodTable, type Target } from '../method-table.ts';
import type { DavRequest } from '../request.ts';
import { sendError } from '../respond.ts';
import { KnownUserAuthentication } from './authentication.ts';
import { type ExchangeParts, FrameRequest, FrameResponse } from './exchange.ts';
import { MountFileSystem } from './mount-file-system.ts';
import { type MountNames, MountServer } from './mount-server.ts';

export interface FrameOptions {
  readonly methods: MethodTable;
  readonly mounts: MountNames;
  readonly davClasses: string;
  readonly log: Log;
}

export interface Frame {
  /** Answers one request; resolves when its method has ended, which can be after the client has gone. */
  execute(request: DavRequest, response: ServerResponse): Promise<void>;
}

/** In the package POST is another PUT; what is stored by PATCH would be one more (RFC 5789). Neither is for any resource here. */
const NEVER_ALLOWED = ['POST', 'PATCH'];

/**
 * The package `webdav-server` as our frame: it finds the method's handler and answers OPTIONS. Requests come to it parsed,
 * authenticated and checked; it sees neither them nor their answers, but what stands for them in `exchange.ts`.
 */
export function createFrame(options: FrameOptions): Frame {
  const server = new MountServer({
    requireAuthentification: true,
    respondWithPaths: true,
    httpAuthentication: new KnownUserAuthentication(),
    rootFileSystem: new MountFileSystem(),
    headers: { DAV: options.davClasses },
  });
  server.follow(options.mounts);
  for (const [name, run] of Object.entries(options.methods)) {
    server.method(name, {
      chunked: context => void runMethod(partsOf(context), run, options.log),
      isValidFor: context => isFor(name as MethodName, partsOf(context as v2.HTTPRequestContext).target),
    });
  }
  const refuse = (context: v2.HTTPRequestContext) => void runMethod(partsOf(context), notServed, options.log);
  for (const name of NEVER_ALLOWED) {
    server.method(name, { chunked: refuse, isValidFor: () => false });
  }
  server.onUnknownMethod({ chunked: refuse });
  return {
    execute: async (request, response) => {
      const { promise, resolve: end } = Promise.withResolvers<void>();
      const target = request.method === 'OPTIONS' ? await targetOf(request) : undefined;
      const parts = { request, response, target, end };
      server.executeRequest(new FrameRequest(parts), new FrameResponse(parts));
      await promise;
    },
  };
}

/** The package hands its request on as it has got it. */
function partsOf({ request }: v2.HTTPRequestContext): ExchangeParts {
  return (request as unknown as FrameRequest).parts;
}

async function targetOf(request: DavRequest): Promise<Target> {
  const entry = await statOrNull(request, request.path);
  return entry?.kind ?? 'nothing';
}

async function runMethod(
  { request, response, end }: ExchangeParts,
  run: MethodTable[MethodName],
  log: Log,
): Promise<void> {
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
