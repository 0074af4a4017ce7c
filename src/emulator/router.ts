import { isGraphHost, isLoginHost } from './clouds.ts';
import type { Exchange, Reply } from './exchange.ts';
import { routeGraph } from './graph-router.ts';
import { adminConsent, adminConsentDecision } from './operations/adminconsent.ts';
import { download } from './operations/download.ts';
import { copyMonitor } from './operations/driveitem-copy.ts';
import { token } from './operations/token.ts';
import {
  uploadFragment,
  uploadSessionCancel,
  uploadSessionCommit,
  uploadSessionStatus,
} from './operations/upload-session.ts';
import { type Route, unknownRoute as unknown } from './route.ts';

/** What belongs to the login host where the hosts are one. */
const LOGIN_PATH = /\/(?:oauth2\/v2\.0\/token|adminconsent)$/i;

const UPLOAD_ROUTES: Record<string, [operation: string, run: (exchange: Exchange) => Reply | Promise<Reply>]> = {
  PUT: ['upload-fragment', uploadFragment],
  GET: ['upload-session-status', uploadSessionStatus],
  DELETE: ['upload-session-cancel', uploadSessionCancel],
  POST: ['upload-session-commit', uploadSessionCommit],
};

/** Finds the operation of a request by its host and path; what is not known is 501, never a guess. */
export function route(exchange: Exchange): Route {
  const { pathname } = exchange.url;
  if (isGraphHost(exchange.host) || /^\/+(?:v1\.0|beta)\//.test(pathname)) {
    return routeGraph(exchange);
  }
  if (isLoginHost(exchange.host) || LOGIN_PATH.test(pathname)) {
    return routeLogin(exchange, pathname);
  }
  return routeContent(exchange, pathname);
}

function routeLogin(exchange: Exchange, pathname: string): Route {
  const { method } = exchange.request;
  if (method === 'POST' && /^\/[^/]+\/oauth2\/v2\.0\/token$/.test(pathname)) {
    return { operation: 'token', resourceUnits: 0, run: () => token(exchange) };
  }
  // The path is known in lower case; browsers and guides write `adminConsent` as well.
  const isConsent = /^\/[^/]+(?:\/v2\.0)?\/adminconsent$/i.test(pathname);
  if (isConsent && method === 'GET') {
    return { operation: 'adminconsent', resourceUnits: 0, run: () => adminConsent(exchange) };
  }
  if (isConsent && method === 'POST') {
    return { operation: 'adminconsent-decision', resourceUnits: 0, run: () => adminConsentDecision(exchange) };
  }
  return unknown(exchange);
}

function routeContent(exchange: Exchange, pathname: string): Route {
  const method = exchange.request.method ?? '';
  if (method === 'GET' && pathname.endsWith('/_layouts/15/download.aspx')) {
    return { operation: 'download', resourceUnits: 1, run: () => download(exchange) };
  }
  if (method === 'GET' && /\/_api\/v2\.1\/drives\/[^/]+\/operations\/[^/]+$/.test(pathname)) {
    return { operation: 'copy-monitor', resourceUnits: 0, run: () => copyMonitor(exchange) };
  }
  const upload = pathname.endsWith('/uploadSession') ? UPLOAD_ROUTES[method] : undefined;
  return upload === undefined
    ? unknown(exchange)
    : { operation: upload[0], resourceUnits: 0, run: () => upload[1](exchange) };
}
