import type { ServerResponse } from 'node:http';
import { v2 } from 'webdav-server';
import { toDrivePath } from '../drive/path.ts';
import type { Log } from '../lib/log.ts';
import { statOrNull } from './check-conditions.ts';
import { DavError } from './errors.ts';
import { allowAt, isFor, type MethodName, type MethodTable, type Offer, offerAt, type Target } from './method-table.ts';
import { type DavRequest, scopeOf } from './request.ts';
import { sendError } from './respond.ts';

export interface FrameOptions {
  readonly methods: MethodTable;
  readonly davClasses: string;
  /** Instead of those in OPTIONS, for what the user may only read. */
  readonly readOnlyClasses: string;
  readonly log: Log;
}

export interface Frame {
  /** Answers one request. Resolves when its method has ended, which can be after the client has gone. */
  execute(request: DavRequest, response: ServerResponse): Promise<void>;
}

/** The package treats POST as another PUT, and its PATCH also stores (RFC 5789). No resource here allows either. */
const NEVER_ALLOWED = ['POST', 'PATCH'];

/**
 * The package `webdav-server` is our frame, because the order for this server names it. It knows which methods there
 * are, and answers OPTIONS and methods that nobody serves. The others go straight to their functions: the package would
 * parse their URL again and build a context that no function reads, a tenth of the time of a short answer.
 */
export function createFrame({ methods, davClasses, readOnlyClasses, log }: FrameOptions): Frame {
  const server = new v2.WebDAVServer({
    requireAuthentification: true,
    httpAuthentication: new KnownUserAuthentication(),
    rootFileSystem: new StandInFileSystem(),
    headers: { DAV: davClasses },
  });
  const refuse = (context: v2.HTTPRequestContext) => refuseMethod(exchangeOf(context), log);
  for (const name of Object.keys(methods) as MethodName[]) {
    server.method(name, {
      chunked: refuse,
      isValidFor: context => {
        const { target, offer } = exchangeOf(context as v2.HTTPRequestContext);
        return isFor(name, target, offer);
      },
    });
  }
  for (const name of NEVER_ALLOWED) {
    server.method(name, { chunked: refuse, isValidFor: () => false });
  }
  server.onUnknownMethod({ chunked: refuse });
  return {
    execute: async (request, response) => {
      if (Object.hasOwn(methods, request.method)) {
        response.setHeader('DAV', davClasses);
        response.setHeader('MS-Author-Via', 'DAV');
        await methods[request.method as MethodName](request, response);
        return;
      }
      const { promise, resolve: end } = Promise.withResolvers<void>();
      const target = request.method === 'OPTIONS' ? await targetOf(request) : undefined;
      const isOpen = target === undefined || (target === 'nothing' && (await isOutsideMounts(request)));
      const offer: Offer = isOpen ? { access: 'write', hasReport: false } : offerAt(request);
      const classes = offer.access === 'read' ? readOnlyClasses : davClasses;
      const exchange = { request, response, target, offer, classes, end };
      server.executeRequest(new FrameRequest(exchange), new FrameResponse(exchange));
      await promise;
    },
  };
}

/** A request on its way through the package. */
interface Exchange {
  readonly request: DavRequest;
  readonly response: ServerResponse;
  /** What exists at the path, for OPTIONS. The other methods find that out themselves. */
  readonly target: Target | undefined;
  readonly offer: Offer;
  /** The value of the DAV header. */
  readonly classes: string;
  /** Called when the work on the request is over. */
  readonly end: () => void;
}

async function targetOf({ drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>): Promise<Target> {
  const entry = await statOrNull(drive, path, { signal });
  return entry?.kind ?? 'nothing';
}

/**
 * Outside the mounts OPTIONS speaks for all of them. Without credentials every place is outside, and a client must not
 * learn there that it cannot write.
 */
async function isOutsideMounts({ drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>) {
  const start = path.findIndex((_, index) => scopeOf(drive, toDrivePath(path.slice(0, index + 1))) !== '');
  const mount = toDrivePath(path.slice(0, start + 1));
  return start === -1 || (await targetOf({ drive, path: mount, signal })) === 'nothing';
}

/** The package passes on the same request object that it was given. */
function exchangeOf({ request }: v2.HTTPRequestContext): Exchange {
  return (request as unknown as FrameRequest).exchange;
}

function refuseMethod({ request, response, end }: Exchange, log: Log): void {
  const { method } = request;
  const error = NEVER_ALLOWED.includes(method)
    ? new DavError(405, `${method} is not allowed`, { headers: allowAt('file', offerAt(request)) })
    : new DavError(501, `${method} is not served`);
  sendError(response, error, log);
  end();
}

/** The package reads these headers of each request. Without a Depth it throws and catches an exception. */
const HEADERS = { depth: '0' };

/** A request as the package sees it. Only the method differs from one request to the next. */
class FrameRequest {
  readonly exchange: Exchange;
  readonly method: string;
  /** Any name works except the root's: for the root the package makes a second context. */
  readonly url = '/resource';
  readonly headers = HEADERS;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.method = exchange.request.method;
  }
}

/**
 * The headers of the package that reach the client. The package sets more on every answer (S5 of
 * docs/webdav-server.md).
 */
const WANTED_HEADERS = ['MS-Author-Via'];

/** An answer as the package sees it. */
class FrameResponse {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  set statusCode(code: number) {
    this.#exchange.response.statusCode = code;
  }

  setHeader(name: string, value: string): void {
    if (name === 'DAV') {
      this.#exchange.response.setHeader(name, this.#exchange.classes);
    } else if (WANTED_HEADERS.includes(name) || (name === 'Allow' && this.#exchange.target !== undefined)) {
      this.#exchange.response.setHeader(name, value);
    }
  }

  /** The package listens for errors of the connection. They are handled elsewhere. */
  on(): void {}

  end(): void {
    const { response, end } = this.#exchange;
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', '0');
    response.end();
    end();
  }
}

/**
 * Tells the package that the user is known; every user is known at this point. The package's own authentication can be
 * bypassed (S1–S3).
 */
class KnownUserAuthentication implements v2.HTTPAuthentication {
  askForAuthentication(): Record<string, string> {
    return {};
  }

  getUser(_context: v2.HTTPRequestContext, callback: (error: Error, user?: v2.IUser) => void): void {
    const user: v2.IUser = { uid: 'known', username: 'known', isAdministrator: false, isDefaultUser: false };
    callback(null as unknown as Error, user);
  }
}

/**
 * Before every request the package asks this file system for the type of the path, to fill in `Allow`. Our method table
 * knows better, so this answers without a look. It does not check the user's rights either: our drives do.
 */
class StandInFileSystem extends v2.VirtualFileSystem {
  override type(_context: v2.RequestContext, _path: unknown, callback: v2.ReturnCallback<v2.ResourceType>): void {
    callback(undefined, v2.ResourceType.Directory);
  }
}
