import { randomUUID } from 'node:crypto';
import { Client, type Context, type Middleware, ResponseType } from '@microsoft/microsoft-graph-client';
import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { TokenSource } from './credential.ts';
import { GraphError } from './errors.ts';
import type { Fence } from './fence.ts';
import { type CallSpan, type GraphObserver, inSpan, NO_OBSERVER, observeTry } from './observer.ts';
import { operationOf } from './operation.ts';
import { parseJson, receiveText } from './receive.ts';
import { withRetry } from './retry.ts';
import { send } from './send.ts';
import type { ByteSource, Transport } from './transport.ts';

interface Call {
  /** The value of the `Prefer` header. */
  readonly prefer?: string;
  /** Others that the operation's page in the Graph docs names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The encoded path below `/v1.0` with its query, or a complete nextLink. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** The item is known to exist: a single "not found" is checked once more. */
  readonly isKnown?: boolean;
}

interface WriteCall extends Call {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The statuses that mean success, as on the operation's page in the Graph docs; all others are errors. */
  readonly success: readonly number[];
  /** The JSON body. */
  readonly body?: object;
  /** The bytes of a small file instead of JSON. */
  readonly bytes?: ByteSource;
  /** An item with the same name will be replaced. */
  readonly isReplacing?: boolean;
  /** True when repeating the request changes nothing more; absent: true for all methods but POST. */
  readonly replaySafe?: boolean;
}

interface ReadCall extends Call {
  readonly method: 'GET';
  /** True when the answer is a redirect, whose Location the caller reads. */
  readonly redirects?: true;
}

/** One call. A GET has 200 as its only success, or 302 when it `redirects`. */
export type GraphCall = ReadCall | WriteCall;

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
  readonly observer?: GraphObserver | undefined;
}

/** The body that the SDK sees instead of bytes. */
const NO_BYTES = Buffer.alloc(0);

/** Calls Graph's API. Throws GraphError for every unsuccessful answer. */
export type CallGraph = (call: GraphCall) => Promise<GraphAnswer>;

/**
 * Returns a caller that uses the Graph SDK with our own middleware chain: authentication, then one terminal that
 * retries and sends. The SDK's RetryHandler repeats requests that must not be repeated, and its RedirectHandler can
 * leak the token; the chain has neither.
 */
export function createCallGraph(parts: ClientParts): CallGraph {
  const { observer = NO_OBSERVER } = parts;
  const terminal = new TerminalMiddleware({ ...parts, observer });
  const authentication = new AuthenticationMiddleware(parts, terminal);
  const sdk = Client.initWithMiddleware({
    middleware: authentication,
    baseUrl: parts.cloud.graphUrl,
    defaultVersion: 'v1.0',
  });
  const perform = async (call: GraphCall, own: OwnOptions): Promise<GraphAnswer> => {
    const { method, path, signal } = call;
    const body = 'bytes' in call ? NO_BYTES : 'body' in call ? call.body : undefined;
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
    const response = await run(request, method, body).catch((error: unknown) => {
      throw own.error ?? error;
    });
    return { status: response.status, headers: response.headers, json: own.json };
  };
  return call => {
    const operation = operationOf(call.method, call.path);
    return inSpan(observer, operation, span => perform(call, new OwnOptions(call, { operation, span })));
  };
}

/**
 * Carries data past the SDK: the rules of the call, its JSON, and the error that our middleware threw, which the SDK
 * would replace with its own error without a cause.
 */
class OwnOptions {
  readonly success: readonly number[];
  readonly replaySafe: boolean;
  readonly isKnown: boolean;
  readonly isReplacing: boolean;
  /** Kept from the SDK, which would read them. */
  readonly bytes: ByteSource | undefined;
  /** What an observer is told of it. */
  readonly told: { readonly operation: string; readonly span: CallSpan | undefined };
  json: unknown;
  error: unknown;

  constructor(call: GraphCall, told: OwnOptions['told']) {
    this.told = told;
    const isRead = call.method === 'GET';
    this.success = isRead ? [call.redirects ? 302 : 200] : call.success;
    this.replaySafe = isRead || (call.replaySafe ?? call.method !== 'POST');
    this.isKnown = call.isKnown ?? false;
    this.bytes = isRead ? undefined : call.bytes;
    this.isReplacing = !isRead && (call.isReplacing ?? false);
  }
}

type SdkRequest = ReturnType<Client['api']>;

async function run(
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

/** Adds the token, for Graph's own host only, and retries once with a fresh token after a refusal. */
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
      throw new GraphError('protocol', 'refused to send the token to a host that is not Graph');
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
 * The end of the chain: sends one logical request through the fence, the retry loop and the transport, and reads the
 * whole answer.
 */
class TerminalMiddleware {
  readonly #parts: ClientParts & { readonly observer: GraphObserver };

  constructor(parts: ClientParts & { readonly observer: GraphObserver }) {
    this.#parts = parts;
  }

  async send(context: Context, token: string): Promise<void> {
    const { transport, fence, clock, observer } = this.#parts;
    const signal = signalOf(context);
    const own = ownOptionsOf(context);
    const id = randomUUID();
    const headers = {
      ...Object.fromEntries(new Headers(context.options?.headers as HeadersInit | undefined)),
      authorization: `Bearer ${token}`,
      'client-request-id': id,
      ...own.told.span?.headers,
    };
    const method = context.options?.method ?? 'GET';
    const call = { method, url: urlOf(context), headers, body: own.bytes ?? bodyOf(context), signal };
    const attempt = async () => {
      const sent = await observeTry({ observer, ...own.told }, () => send(transport, call));
      const answer = await receiveText(sent, { success: own.success, signal, now: clock.now() });
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
      observer,
    }).catch((error: unknown) => {
      if (error instanceof GraphError) {
        error.clientRequestId = id;
      }
      throw error;
    });
    own.json = json;
    context.response = new Response(null, { status, headers: received });
  }
}

function ownOptionsOf(context: Context): OwnOptions {
  return context.middlewareControl?.getMiddlewareOptions(OwnOptions) as OwnOptions;
}

/** Returns the drive's id, or the collection, such as `users` or `groups`. */
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
