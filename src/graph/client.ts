import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Client, type Context, type Middleware, ResponseType } from '@microsoft/microsoft-graph-client';
import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { TokenSource } from './credential.ts';
import { GraphError } from './errors.ts';
import type { Fence } from './fence.ts';
import { sendWithRetry } from './retry.ts';
import { errorFromTransport, type HttpAnswer, type Transport } from './transport.ts';

export interface GraphCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/v1.0`, encoded, with its query; or a nextLink, whole. */
  readonly path: string;
  /** JSON, or the bytes of a small file. */
  readonly body?: object | Buffer;
  readonly signal: AbortSignal;
}

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

/** Calls Graph's API. Throws GraphError for every answer that is not a success. */
export type CallGraph = (call: GraphCall) => Promise<GraphAnswer>;

/**
 * The Graph SDK with a middleware chain of our own: authentication, then one terminal that retries and sends. The SDK's own
 * RetryHandler replays what must not be replayed and RedirectHandler can leak the token; neither is in it.
 */
export function createCallGraph(parts: ClientParts): CallGraph {
  const terminal = new TerminalMiddleware(parts);
  const authentication = new AuthenticationMiddleware(parts, terminal);
  const sdk = Client.initWithMiddleware({
    middleware: authentication,
    baseUrl: parts.cloud.graphUrl,
    defaultVersion: 'v1.0',
  });
  return async ({ method, path, body, signal }) => {
    const failure = new FailureOptions();
    const request = sdk.api(path).responseType(ResponseType.RAW).option('signal', signal).middlewareOptions([failure]);
    if (Buffer.isBuffer(body)) {
      request.header('Content-Type', 'application/octet-stream');
    }
    const response = await perform(request, method, body).catch((error: unknown) => {
      throw failure.error ?? error;
    });
    return { status: response.status, headers: response.headers, json: await readJson(response, signal) };
  };
}

/** Carries what our middleware threw around the SDK, which replaces every error by one of its own without a cause. */
class FailureOptions {
  error: unknown;
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
      const failure = context.middlewareControl?.getMiddlewareOptions(FailureOptions) as FailureOptions | undefined;
      Object.assign(failure ?? {}, { error });
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

/** The end of the chain: one logical request through the fence, the retry loop and the transport. */
class TerminalMiddleware {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async send(context: Context, token: string): Promise<void> {
    const { transport, fence, clock } = this.#parts;
    const signal = signalOf(context);
    const method = context.options?.method ?? 'GET';
    const headers = {
      ...Object.fromEntries(new Headers(context.options?.headers as HeadersInit | undefined)),
      authorization: `Bearer ${token}`,
      'client-request-id': randomUUID(),
    };
    const call = { method, url: urlOf(context), headers, body: bodyOf(context), signal };
    const answer = await sendWithRetry(() => transport.send(call), {
      fence,
      clock,
      signal,
      replaySafe: method !== 'POST',
    });
    context.response = toResponse(answer);
  }
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

function toResponse({ status, headers, body }: HttpAnswer): Response {
  const isEmpty = status === 204 || status === 304;
  if (isEmpty) {
    body.resume();
  }
  return new Response(isEmpty ? null : (Readable.toWeb(body) as unknown as ReadableStream), { status, headers });
}

async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw errorFromTransport(error, signal);
  }
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GraphError('protocol', 'Graph answered something that is not JSON', { status: response.status, cause });
  }
}
