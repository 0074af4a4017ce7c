import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { attemptedIn } from '../auth/attempt.ts';
import type { Identify } from '../auth/doors.ts';
import type { User } from '../auth/user.ts';
import { runAsRequest } from '../lib/caller.ts';
import { isClientGone } from '../lib/client-gone.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Trace } from '../lib/trace.ts';
import { Unavailable } from '../lib/unavailable.ts';
import { type AccessRecord, type AuditChange, logAccess } from './access-log.ts';
import { allowOrigin, answerPreflight, type CorsOrigins, isPreflight } from './cors.ts';
import { FrontResponse } from './front-response.ts';
import { answerHealth, isOwnPath, type Readiness } from './health.ts';
import { welcomeBodies } from './http2-request.ts';
import { type Limits, objectionToHeaders, objectionToLength, objectionToTarget, toOriginForm } from './limits.ts';
import { answerMetrics, type Exposition, type MetricsToken, type RequestMetrics } from './metrics.ts';
import { type Origin, respellBase, type SplitTarget, splitBasePath } from './origin.ts';
import { OUTSIDE_PATH, type Outside, splitOutside } from './outside.ts';
import { answerVerdict, refuse, refuseForNow } from './refuse.ts';
import type { BeginTrace } from './request-trace.ts';
import type { Serve } from './server.ts';
import type { RequestsUnderWay } from './under-way.ts';
import { readAwayUnreadBody } from './unread-body.ts';

/** The user and origin of an accepted request. */
export interface Caller {
  readonly user: User;
  readonly origin: Origin;
  /** True when the target, without its base path, is in the served tree; false when it is above or beside it. */
  readonly isInTree: boolean;
  /** Undefined: nobody traces. */
  readonly trace: Trace | undefined;
  /** Adds fields to the request's line in the access log. */
  readonly note: (fields: Record<string, unknown>) => void;
  /** Puts the name of the request's mount there. */
  readonly noteMount: (name: string | undefined) => void;
}

/** The handler behind the front door. */
export type Handle = (request: IncomingMessage, response: ServerResponse, caller: Caller) => Promise<void>;

/**
 * An endpoint with its own credentials and error format. `address` is the client's. It limits the body that it reads.
 */
export type Api = (request: IncomingMessage, response: ServerResponse, address: string) => Promise<void>;

/** Pages with a sign-in of their own. */
export type Pages = (
  request: IncomingMessage,
  response: ServerResponse,
  visit: {
    /** The client's. */
    readonly address: string;
    readonly origin: Origin;
    /** Puts the name of a person who has signed in into the access log. */
    readonly logAs: (user: string) => void;
  },
) => Promise<void>;

/** Answers for one of a set of files that anybody may have; `name` is what is left of the target. */
export type AnswerFile = (request: IncomingMessage, response: ServerResponse, name: string) => void;

/** Returns where a browser without credentials is sent to sign in; undefined: it gets the challenge. */
export type SignInAt = (
  request: IncomingMessage,
  /** Of the target: its path below the tree, and the names before it in the client's URLs. */
  place: { readonly url: string; readonly prefix: readonly string[] },
) => string | undefined;

/** The place of the account pages, below the base path. */
const PAGES_PATH = /^\/-\/account(?=[/?]|$)/;

