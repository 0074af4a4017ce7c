import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 999;

/** One page of a collection of the directory, with the link to the next. */
export interface Page<T> {
  readonly items: readonly T[];
  /** `@odata.count` and `@odata.nextLink`, where they belong. */
  readonly annotations: Record<string, unknown>;
}

/** Options that are not in `known` are 501. */
export function refuseUnknownQuery({ url }: Exchange, known: readonly string[]): void {
  const unknown = [...url.searchParams.keys()].find(key => !known.includes(key));
  if (unknown === '$skip') {
    // Graph docs, "List users".
    throw new GraphFault('Request_UnsupportedQuery', "'$skip' is not supported by the service.");
  }
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${unknown} on ${url.pathname}.`);
  }
}

/**
 * Returns the page of `$top` and `$skiptoken`: 1 to 999 items, 100 by default. A too large page is not reduced
 * but refused (steampipe's azuread plugin quotes the answer).
 */
export function directoryPage<T>(exchange: Exchange, all: readonly T[]): Page<T> {
  const { url } = exchange;
  const size = readPageSize(url);
  const start = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? '', 'base64url').toString() || 0);
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(String(start + size)).toString('base64url'));
  return {
    items: all.slice(start, start + size),
    annotations: {
      // Without the header `$count` is silently ignored.
      ...(isAdvanced(exchange) && start === 0 ? { '@odata.count': all.length } : {}),
      ...(start + size < all.length ? { '@odata.nextLink': next.href } : {}),
    },
  };
}

/**
 * The advanced query parameters of the Graph docs, "Advanced query capabilities": `ConsistencyLevel: eventual` and
 * `$count=true`.
 */
export function isAdvanced({ url, request }: Exchange): boolean {
  const level = String(request.headers.consistencylevel ?? '').toLowerCase();
  return level === 'eventual' && url.searchParams.get('$count') === 'true';
}

/** Returns the error without the advanced query parameters, in the words of the same page. */
export function needsAdvanced(what: string): GraphFault {
  const text = `${what} is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information`;
  return new GraphFault('Request_UnsupportedQuery', text);
}

/** Returns the directory's error for a missing object. */
export function noSuchResource(id: string): GraphFault {
  const text = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphFault('Request_ResourceNotFound', text);
}

/**
 * Keeps the properties in `$select`, or the default ones; a property that the emulator does not
 * know is 501.
 */
export function selectFrom(
  { url }: Exchange,
  properties: Record<string, unknown>,
  byDefault: readonly string[] = Object.keys(properties),
): Record<string, unknown> {
  const selected = url.searchParams.get('$select')?.split(',') ?? byDefault;
  const unknown = selected.find(name => !Object.hasOwn(properties, name));
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${unknown} on ${url.pathname}.`);
  }
  return Object.fromEntries(selected.map(name => [name, properties[name]]));
}

function readPageSize(url: URL): number {
  const asked = url.searchParams.get('$top');
  const size = asked === null ? DEFAULT_PAGE : Number(asked);
  if (!(Number.isInteger(size) && size >= 1 && size <= MAX_PAGE)) {
    throw new GraphFault(
      'Request_UnsupportedQuery',
      `Invalid page size specified: '${asked}'. Must be between 1 and ${MAX_PAGE} inclusive.`,
    );
  }
  return size;
}
