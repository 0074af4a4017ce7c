import { locate } from './address.ts';
import { routeDirectory } from './directory-router.ts';
import { parseDriveAddress } from './drive-address.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { normalizeGraphPath, parseItemPath } from './item-path.ts';
import { findItemRoute } from './item-routes.ts';
import { type Route, unknownRoute } from './route.ts';
import { authenticate } from './tokens.ts';

/** Finds the operation of a call of Graph. A path is matched whole: what is left over is 501, never the item above it. */
export function routeGraph(exchange: Exchange): Route {
  const { request, world } = exchange;
  const path = normalizeGraphPath(exchange.url.pathname);
  if (/^\/me(\/|$)/.test(path) && world.strict.rules.me) {
    world.strict.report('me', `${request.method} ${path}: an application has no /me`);
  }
  return (
    routeParsed(() => routeItem(exchange, path)) ??
    (request.method === 'GET' ? routeDirectory(exchange, path) : undefined) ??
    unknownRoute(exchange)
  );
}

/** What cannot be parsed is refused by the operation that there is not, so that it is answered and recorded like any other call. */
function routeParsed(find: () => Route | undefined): Route | undefined {
  try {
    return find();
  } catch (error) {
    return {
      operation: 'malformed',
      resourceUnits: 0,
      run: () => {
        throw error;
      },
    };
  }
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
    resourceUnits,
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
      ? new GraphFault('notImplemented', `The emulator does not know ${name} on ${operation}.`)
      : new GraphFault('invalidRequest', refusal, { innerCode: 'invalidQueryOption' });
  }
}
