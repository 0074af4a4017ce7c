import { randomUUID } from 'node:crypto';
import { Client, type Context, type Middleware, ResponseType } from '@microsoft/microsoft-graph-client';
import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { TokenSource } from './credential.ts';
import { GraphError } from './errors.ts';
import type { Fence } from './fence.ts';
import { parseJson, receiveText } from './receive.ts';
import { withRetry } from './retry.ts';
import type { Transport } from './transport.ts';

interface Call {
  /** What Graph may add to its answer, for the header `Prefer`. */
  readonly prefer?: string;
  /** Others that the operation's page in the Graph docs names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Below `/v1.0`, encoded, with its query; or a nextLink, whole. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** What the path leads to is known to be there: a single "not found" is asked about once more. */
  readonly isKnown?: boolean;
}

interface WriteCall extends Call {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * The statuses that say that it is done, as the operation's page in the Graph docs names them; every other one is
   * an error.
   */
  readonly success: readonly number[];
  /** JSON. */
  readonly body?: object;
  /** Instead of JSON: the bytes of a small file, in order. */
  readonly bytes?: readonly Uint8Array[];
  /** What has the name is to be replaced. */
  readonly isReplacing?: boolean;
  /** Whether doing it twice is the same as doing it once; absent: all but POST. */
  readonly replaySafe?: boolean;
}

/** One call. A GET has 200 as its only success. */
export type GraphCall = (Call & { readonly method: 'GET' }) | WriteCall;

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body; undefined when there is none. */
  readonly json: unknown;
}

export interface ClientParts {
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly transport: Transport;
  readonly fence: Fence;
  readonly clock: Clock;
}

/** What the SDK is told of bytes. */
const NO_BYTES = Buffer.alloc(0);

/** Calls Graph's API. Throws GraphError for every answer that is not a success. */
export type CallGraph = (call: GraphCall) => Promise<GraphAnswer>;

/**
 * The Graph SDK with a middleware chain of our own: authentication, then one terminal that retries and sends. The SDK's
 * own RetryHandler replays what must not be replayed and RedirectHandler can leak the token; neither is in it.
 */
export function createCallGraph(parts: ClientParts): CallGraph {
  const terminal = new TerminalMiddleware(parts);
  const authentication = new AuthenticationMiddleware(parts, terminal);
  const sdk = Client.initWithMiddleware({
    middleware: authentication,
    baseUrl: parts.cloud.graphUrl,
    defaultVersion: 'v1.0',
  });
  return async call => {
    const { method, path, signal } = call;
    const body = 'bytes' in call ? NO_BYTES : 'body' in call ? call.body : undefined;
    const own = new OwnOptions(call);
    const request = sdk.api(path).responseType(ResponseType.RAW).option('signal', signal).middlewareOptions([own]);
    if (Buffer.isBuffer(body)) {
      request.header('Content-Type', 'application/octet-stream');
    }
    if (call.prefer !== undefined) {
      request.header('Prefer', call.prefer);
    }
    if (call.headers !== undefined) {
      request.headers(call.headers);
    }
    const response = await perform(request, method, body).catch((error: unknown) => {
      throw own.error ?? error;
    });
    return { status: response.status, headers: response.headers, json: own.json };
  };
}

/**
 * Carries around the SDK what it does not know: the rules of the call, its JSON, and what our middleware threw, which
 * it would replace by an error of its own without a cause.
 */
class OwnOptions {
  readonly success: readonly number[];
  readonly replaySafe: boolean;
  readonly isKnown: boolean;
  readonly isReplacing: boolean;
  /** Past the SDK, which would put them together in one piece. */
  readonly bytes: readonly Uint8Array[] | undefined;
  json: unknown;
  error: unknown;

  constructor(call: GraphCall) {
    const isRead = call.method === 'GET';
    this.success = isRead ? [200] : call.success;
    this.replaySafe = isRead || (call.replaySafe ?? call.method !== 'POST');
    this.isKnown = call.isKnown ?? false;
    this.bytes = isRead ? undefined : call.bytes;
    this.isReplacing = !isRead && (call.isReplacing ?? false);
  }
}

type SdkRequest = ReturnType<Client['api']>;

async function perform(
  request: SdkRequest,
  method: GraphCall['method'],
  body: object | Buffer | undefined,
): Promise<Response> {
  switch (method) {
    case 'GET':
      return request.get();
    case 'DELETE':
      return request.delete();
    case 'POST':
      return request.post(body ?? {});
    case 'PUT':
      return request.put(body);
    case 'PATCH':
      return request.patch(body);
  }
}

/** Adds the token, for Graph's own host only, and tries once more with a fresh one when it is refused. */
class AuthenticationMiddleware implements Middleware {
  readonly #parts: ClientParts;
  readonly #next: TerminalMiddleware;

  constructor(parts: ClientParts, next: TerminalMiddleware) {
    this.#parts = parts;
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    try {
      await this.#authenticated(context);
    } catch (error) {
      ownOptionsOf(context).error = error;
      throw error;
    }
  }

  async #authenticated(context: Context): Promise<void> {
    const url = urlOf(context);
    if (new URL(url).origin !== this.#parts.cloud.graphUrl) {
      throw new GraphError('protocol', 'refuse to send the token to a host that is not Graph');
    }
    try {
      await this.#next.send(context, await this.#token(context));
    } catch (error) {
      if (!(error instanceof GraphError && error.status === 401)) {
        throw error;
      }
      this.#parts.tokens.forget();
      await this.#next.send(context, await this.#token(context));
    }
  }

  #token(context: Context): Promise<string> {
    return this.#parts.tokens.token(signalOf(context));
  }
}

/**
 * The end of the chain: one logical request through the fence, the retry loop and the transport, its answer read to
 * the end.
 */
class TerminalMiddleware {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async send(context: Context, token: string): Promise<void> {
    const { transport, fence, clock } = this.#parts;
    const signal = signalOf(context);
    const own = ownOptionsOf(context);
    const headers = {
      ...Object.fromEntries(new Headers(context.options?.headers as HeadersInit | undefined)),
      authorization: `Bearer ${token}`,
      'client-request-id': randomUUID(),
    };
    const method = context.options?.method ?? 'GET';
    const call = { method, url: urlOf(context), headers, body: own.bytes ?? bodyOf(context), signal };
    const attempt = async () => {
      const answer = await receiveText(await transport.send(call), { success: own.success, signal, now: clock.now() });
      return { ...answer, json: parseJson(answer) };
    };
    const {
      status,
      headers: received,
      json,
    } = await withRetry(attempt, {
      fence,
      clock,
      signal,
      replaySafe: own.replaySafe,
      isKnown: own.isKnown,
      isReplacing: own.isReplacing,
      lane: laneOf(urlOf(context)),
    });
    own.json = json;
    context.response = new Response(null, { status, headers: received });
  }
}

function ownOptionsOf(context: Context): OwnOptions {
  return context.middlewareControl?.getMiddlewareOptions(OwnOptions) as OwnOptions;
}

/** The drive, or whatever else it is about: `users`, `groups`. */
function laneOf(url: string): string {
  const [, , collection = '', id = ''] = new URL(url).pathname.split('/');
  return collection === 'drives' ? id : collection;
}

function urlOf(context: Context): string {
  return typeof context.request === 'string' ? context.request : context.request.url;
}

function signalOf(context: Context): AbortSignal {
  return context.options?.signal ?? new AbortController().signal;
}

function bodyOf(context: Context): string | Uint8Array | undefined {
  const body = context.options?.body;
  return typeof body === 'string' || body instanceof Uint8Array ? body : undefined;
}
