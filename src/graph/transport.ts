import { Readable } from 'node:stream';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { Agent, type Dispatcher, errors, ProxyAgent } from 'undici';
import { GraphError } from './errors.ts';

/** Graph can take up to a minute to send its headers. */
const HEADERS_TIMEOUT_MS = 90_000;
/** The longest silence within a body. */
const BODY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
/** A few TLS records. */
const SLICE_BYTES = 64 * 1024;
/** A token answer is a few KiB. */
const MAX_TOKEN_BYTES = 1024 * 1024;

export interface TransportOptions {
  /** `http://host:port` of an HTTP proxy that understands CONNECT. */
  readonly proxy?: string;
  /** Certificates to trust besides the public ones, in PEM. */
  readonly caPem?: string;
  readonly userAgent: string;
  /** Called with every answer as it arrives. */
  readonly onAnswer?: ((url: string, answer: Pick<HttpAnswer, 'status' | 'headers'>) => void) | undefined;
}

/** A body of bytes, in pieces. It is opened anew for each try, and must not change until the last one has ended. */
export interface ByteSource {
  readonly length: number;
  readonly open: () => Iterable<Uint8Array>;
}

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | ByteSource;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Record<string, string>;
  /** Must be read or destroyed; otherwise its connection stays in use. */
  readonly body: Readable;
}

/** The only way out of this process: for tokens, Graph's JSON and file bytes. */
export interface Transport {
  /** Sends one request without following redirects. Throws GraphError `network`, `timeout`, `aborted`. */
  send(call: HttpCall): Promise<HttpAnswer>;
  /** For `@azure/identity`'s `httpClient` option. */
  readonly httpClient: HttpClient;
  /**
   * Like `httpClient`, but without the proxy, for endpoints on this machine: requests for a managed identity must not
   * go through one (Azure docs, IMDS).
   */
  readonly localHttpClient: HttpClient;
  /** Like `send`, but without the proxy, for endpoints on this machine. */
  sendHere(call: HttpCall): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export function createTransport({ proxy, caPem, userAgent, onAnswer = () => {} }: TransportOptions): Transport {
  const tls = caPem === undefined ? {} : { secureContext: contextFor(caPem) };
  const dispatcher = createDispatcher(proxy, tls);
  const local = proxy === undefined ? dispatcher : createDispatcher(undefined, tls);
  const send = createSend(dispatcher, { userAgent, onAnswer });
  const sendHere = createSend(local, { userAgent, onAnswer });
  return {
    send,
    httpClient: identityClient(send),
    localHttpClient: identityClient(sendHere),
    sendHere,
    close: async () => {
      await Promise.all([dispatcher.destroy(), local.destroy()]);
    },
  };
}

/** The last one; a process has one certificate to trust besides the public ones. */
let lastContext: { readonly caPem: string; readonly context: SecureContext } | undefined;

/**
 * One context for all connections of the process: given as `ca`, each new connection would parse and hold all
 * certificates again, which takes a hundredth of a second.
 */
function contextFor(caPem: string): SecureContext {
  if (lastContext?.caPem !== caPem) {
    lastContext = { caPem, context: createSecureContext({ ca: [...rootCertificates, caPem] }) };
  }
  return lastContext.context;
}

function createSend(
  dispatcher: Dispatcher,
  { userAgent, onAnswer }: Required<Pick<TransportOptions, 'userAgent' | 'onAnswer'>>,
): Transport['send'] {
  return async call => {
    try {
      const { statusCode, headers, body } = await dispatcher.request({
        ...splitUrl(call.url),
        method: call.method as Dispatcher.HttpMethod,
        headers: { accept: '*/*', 'user-agent': userAgent, ...lengthOf(call.body), ...call.headers },
        body: sliced(call.body),
        signal: call.signal,
      });
      const answer = { status: statusCode, headers: flatten(headers), body };
      onAnswer(call.url, answer);
      return answer;
    } catch (error) {
      throw errorFromTransport(error, call.signal);
    }
  };
}

/**
 * Splits a URL for the dispatcher, leaving its path unchanged: `new URL` would encode the quotes in an upload session's
 * query, and such URLs are signed.
 */
function splitUrl(url: string): { origin: string; path: string } {
  const { origin } = new URL(url);
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return { origin, path: start === -1 ? '/' : url.slice(start) };
}

/** Returns the Content-Length header: a stream does not state its length. */
function lengthOf(body: HttpCall['body']): Record<string, string> {
  if (body === undefined || typeof body === 'string') {
    return {};
  }
  return { 'content-length': String(body.length) };
}

/**
 * Sends long bodies slice by slice, as fast as the connection accepts them: otherwise the TLS layer would hold an
 * encrypted copy of the whole body.
 */
function sliced(body: HttpCall['body']): string | Uint8Array | null | Readable {
  if (body === undefined || typeof body === 'string' || (body instanceof Uint8Array && body.length <= SLICE_BYTES)) {
    return body ?? null;
  }
  const parts = body instanceof Uint8Array ? [body] : body.open();
  return Readable.from(slicesOf(parts), { objectMode: false, highWaterMark: SLICE_BYTES });
}

function* slicesOf(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    for (let start = 0; start < part.length; start += SLICE_BYTES) {
      yield part.subarray(start, start + SLICE_BYTES);
    }
  }
}

function createDispatcher(proxy: string | undefined, tls: { secureContext?: SecureContext }): Dispatcher {
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  if (proxy === undefined) {
    return new Agent({ ...timeouts, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
  }
  return new ProxyAgent({
    ...timeouts,
    uri: proxy,
    requestTls: { ...tls, timeout: CONNECT_TIMEOUT_MS },
    proxyTls: tls,
    proxyTunnel: true,
  });
}

/** Translates the error of a failed request or a broken body. */
export function errorFromTransport(error: unknown, signal: AbortSignal): GraphError {
  if (error instanceof GraphError) {
    return error;
  }
  if (signal.aborted) {
    return new GraphError('aborted', 'the request was aborted', { cause: error });
  }
  const timedOut =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  const text = error instanceof Error ? error.message : String(error);
  return new GraphError(timedOut ? 'timeout' : 'network', `Microsoft could not be reached: ${text}`, { cause: error });
}

/** Returns true when the transport itself was closed: the process is ending, and a retry is impossible. */
export function isOfClosedTransport({ cause }: GraphError): boolean {
  return cause instanceof errors.ClientDestroyedError || cause instanceof errors.ClientClosedError;
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), String(value)]],
  );
  return Object.fromEntries(entries);
}

function identityClient(send: Transport['send']): HttpClient {
  return {
    sendRequest: async call => {
      const { status, headers, body } = await send({
        method: call.method,
        url: call.url,
        headers: call.headers.toJSON(),
        body: typeof call.body === 'string' ? call.body : undefined,
        signal: (call.abortSignal as AbortSignal | undefined) ?? new AbortController().signal,
      });
      return {
        request: call,
        status,
        headers: createHttpHeaders(headers),
        bodyAsText: await readText(body, MAX_TOKEN_BYTES),
      };
    },
  };
}

/** Reads the body's text; drops everything beyond `limit` bytes. */
export async function readText(body: HttpAnswer['body'], limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) {
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}
