import type { IncomingMessage } from 'node:http';
import type { Drive } from '../drive/drive.ts';
import type { DavCaller } from './request.ts';

/**
 * The methods whose answers may be kept, and the longest body that is read for it. A longer one is no question that is
 * asked again and again.
 */
const MAX_BODY_BYTES: Readonly<Record<string, number>> = { PROPFIND: 4 * 1024, HEAD: 0, GET: 0 };

/**
 * Headers that no answer depends on: credentials, whose user and rights are in the key, what proxies say about the way,
 * which is in the key as far as it counts, and what differs for each request. All others count, known or not.
 */
const WITHOUT_EFFECT = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'connection', 'keep-alive', 'date', 'content-length', 'via'],
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix'],
  ...['x-forwarded-proto', 'x-forwarded-server', 'x-real-ip', 'x-request-id', 'x-correlation-id', 'traceparent'],
  ...['tracestate', 'x-amzn-trace-id', 'x-cloud-trace-context', 'cf-ray', 'cf-connecting-ip', 'x-client-trace-id'],
]);

/** Returns the length of the request's body; undefined when its answer is never kept. */
export function keptBodyLength({ method = '', headers }: IncomingMessage): number | undefined {
  const isSimple =
    headers['transfer-encoding'] === undefined &&
    headers['content-encoding'] === undefined &&
    headers.expect === undefined;
  const length = Number(headers['content-length'] ?? 0);
  const most = MAX_BODY_BYTES[method] ?? -1;
  return isSimple && length <= most ? length : undefined;
}

/** Returns a text that is equal for two requests exactly when everything is that an answer may depend on. */
export function requestKey(raw: IncomingMessage, caller: DavCaller, body: Buffer | undefined): string {
  const { user, prefix, hosts, isSecure, userPolicy = '' } = caller;
  let key = `${raw.method} ${raw.url} ${numberOf(caller.drive)} ${isSecure} ${userPolicy}\n`;
  key += `${JSON.stringify([user, prefix, hosts])}\n`;
  const { rawHeaders } = raw;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (!WITHOUT_EFFECT.has(name)) {
      key += `${name}:${rawHeaders[at + 1]}\n`;
    }
  }
  return body === undefined ? key : `${key}\n${body.toString('latin1')}`;
}

/** A drive is a view with the rights of a user: another user's, or one with other rights, is another object. */
const numbers = new WeakMap<Drive, number>();
let count = 0;

function numberOf(drive: Drive): number {
  let number = numbers.get(drive);
  if (number === undefined) {
    count += 1;
    number = count;
    numbers.set(drive, number);
  }
  return number;
}