export interface PipelineOptions {
  readonly identify: Identify;
  readonly handle: Handle;
  readonly limits: Limits;
  readonly originOf: (request: IncomingMessage) => Origin;
  /** The pages that may use this server, by origin; none: scripts of other origins get nothing. */
  readonly corsOrigins: CorsOrigins;
  /** The names of the base path of the tree. */
  readonly basePath: readonly string[];
  readonly realm: string;
  /** Whether OPTIONS needs no credentials: some clients send it before they ask for a password. */
  readonly allowUnauthenticatedOptions: boolean;
  /** The DAV header; Finder expects it on the challenge. */
  readonly davClasses: string;
  /** Returns when a user's request may go on, or come again; undefined: now. */
  readonly turnOf: (user: User) => { readonly waitMs: number } | { readonly retryAfterSeconds: number } | undefined;
  readonly readiness: () => Readiness;
  readonly metrics: RequestMetrics & Exposition;
  /** Undefined: nobody traces. */
  readonly beginTrace?: BeginTrace | undefined;
  /** Gets each change and denied attempt, when the audit trail is not the log. */
  readonly auditChange?: AuditChange | undefined;
  /** Gets each request while it is served. */
  readonly underWay: RequestsUnderWay;
  /** Who may read `/-/metrics`; undefined: it is not served here. */
  readonly metricsAccess: { readonly token: MetricsToken } | undefined;
  /** By path below the base path; they accept POST. */
  readonly apis: Readonly<Record<string, Api>>;
  /** The pages `/-/account` below the base path, and all below them; undefined: there are none. */
  readonly pages?: { readonly answer: Pages; readonly signInAt: SignInAt } | undefined;
  /** The tree `/-/s` below the base path, whose visitors are not asked who they are; undefined: there is none. */
  readonly outside?: Outside | undefined;
  /** Files below a path, above or below the base path, that need no credentials; undefined: there are none. */
  readonly files?: { readonly path: string; readonly answer: AnswerFile } | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** The user of OPTIONS without credentials, which reveals only the server's capabilities. */
const NOBODY: User = { name: '', rights: { rules: [] } };

/**
 * Creates the path of a request: id → log → limits → health → user and origin → handler. Resolves when all work on the
 * request has ended.
 */
export function createPipeline(options: PipelineOptions): Serve {
  return async (request, response, situation) => {
    const origin = options.originOf(request);
    const record: AccessRecord = {
      id: origin.requestId ?? randomUUID(),
      address: origin.address,
      user: undefined,
      mount: undefined,
      notes: {},
      trace: options.beginTrace?.(request),
    };
    if (response instanceof FrontResponse) {
      response.requestId = record.id;
    } else {
      response.setHeader('X-Request-Id', record.id);
    }
    const isFromPage = allowOrigin(request, response, options.corsOrigins);
    logAccess(request, response, { record, ...options });
    readAwayUnreadBody(request, response, options);
    // An error without a listener would end the process.
    response.on('error', error => {
      // The access log already records that it was aborted.
      if (!isClientGone(error)) {
        options.log.error({ err: error, id: record.id }, 'an answer failed');
      }
    });
    try {
      const serving = { options, record, origin, isFromPage, ...situation };
      await runAsRequest(record.id, () => serve(request, response, serving));
    } catch (error) {
      if (error instanceof Unavailable) {
        options.log.warn({ err: error, id: record.id }, 'a request could not be served');
        refuseForNow(response, 'the server lacks something for now', error);
        return;
      }
      options.log.error({ err: error, id: record.id }, 'a request failed unexpectedly');
      refuse(response, { status: 500, message: 'internal server error; see the server log' });
    }
  };
}

/** A request that is served. */
interface Serving {
  readonly options: PipelineOptions;
  readonly record: AccessRecord;
  readonly origin: Origin;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { options, record, origin, isFromPage, isFull, isStopping }: Serving & { isFromPage: boolean } & Parameters<Serve>[2],
): Promise<void> {
  if ((isFull || isStopping) && !isOwnPath(request.url ?? '')) {
    record.notes.cause = isStopping ? 'stopping' : 'full';
    refuseForNow(response, isStopping ? 'the server is stopping' : 'the server is full');
    return;
  }
  const wrongHead = objectionToHeaders(request, options.limits) ?? objectionToTarget(request, options.limits);
  if (wrongHead !== undefined) {
    refuse(response, wrongHead);
    return;
  }
  if (isFromPage && isPreflight(request)) {
    answerPreflight(response);
    return;
  }
  request.url = request.url === '*' ? '/' : toOriginForm(request.url!)!;
  const target = splitBasePath(request.url, options.basePath);
  const api = request.method === 'POST' ? options.apis[target?.rest.split('?', 1)[0] ?? ''] : undefined;
  if (api !== undefined) {
    await api(request, response, origin.address);
    return;
  }
  const wrongLength = objectionToLength(request, options.limits);
  if (wrongLength !== undefined) {
    refuse(response, wrongLength);
    return;
  }
  if (options.pages !== undefined && target !== undefined && PAGES_PATH.test(target.rest)) {
    request.url = target.rest;
    const logAs = (user: string) => {
      record.user = user;
    };
    const visit = { address: origin.address, origin: respellBase(origin, target.base), logAs };
    await options.pages.answer(request, response, visit);
    return;
  }
  if (options.files !== undefined && answerFile(request, response, { files: options.files, target })) {
    return;
  }
  const outside = target && splitOutside(target.rest);
  if (outside !== undefined) {
    await serveOutside(request, response, { options, record, origin: respellBase(origin, target!.base), outside });
    return;
  }
  if (isOwnPath(request.url)) {
    await answerOwnPath(request, response, options);
    return;
  }
  await serveUser(request, response, { options, record, origin, target });
}

async function serveOutside(
  request: IncomingMessage,
  response: ServerResponse,
  { options, record, origin, outside }: Serving & { outside: SplitTarget },
): Promise<void> {
  if (options.outside === undefined) {
    answerHealth(OUTSIDE_PATH, response, options.readiness);
    return;
  }
  request.url = outside.rest;
  await options.outside(request, response, {
    origin: { ...origin, prefix: [...origin.prefix, ...outside.base] },
    trace: record.trace,
    admit: user => {
      record.user = user.name;
      welcomeBodies(request);
      return isItsTurn(response, user, options);
    },
    note: fields => void Object.assign(record.notes, fields),
    noteMount: name => {
      record.mount = name;
    },
  });
}

async function serveUser(
  request: IncomingMessage,
  response: ServerResponse,
  { options, record, origin, target }: Serving & { target: SplitTarget | undefined },
): Promise<void> {
  const user = await identify(request, response, { options, record, origin, target });
  if (user === undefined) {
    return;
  }
  record.user = user.name;
  if (!(await isItsTurn(response, user, options))) {
    return;
  }
  const { trace } = record;
  const note = (fields: Record<string, unknown>) => void Object.assign(record.notes, fields);
  const noteMount = (name: string | undefined) => {
    record.mount = name;
  };
  if (target === undefined) {
    await options.handle(request, response, { user, origin, isInTree: false, trace, note, noteMount });
    return;
  }
  request.url = target.rest;
  await options.handle(request, response, {
    user,
    origin: respellBase(origin, target.base),
    isInTree: true,
    trace,
    note,
    noteMount,
  });
}

/** Returns true when the target is one of the files, and it has been answered. */
function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  { files, target }: { files: NonNullable<PipelineOptions['files']>; target: SplitTarget | undefined },
): boolean {
  const path = [target?.rest, request.url].find(each => each?.startsWith(files.path));
  if (path === undefined) {
    return false;
  }
  files.answer(request, response, path.slice(files.path.length).split('?', 1)[0]!);
  return true;
}

