import type { OutgoingHttpHeaders } from 'node:http';
import { constants, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { Http2Request } from './http2-request.ts';

type Headers = OutgoingHttpHeaders | readonly string[];
type WriteCallback = (error: Error) => void;

/** RFC 9110 §6.4.1. */
const STATUSES_WITHOUT_BODY = [204, 205, 304];
const POLL_MS = 10;

/**
 * The answer to a request of HTTP/2 with the promises of `ServerResponse`: `finish` only when all was sent, always one
 * `close`, and no body where the method or the status has none.
 */
export class Http2Response extends Http2ServerResponse<Http2Request> {
  override closed = false;
  override destroyed = false;
  /** True when all was sent, so that no reset can have cut it. */
  override writableFinished = false;
  /** True when this server has reset the stream. */
  isReset = false;
  /** Bytes of the body that were written. */
  bytesWritten = 0;

  constructor(stream: ServerHttp2Stream) {
    super(stream);
    stream.once('finish', () => this.#finished());
    stream.once('aborted', () => {
      this.destroyed = true;
    });
    // Node leaves it out for a HEAD whose answer was never ended.
    stream.once('close', () => this.emit('close'));
  }

  /** Node emits `finish` for every stream that closes. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const isUntrue = (event === 'finish' && !this.writableFinished) || (event === 'close' && this.closed);
    if (isUntrue) {
      return false;
    }
    this.closed ||= event === 'close';
    return super.emit(event, ...args);
  }

  /** RFC 9113 §8.2.2 forbids `Connection`; Node would leave it out, too, but warn. */
  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (name !== 'Connection') {
      super.setHeader(name, value);
    }
  }

  override writeHead(statusCode: number, ...rest: [message?: Headers | string, headers?: Headers]): this {
    // HTTP/2 has no text beside the status.
    const headers = rest.find(part => typeof part === 'object');
    // Then the head ends the stream, and Node may call it aborted before `end` comes.
    this.writableFinished ||= this.#hasNoBody(statusCode) && !this.stream.closed;
    return super.writeHead(statusCode, isList(headers) ? headers : withoutConnection(headers ?? {}));
  }

  override write(
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    const done = typeof encoding === 'function' ? encoding : callback;
    if (this.#hasNoBody(this.statusCode)) {
      process.nextTick(done ?? (() => {}));
      return true;
    }
    this.bytesWritten += Buffer.byteLength(chunk);
    return super.write(chunk, typeof encoding === 'string' ? encoding : 'utf8', done);
  }

  /** Resets the stream: what was sent so far must not look whole. The connection and its other streams go on. */
  override destroy(): this {
    this.reset(constants.NGHTTP2_INTERNAL_ERROR);
    return this;
  }

  /** Resets the stream with a code of RFC 9113 §7. A stream that the client has reset stays the client's. */
  reset(code: number): void {
    this.isReset ||= !this.stream.closed && !this.stream.aborted;
    this.destroyed = true;
    this.stream.close(code);
  }

  #hasNoBody(status: number): boolean {
    return this.req.method === 'HEAD' || STATUSES_WITHOUT_BODY.includes(status);
  }

  #finished(): void {
    this.writableFinished ||= !this.stream.aborted;
    // Nobody reads the rest of the body any more.
    this.req.resume();
    this.#refuseRest();
  }

  /**
   * Resets a request whose answer has gone out before its body has come (RFC 9113 §8.1): no client need send what
   * nobody reads, and the connection goes on. One that came whole is closed by then. An earlier reset would overtake the
   * end of the answer, and Node has no event for that.
   */
  #refuseRest(): void {
    if (this.stream.closed) {
      return;
    }
    if (this.stream.state.localClose === 1) {
      this.stream.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    setTimeout(() => this.#refuseRest(), POLL_MS);
  }
}

function isList(headers: Headers | undefined): headers is readonly string[] {
  return Array.isArray(headers);
}

function withoutConnection({ Connection: _, ...headers }: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers;
}
