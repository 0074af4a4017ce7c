import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { rootCertificates } from 'node:tls';

export interface ProbeOptions {
  readonly method: 'GET' | 'OPTIONS';
  /** Certificates to trust besides the public ones, in PEM; `any` where this machine itself answers. */
  readonly trust: string | 'any' | undefined;
  readonly signal: AbortSignal;
}

export interface ProbeAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body. */
  readonly text: string;
}

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 4 * 1024;

/**
 * Sends a request to our own server, or to the proxy in front of it: directly, without the outbound proxy. Follows no
 * redirects.
 */
export function probeHttp(url: string, { method, trust, signal }: ProbeOptions): Promise<ProbeAnswer> {
  const isPlain = new URL(url).protocol === 'http:';
  const tls =
    trust === 'any' ? { rejectUnauthorized: false } : trust === undefined ? {} : { ca: [...rootCertificates, trust] };
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return new Promise((resolve, reject) => {
    const options = { method, signal: deadline, agent: false as const };
    const request = isPlain ? requestHttp(url, options) : requestHttps(url, { ...options, ...tls });
    request.on('error', error => reject(deadline.aborted && !signal.aborted ? timeoutError() : error));
    request.on('response', response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = `${text}${chunk}`.slice(0, MAX_BODY_BYTES);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.end();
  });
}

function timeoutError(): Error {
  return Object.assign(new Error(`no answer within ${TIMEOUT_MS / 1000} s`), { code: 'ETIMEDOUT' });
}
