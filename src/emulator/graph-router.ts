import { locate } from './address.ts';
import { routeDirectory } from './directory-router.ts';
import { parseDriveAddress } from './drive-address.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { routeGraphOperation } from './graph-routes.ts';
import { normalizeGraphPath, parseItemPath } from './item-path.ts';
import { findItemRoute } from './item-routes.ts';
import { watchMe } from './me.ts';
import { type Route, unknownRoute } from './route.ts';
import { authenticate } from './tokens.ts';

/**
 * Finds the operation of a call of Graph. The whole path must match: a rest is 501, never the item above it.
 */
export function routeGraph(given: Exchange): Route {
  const exchange = withDollars(given);
  const path = normalizeGraphPath(exchange.url.pathname);
  watchMe(exchange, path);
  return (
    routeItem(exchange, path) ??
    routeGraphOperation(exchange, path) ??
    routeDirectory(exchange, path) ??
    unknownToCaller(exchange)
  );
}

/** Checks the token first below a version: without one, no answer reveals what exists. */
function unknownToCaller(exchange: Exchange): Route {
  const route = unknownRoute(exchange);
  if (!/^\/+(?:v1\.0|beta)\//.test(exchange.url.pathname)) {
    return route;
  }
  const run = () => {
    authenticate(exchange);
    return route.run();
  };
  return { ...route, run };
}

const SYSTEM_OPTIONS = ['select', 'expand', 'top', 'orderby', 'filter', 'skip', 'count', 'skiptoken'];

/** System query options may come without their `$` (OData 4.01 URL conventions §5.1; O365 sends `select`). */
function withDollars(exchange: Exchange): Exchange {
  const names = [...exchange.url.searchParams.keys()];
  if (!names.some(name => SYSTEM_OPTIONS.includes(name))) {
    return exchange;
  }
  const url = new URL(exchange.url);
  url.search = '';
  for (const [name, text] of exchange.url.searchParams) {
    url.searchParams.append(SYSTEM_OPTIONS.includes(name) ? `$${name}` : name, text);
  }
  return { ...exchange, url };
}

function routeItem(exchange: Exchange, path: string): Route | undefined {
  const address = parseDriveAddress(path);
  const itemPath = address && parseItemPath(address.rest);
  const found = itemPath && findItemRoute(exchange.request.method ?? '', itemPath.action);
  if (address === undefined || itemPath === undefined || found === undefined) {
    return undefined;
  }
  const { operation, resourceUnits, access, query, run, args } = found;
  return {
    operation,
    resourceUnits: typeof resourceUnits === 'number' ? resourceUnits : resourceUnits(exchange.url),
    run: () => {
      const library = address.resolve(exchange, access);
      checkQuery(exchange, { operation, query });
      return run(exchange, locate(exchange, { library, caller: authenticate(exchange) }, { path: itemPath, args }));
    },
  };
}

/** Options that Graph itself refuses on collections of items (onedrive-api-docs; microsoft-onedrive-mock's tests). */
const REFUSED: Readonly<Record<string, string>> = {
  $skip: '$skip is not supported on this API. Only URLs returned by the API can be used to page.',
  $count: '$count is not supported on this API.',
  $filter: '$filter is not supported on this API.',
};

function checkQuery({ url }: Exchange, { operation, query }: { operation: string; query: readonly string[] }): void {
  for (const name of url.searchParams.keys()) {
    if (query.includes(name)) {
      continue;
    }
    const refusal = REFUSED[name];
    throw refusal === undefined
      ? new GraphFault('notImplemented', `The emulator does not support ${name} on ${operation}.`)
      : new GraphFault('invalidRequest', refusal, { innerCode: 'invalidQueryOption' });
  }
}
