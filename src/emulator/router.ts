import { decodeName, type ItemAddress, parseItemAddress } from './address.ts';
import { isGraphHost } from './clouds.ts';
import { routeDirectory } from './directory-router.ts';
import type { Exchange, Reply } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { isLoginPath, routeLogin } from './login-router.ts';
import { watchMe } from './me.ts';
import { download } from './operations/download.ts';
import { existingLibrary } from './operations/drive-get.ts';
import { copyMonitor, driveitemCopy } from './operations/driveitem-copy.ts';
import { driveitemCreateUploadSession } from './operations/driveitem-createuploadsession.ts';
import { driveitemDelete, driveitemPermanentDelete } from './operations/driveitem-delete.ts';
import { driveitemGet } from './operations/driveitem-get.ts';
import { driveitemGetContent } from './operations/driveitem-get-content.ts';
import { driveitemListChildren } from './operations/driveitem-list-children.ts';
import { driveitemListVersions } from './operations/driveitem-list-versions.ts';
import { driveitemPostChildren } from './operations/driveitem-post-children.ts';
import { driveitemPutContent } from './operations/driveitem-put-content.ts';
import { driveitemUpdate } from './operations/driveitem-update.ts';
import {
  uploadFragment,
  uploadSessionCancel,
  uploadSessionCommit,
  uploadSessionStatus,
} from './operations/upload-session.ts';
import type { Access } from './permissions.ts';
import type { Route } from './route.ts';

type ItemOperation = (exchange: Exchange, address: ItemAddress) => Reply | Promise<Reply>;

/** Operations on an item by method and action, with their resource units (SharePoint throttling page) and what they need. */
const ITEM_ROUTES: Record<string, [operation: string, units: number, access: Access, run: ItemOperation]> = {
  'GET ': ['driveItem-get', 1, 'readFiles', driveitemGet],
  'GET children': ['driveItem-list-children', 2, 'readFiles', driveitemListChildren],
  'GET content': ['driveItem-get-content', 1, 'readFiles', driveitemGetContent],
  'GET versions': ['driveItem-list-versions', 2, 'readFiles', driveitemListVersions],
  'PUT content': ['driveItem-put-content', 2, 'writeFiles', driveitemPutContent],
  'POST createUploadSession': ['driveItem-createUploadSession', 2, 'writeFiles', driveitemCreateUploadSession],
  'POST children': ['driveItem-post-children', 2, 'writeFiles', driveitemPostChildren],
  'PATCH ': ['driveItem-update', 2, 'writeFiles', driveitemUpdate],
  'DELETE ': ['driveItem-delete', 2, 'writeFiles', driveitemDelete],
  'POST permanentDelete': ['driveItem-permanentDelete', 2, 'writeFiles', driveitemPermanentDelete],
  'POST copy': ['driveItem-copy', 2, 'writeFiles', driveitemCopy],
};

const UPLOAD_ROUTES: Record<string, [operation: string, run: (exchange: Exchange) => Reply | Promise<Reply>]> = {
  PUT: ['upload-fragment', uploadFragment],
  GET: ['upload-session-status', uploadSessionStatus],
  DELETE: ['upload-session-cancel', uploadSessionCancel],
  POST: ['upload-session-commit', uploadSessionCommit],
};

/** Finds the operation of a request by its host and path; what is not known is 501, never a guess. */
export function route(exchange: Exchange): Route {
  const { pathname } = exchange.url;
  if (isLoginPath(exchange, pathname)) {
    return routeLogin(exchange, pathname) ?? unknown(exchange);
  }
  if (isGraphHost(exchange.host) || pathname.startsWith('/v1.0/') || pathname.startsWith('/beta/')) {
    return routeGraph(exchange, pathname);
  }
  return routeContent(exchange, pathname);
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

function routeGraph(exchange: Exchange, pathname: string): Route {
  const path = pathname.replace(/^\/v1\.0/, '');
  watchMe(exchange, path);
  const item = /^\/drives\/([^/]+)(\/(?:root|items\/).*)$/.exec(path);
  if (item !== null) {
    return routeItem(exchange, item[1]!, item[2]!);
  }
  return routeDirectory(exchange, path) ?? unknown(exchange);
}

function routeItem(exchange: Exchange, driveId: string, rest: string): Route {
  const action = /^\/(?:root|items\/[^/:]+)(?::\/[^:]*(?::|$))?(?:\/([^/]*))?$/.exec(rest)?.[1] ?? '';
  const found = ITEM_ROUTES[`${exchange.request.method} ${action}`];
  if (found === undefined) {
    return unknown(exchange);
  }
  const [operation, resourceUnits, access, run] = found;
  return {
    operation,
    resourceUnits,
    run: () => {
      const library = existingLibrary(exchange, decodeName(driveId), access);
      const address = parseItemAddress(exchange, library, rest);
      return address === undefined ? unknown(exchange).run() : run(exchange, address);
    },
  };
}

function unknown(exchange: Exchange): Route {
  return {
    operation: 'unknown',
    resourceUnits: 0,
    run: () => {
      throw new GraphFault(
        'notImplemented',
        `The emulator does not know ${exchange.request.method} ${exchange.host}${exchange.url.pathname}`,
      );
    },
  };
}
