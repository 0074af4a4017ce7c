import type { IncomingMessage } from 'node:http';
import { findRepeated } from '../lib/headers.ts';
import { objectionToUrlPath } from '../lib/url-path.ts';

export interface Limits {
  /** The limit for the request target. */
  readonly maxUrlBytes: number;
  /** The limit for the header block. */
  readonly maxHeaderBytes: number;
  /** The limit for every body except those that bring files. */
  readonly maxXmlBytes: number;
  /** The limit for a PUT body. */
  readonly maxUploadBytes: number;
}

/** The refusal of a request. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Converts a request target to origin form. Some clients write the whole URL into the request line (RFC 9112 §3.2.2);
 * later steps see only its path.
 */
export function toOriginForm(target: string): string | undefined {
  if (target.startsWith('/')) {
    return target;
  }
  const match = /^https?:\/\/[^/?#\s]+(\/[^#\s]*)?$/i.exec(target);
  return match === null || URL.parse(target) === null ? undefined : (match[1] ?? '/');
}

/** Checks the target of a request; returns undefined when it is valid. Later steps can rely on a decodable target. */
export function objectionToTarget(request: IncomingMessage, limits: Limits): Refusal | undefined {
  const target = request.url ?? '';
  if (target.length > limits.maxUrlBytes) {
    return { status: 414, message: `the URL is longer than ${limits.maxUrlBytes} bytes` };
  }
  // RFC 9110 §9.3.7: OPTIONS * applies to the server as a whole.
  const path = request.method === 'OPTIONS' && target === '*' ? '/' : toOriginForm(target);
  if (path === undefined) {
    return { status: 400, message: 'the request target is not a URL of this server' };
  }
  const message = objectionToUrlPath(path);
  return message === undefined ? undefined : { status: 400, message };
}

/**
 * Headers with a single value: given two, Node takes the first or joins them, and a server in front may have used the
 * other.
 */
const SINGLE_HEADERS = [
  ...['host', 'authorization', 'content-length', 'content-type', 'content-range', 'range'],
  ...['if-range', 'if-modified-since', 'if-unmodified-since'],
];
/** A name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 9110 §7.2). */
const HOST = /^(\[[0-9a-f:.]+\]|[\w.~%-]+)(:\d{0,5})?$/i;
const LAST_PORT = 65_535;

/**
 * Checks the headers that decide the destination and the end of a request; returns undefined when they are unambiguous.
 */
export function objectionToHeaders(request: IncomingMessage, limits: Limits): Refusal | undefined {
  const { headers, httpVersion } = request;
  // Node itself refuses them in HTTP/1.1.
  if (httpVersion === '2.0' && headerBytesOf(request) > limits.maxHeaderBytes) {
    return { status: 431, message: `the headers are longer than ${limits.maxHeaderBytes} bytes` };
  }
  const repeated = findRepeated(request, SINGLE_HEADERS);
  if (repeated !== undefined) {
    return { status: 400, message: `the header ${repeated} must not come twice` };
  }
  // RFC 9112 §3.2.
  if (headers.host === undefined ? httpVersion !== '1.0' : !isHost(headers.host)) {
    return { status: 400, message: 'the Host header is missing or invalid' };
  }
  return objectionToTransferEncoding(headers['transfer-encoding'], httpVersion);
}

/** As the same headers would be in HTTP/1.1: each has a colon, a space and the end of its line. */
function headerBytesOf({ rawHeaders, url = '' }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, url.length);
}

function isHost(text: string): boolean {
  const match = HOST.exec(text);
  return match !== null && Number((match[2] ?? '').slice(1)) <= LAST_PORT;
}

function objectionToTransferEncoding(header: string | undefined, httpVersion: string): Refusal | undefined {
  if (header === undefined || (httpVersion !== '1.0' && /^chunked$/i.test(header.trim()))) {
    return undefined;
  }
  // RFC 9112 §6.1, §6.3: without chunked as the last coding, and in HTTP/1.0, the end of the body is unknown.
  const hasEnd = httpVersion !== '1.0' && /,\s*chunked\s*$/i.test(header);
  return hasEnd
    ? { status: 501, message: 'chunked is the only supported transfer coding' }
    : { status: 400, message: 'the end of the body cannot be determined' };
}

/** Returns the longest body that can be stored, for any client. */
export function longestBody(request: IncomingMessage, { maxXmlBytes, maxUploadBytes }: Limits): number {
  return bringsFiles(request) ? maxUploadBytes : maxXmlBytes;
}

/** A PUT, or a form with files (RFC 7578): both are read as they are stored. */
function bringsFiles({ method, headers }: IncomingMessage): boolean {
  return method === 'PUT' || (method === 'POST' && /^multipart\/form-data\s*;/i.test(headers['content-type'] ?? ''));
}

/** Checks the announced length of a body; returns undefined when it is acceptable, or not announced. */
export function objectionToLength(request: IncomingMessage, { maxXmlBytes }: Limits): Refusal | undefined {
  const { method, headers } = request;
  const length = headers['content-length'];
  if (length === undefined) {
    return undefined;
  }
  if (!Number.isSafeInteger(Number(length))) {
    return { status: 413, message: 'the announced body is longer than the largest file that can be stored' };
  }
  return !bringsFiles(request) && Number(length) > maxXmlBytes
    ? { status: 413, message: `a ${method} body must not be longer than ${maxXmlBytes} bytes` }
    : undefined;
}
