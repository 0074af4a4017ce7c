import { isGraphHost } from './clouds.ts';
import { isPreflight, preflight } from './cors.ts';
import type { Exchange, Reply } from './exchange.ts';
import { routeGraph } from './graph-router.ts';
import { isLoginPath, routeLogin } from './login-router.ts';
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

const UPLOAD_ROUTES: Record<string, [operation: string, run: (exchange: Exchange) => Reply | Promise<Reply>]> = {
  PUT: ['upload-fragment', uploadFragment],
  GET: ['upload-session-status', uploadSessionStatus],
  DELETE: ['upload-session-cancel', uploadSessionCancel],
  POST: ['upload-session-commit', uploadSessionCommit],
};

/** Finds the operation of a request by its host and path; what is not known is 501, never a guess. */
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
  if ((method === 'GET' || method === 'HEAD') && pathname.endsWith('/_layouts/15/download.aspx')) {
    return { operation: 'download', resourceUnits: 1, run: () => download(exchange) };
  }
  if ((method === 'GET' || method === 'HEAD') && pathname === '/transform/thumbnail') {
    return { operation: 'thumbnail', resourceUnits: 0, run: () => thumbnail(exchange) };
  }
  if (method === 'GET' && pathname.endsWith('/_layouts/15/embed.aspx')) {
    return { operation: 'preview-page', resourceUnits: 0, run: () => embeddedPreview(exchange) };
  }
  if (method === 'GET' && /\/_api\/v2\.1\/drives\/[^/]+\/operations\/[^/]+$/.test(pathname)) {
    return { operation: 'copy-monitor', resourceUnits: 0, run: () => copyMonitor(exchange) };
  }
  const upload = pathname.endsWith('/uploadSession') ? UPLOAD_ROUTES[method] : undefined;
  return upload === undefined
    ? unknown(exchange)
    : { operation: upload[0], resourceUnits: 0, run: () => upload[1](exchange) };
}
