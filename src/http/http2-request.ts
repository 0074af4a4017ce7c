import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type IncomingHttpHeaders as Http2Headers, Http2ServerRequest, type ServerHttp2Stream } from 'node:http2';
import type { ReadableOptions } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** The windows of a connection whose user is known: what a line of 100 Mbit/s and 40 ms has on its way. */
const STREAM_WINDOW_BYTES = 512 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * STREAM_WINDOW_BYTES;

/** The connections below streams. Node hides a stream's own behind a proxy that is another one for each stream. */
const sockets = new WeakMap<object, TLSSocket>();
/** The sessions whose windows are wide already. */
const widened = new WeakSet<object>();

/** The connections that this server has cut. */
const cut = new WeakSet<object>();

export function rememberCut(socket: TLSSocket): void {
  cut.add(socket);
}

export function wasCut(socket: TLSSocket): boolean {
  return cut.has(socket);
}

export function rememberSocket(session: object, socket: TLSSocket): void {
  sockets.set(session, socket);
}

/**
 * A request of HTTP/2 in the form of HTTP/1.1, so that every check behind the door reads it without a difference: the
 * names of its headers, Host, and a body of unknown length as chunked (RFC 9113 §8.2.2 forbids that header, so no
 * client can have sent it). A body that its client breaks off ends with an error. In Node's own class it would look
 * whole, and half a file would be stored.
 */
export class Http2Request extends Http2ServerRequest {
  /** True when the whole body has come and been handed on, so that no byte of it can be lost. */
  override complete: boolean;
  override readonly headers: IncomingHttpHeaders;
  override readonly rawHeaders: string[];
  /** The connection: the same object for all its requests. Ending it ends them all. */
  override readonly socket: TLSSocket;
  /** Bytes of the body that were read. */
  bytesRead = 0;
  #distinct: NodeJS.Dict<string[]> | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: Http2Headers,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, rawHeaders);
    this.socket = sockets.get(stream.session!)!;
    this.rawHeaders = toHttp1Headers(rawHeaders, stream.endAfterHeaders);
    this.headers = joinedHeaders(headers, this.rawHeaders);
    this.complete = stream.endAfterHeaders;
    stream.once('end', () => {
      this.complete ||= !stream.aborted;
    });
    stream.once('aborted', () => this.#breakOff());
    // Without a reader, the error of a body that was broken off is nobody's.
    this.on('error', () => {});
  }

  /** As in `IncomingMessage`. */
  get headersDistinct(): NodeJS.Dict<string[]> {
    this.#distinct ??= distinctHeaders(this.rawHeaders);
    return this.#distinct;
  }

  override push(chunk: Buffer | null): boolean {
    this.bytesRead += chunk?.length ?? 0;
    return super.push(chunk);
  }

  /** Announces wide windows for the bodies of this connection. */
  widenWindows(): void {
    const { session } = this.stream;
    if (session === undefined || session.destroyed || widened.has(session)) {
      return;
    }
    widened.add(session);
    session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  }

  /** The bytes that the stream still holds are lost when it closes. */
  #breakOff(): void {
    if (!this.complete) {
      this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    }
  }
}

/** Lets the client of a known user send more before it must wait; others have the small windows of RFC 9113 §6.9.2. */
export function welcomeBodies(request: IncomingMessage | Http2Request): void {
  if (request instanceof Http2Request) {
    request.widenWindows();
  }
}

/**
 * Host is `:authority` (RFC 9113 §8.3.1). A client that sends another one beside it has two, and gets the answer for
 * that. Every other pseudo-header has a place of its own.
 */
function toHttp1Headers(raw: readonly string[], endsAfterHeaders: boolean): string[] {
  const fields = pairsOf(raw);
  const first = (name: string) => fields.find(([field]) => field === name)?.[1];
  const authority = first(':authority');
  const isOfUnknownLength = !endsAfterHeaders && first('content-length') === undefined;
  return [
    ...(authority === undefined ? [] : ['host', authority]),
    ...fields.filter(([name, value]) => !name.startsWith(':') && !(name === 'host' && value === authority)).flat(),
    ...(isOfUnknownLength ? ['transfer-encoding', 'chunked'] : []),
  ];
}

/** Node has joined repeated headers already; only those that were added are missing. */
function joinedHeaders(headers: Http2Headers, raw: readonly string[]): IncomingHttpHeaders {
  // A header may be called `constructor`.
  const joined: IncomingHttpHeaders = Object.create(null);
  for (const [name, value] of pairsOf(raw)) {
    joined[name] ??= headers[name] ?? value;
  }
  return joined;
}

function distinctHeaders(raw: readonly string[]): NodeJS.Dict<string[]> {
  const distinct: NodeJS.Dict<string[]> = Object.create(null);
  for (const [name, value] of pairsOf(raw)) {
    distinct[name] = [...(distinct[name] ?? []), value];
  }
  return distinct;
}

/** Names come in lower case (RFC 9113 §8.2.1). */
function pairsOf(raw: readonly string[]): (readonly [name: string, value: string])[] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!]);
}