async function answerOwnPath(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, metricsAccess, readiness }: PipelineOptions,
): Promise<void> {
  const path = request.url!;
  if (metricsAccess !== undefined && path === '/-/metrics') {
    await answerMetrics(request, response, { metrics, ...metricsAccess });
    return;
  }
  answerHealth(path, response, readiness);
}

/** Returns the user, or undefined when the request has been refused. */
async function identify(
  request: IncomingMessage,
  response: ServerResponse,
  { options, record, origin, target }: Serving & { target: SplitTarget | undefined },
): Promise<User | undefined> {
  if (
    request.method === 'OPTIONS' &&
    options.allowUnauthenticatedOptions &&
    request.headers.authorization === undefined
  ) {
    return NOBODY;
  }
  const verdict = await options.identify(request, record.address);
  if ('user' in verdict) {
    welcomeBodies(request);
    return verdict.user;
  }
  const { refused, door } = verdict;
  Object.assign(record.notes, { refused, door, attempted: attemptedIn(request.headers) });
  const page =
    refused === 'missing' && target !== undefined
      ? options.pages?.signInAt(request, { url: target.rest, prefix: respellBase(origin, target.base).prefix })
      : undefined;
  if (page === undefined) {
    answerVerdict(response, verdict, options);
  } else {
    response.writeHead(302, { Location: page, 'Cache-Control': 'no-store', 'Content-Length': '0' }).end();
  }
  return undefined;
}

/** Waits for the turn of a user with a limit; returns false when the request has been refused (RFC 6585 §4). */
async function isItsTurn(response: ServerResponse, user: User, { turnOf, clock }: PipelineOptions): Promise<boolean> {
  // Anybody could use up one turn for all, and clients that begin with OPTIONS would not get to sign in.
  const turn = user === NOBODY ? undefined : turnOf(user);
  if (turn === undefined) {
    return true;
  }
  if ('waitMs' in turn) {
    await clock.sleep(turn.waitMs);
    return true;
  }
  response.setHeader('Retry-After', String(turn.retryAfterSeconds));
  refuse(response, { status: 429, message: `too many requests; try again in ${turn.retryAfterSeconds} s` });
  return false;
}
