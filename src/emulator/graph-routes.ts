import type { Exchange, Reply } from './exchange.ts';
import { decodeName } from './item-path.ts';
import { batch } from './operations/batch.ts';
import { sharesGet } from './operations/shares-get.ts';
import { subscriptionDelete } from './operations/subscription-delete.ts';
import { subscriptionGet } from './operations/subscription-get.ts';
import { subscriptionList } from './operations/subscription-list.ts';
import { subscriptionPost } from './operations/subscription-post-subscriptions.ts';
import { subscriptionUpdate } from './operations/subscription-update.ts';
import type { Route } from './route.ts';

type GraphOperation = (exchange: Exchange, key: string) => Reply | Promise<Reply>;

/** Operations that are neither about an item nor the directory: method, path, Microsoft's name, resource units. */
const ROUTES: readonly (readonly [method: string, pattern: RegExp, string, number, GraphOperation])[] = [
  // The requests inside a batch are counted, not the batch itself.
  ['POST', /^\/(?:\$|%24)batch$/i, 'batch', 0, batch],
  ['GET', /^\/shares\/([^/]+)\/driveItem$/i, 'shares-get', 1, sharesGet],
  ['GET', /^\/subscriptions$/i, 'subscription-list', 2, subscriptionList],
  ['POST', /^\/subscriptions$/i, 'subscription-post-subscriptions', 2, subscriptionPost],
  ['GET', /^\/subscriptions\/([^/]+)$/i, 'subscription-get', 1, subscriptionGet],
  ['PATCH', /^\/subscriptions\/([^/]+)$/i, 'subscription-update', 2, subscriptionUpdate],
  ['DELETE', /^\/subscriptions\/([^/]+)$/i, 'subscription-delete', 2, subscriptionDelete],
];

export const GRAPH_OPERATIONS: readonly string[] = ROUTES.map(([, , operation]) => operation);

/** Finds the operation by a path from `normalizeGraphPath`. */
export function routeGraphOperation(exchange: Exchange, path: string): Route | undefined {
  for (const [method, pattern, operation, resourceUnits, run] of ROUTES) {
    const match = exchange.request.method === method ? pattern.exec(path) : null;
    if (match !== null) {
      return { operation, resourceUnits, run: () => run(exchange, decodeName(match[1] ?? '')) };
    }
  }
  return undefined;
}
