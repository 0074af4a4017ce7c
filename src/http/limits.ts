import type { IncomingMessage } from 'node:http';
import { objectionToUrlPath } from '../lib/url-path.ts';

export interface Limits {
  /** Of the request target. */
  readonly maxUrlBytes: number;
  /** Of the header block. */
  readonly maxHeaderBytes: number;
  /** Of every body but a PUT's. */
  readonly maxXmlBytes: number;
  /** Of a PUT's. */
  readonly maxUploadBytes: number;
}

/** Why a request goes no further. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Some clients write the whole URL into the request line (RFC 9112 §3.2.2); what follows sees its path only. */
export function toOriginForm(target: string): string | undefined {
  if (target.startsWith('/')) {
    return target;
  }
  const match = /^https?:\/\/[^/?#\s]+(\/[^#\s]*)?$/i.exec(target);
  return match === null || URL.parse(target) === null ? undefined : (match[1] ?? '/');
}

/**
 * Looks at the target of a request; undefined when it is fine. Nothing behind it need expect one that cannot be
 * decoded.
 */
export function objectionToTarget(request: IncomingMessage, limits: Limits): Refusal | undefined {
  const target = request.url ?? '';
  if (target.length > limits.maxUrlBytes) {
    return { status: 414, message: `the URL is longer than ${limits.maxUrlBytes} bytes` };
  }
  // RFC 9110 §9.3.7: OPTIONS * is about the server as a whole.
  const path = request.method === 'OPTIONS' && target === '*' ? '/' : toOriginForm(target);
  if (path === undefined) {
    return { status: 400, message: 'the request target is not a URL of this server' };
  }
  const message = objectionToUrlPath(path);
  return message === undefined ? undefined : { status: 400, message };
}

/**
 * Headers of one value: of two node takes the first, or joins them, and a server in front may have taken the other one.
 */
const SINGLE_HEADERS = [
  ...['host', 'authorization', 'content-length', 'content-type', 'content-range', 'range'],
  ...['if-range', 'if-modified-since', 'if-unmodified-since'],
];
/** A name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 9110 §7.2). */
const HOST = /^(\[[0-9a-f:.]+\]|[\w.~%-]+)(:\d{0,5})?$/i;
const LAST_PORT = 65_535;

/**
 * Looks at what decides where a request goes and where it ends; undefined when nothing of it can be read in two ways.
 */
export function objectionToHeaders({ headers, headersDistinct, httpVersion }: IncomingMessage): Refusal | undefined {
  const repeated = SINGLE_HEADERS.find(name => headers[name] !== undefined && (headersDistinct[name]?.length ?? 0) > 1);
  if (repeated !== undefined) {
    return { status: 400, message: `the header ${repeated} must not come twice` };
  }
  // RFC 9112 §3.2.
  if (headers.host === undefined ? httpVersion !== '1.0' : !isHost(headers.host)) {
    return { status: 400, message: 'the Host header is missing or is no host' };
  }
  return objectionToTransferEncoding(headers['transfer-encoding'], httpVersion);
}

function isHost(text: string): boolean {
  const match = HOST.exec(text);
  return match !== null && Number((match[2] ?? '').slice(1)) <= LAST_PORT;
}

function objectionToTransferEncoding(header: string | undefined, httpVersion: string): Refusal | undefined {
  if (header === undefined || (httpVersion !== '1.0' && /^chunked$/i.test(header.trim()))) {
    return undefined;
  }
  // RFC 9112 §6.1, §6.3: without chunked as the last coding, and in HTTP/1.0, nobody can say where the body ends.
  const hasEnd = httpVersion !== '1.0' && /,\s*chunked\s*$/i.test(header);
  return hasEnd
    ? { status: 501, message: 'no other transfer coding than chunked is understood' }
    : { status: 400, message: 'the end of the body cannot be known' };
}

/** More than that is never stored, whoever sends it. */
export function longestBody(method: string | undefined, { maxXmlBytes, maxUploadBytes }: Limits): number {
  return method === 'PUT' ? maxUploadBytes : maxXmlBytes;
}

/** Looks at the announced length of a body; undefined when it could be taken, or none is announced. */
export function objectionToLength({ method, headers }: IncomingMessage, { maxXmlBytes }: Limits): Refusal | undefined {
  const length = headers['content-length'];
  if (length === undefined) {
    return undefined;
  }
  if (!Number.isSafeInteger(Number(length))) {
    return { status: 413, message: 'the announced body is longer than anything that could be stored' };
  }
  return method !== 'PUT' && Number(length) > maxXmlBytes
    ? { status: 413, message: `a ${method} body must not be longer than ${maxXmlBytes} bytes` }
    : undefined;
}
