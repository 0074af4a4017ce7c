import { isGraphHost } from './clouds.ts';
import { isPreflight, preflight } from './cors.ts';
import { DIRECTORY_OPERATIONS } from './directory-router.ts';
import type { Exchange, Reply } from './exchange.ts';
import { routeGraph } from './graph-router.ts';
import { GRAPH_OPERATIONS } from './graph-routes.ts';
import { ITEM_OPERATIONS } from './item-routes.ts';
import { isLoginPath, LOGIN_ROUTE_OPERATIONS, routeLogin } from './login-router.ts';
import { download } from './operations/download.ts';
import { copyMonitor } from './operations/driveitem-copy.ts';
import { embeddedPreview } from './operations/driveitem-preview.ts';
import { thumbnail } from './operations/thumbnail.ts';
import {
  uploadFragment,
  uploadSessionCancel,
  uploadSessionCommit,
  uploadSessionStatus,
} from './operations/upload-session.ts';
import { type Route, unknownRoute as unknown } from './route.ts';

type ContentOperation = (exchange: Exchange) => Reply | Promise<Reply>;

/** The operations of the content hosts, by pre-authenticated URLs: methods, path, name, resource units. */
const CONTENT_ROUTES: readonly (readonly [methods: string, RegExp, string, number, ContentOperation])[] = [
  ['GET HEAD', /\/_layouts\/15\/download\.aspx$/, 'download', 1, download],
  ['GET HEAD', /^\/transform\/thumbnail$/, 'thumbnail', 0, thumbnail],
  ['GET', /\/_layouts\/15\/embed\.aspx$/, 'preview-page', 0, embeddedPreview],
  ['GET', /\/_api\/v2\.1\/drives\/[^/]+\/operations\/[^/]+$/, 'copy-monitor', 0, copyMonitor],
  ['PUT', /\/uploadSession$/, 'upload-fragment', 0, uploadFragment],
  ['GET', /\/uploadSession$/, 'upload-session-status', 0, uploadSessionStatus],
  ['DELETE', /\/uploadSession$/, 'upload-session-cancel', 0, uploadSessionCancel],
  ['POST', /\/uploadSession$/, 'upload-session-commit', 0, uploadSessionCommit],
];

/** The names of all operations, for calls, faults and latencies. */
export const OPERATIONS: readonly string[] = [
  ...new Set([
    ...['unknown', 'cors-preflight'],
    ...LOGIN_ROUTE_OPERATIONS,
    ...ITEM_OPERATIONS,
    ...GRAPH_OPERATIONS,
    ...DIRECTORY_OPERATIONS,
    ...CONTENT_ROUTES.map(([, , operation]) => operation),
  ]),
];

/** Finds the operation of a request by its host and path; an unknown one is 501, never a guess. */
export function route(exchange: Exchange): Route {
  const { pathname } = exchange.url;
  if (isPreflight(exchange)) {
    return { operation: 'cors-preflight', resourceUnits: 0, run: () => preflight(exchange) };
  }
  if (isLoginPath(exchange, pathname)) {
    return routeLogin(exchange, pathname) ?? unknown(exchange);
  }
  if (isGraphHost(exchange.host) || /^\/+(?:v1\.0|beta)\//.test(pathname)) {
    return routeGraph(exchange);
  }
  return routeContent(exchange, pathname);
}

function routeContent(exchange: Exchange, pathname: string): Route {
  const method = exchange.request.method ?? '';
  const found = CONTENT_ROUTES.find(([methods, path]) => methods.split(' ').includes(method) && path.test(pathname));
  if (found === undefined) {
    return unknown(exchange);
  }
  const [, , operation, resourceUnits, run] = found;
  return { operation, resourceUnits, run: () => run(exchange) };
}
