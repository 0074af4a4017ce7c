import { isLoginHost } from './clouds.ts';
import type { Exchange, Reply } from './exchange.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
/**
 * The headers that a script may read besides the safelisted ones (Fetch standard, "CORS-safelisted
 * response-header name").
 */
const EXPOSED =
  'ETag, Location, Preference-Applied, Content-Range, Accept-Ranges, request-id, client-request-id, Retry-After';
/** Seconds for which a browser remembers a preflight. */
const MAX_AGE = '86400';

/**
 * Tells whether it is a browser's preflight (Fetch standard, "CORS-preflight request"). Graph, download and upload
 * URLs allow every origin: they rely on a token or the URL itself, never on cookies.
 */
export function isPreflight({ request, host }: Exchange): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  return request.method === 'OPTIONS' && origin !== undefined && method !== undefined && !isLoginHost(host);
}

/** Checks neither token nor tempauth: a browser sends no credentials with it. */
export function preflight({ request }: Exchange): Reply {
  const headers = request.headers['access-control-request-headers'];
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(typeof headers === 'string' ? { 'access-control-allow-headers': headers } : {}),
      'access-control-max-age': MAX_AGE,
    },
  };
}

/** The headers of every answer to a browser's script, including refusals. */
export function corsHeaders({ request, host }: Exchange): Record<string, string> {
  return request.headers.origin === undefined || isLoginHost(host)
    ? {}
    : { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED };
}
