import { refuseUnknownQuery } from '../directory-query.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import type { Subscription } from '../subscriptions.ts';
import { authorize } from '../tokens.ts';
import { answerSubscription } from './subscription-post-subscriptions.ts';

/** `GET /subscriptions/{id}` (Graph docs, "Get subscription"). */
export function subscriptionGet(exchange: Exchange, id: string): Reply {
  refuseUnknownQuery(exchange, []);
  return answerSubscription(exchange, ownSubscription(exchange, id), 200);
}

/** Returns one of the caller's own subscriptions that has not expired. */
export function ownSubscription(exchange: Exchange, id: string): Subscription {
  const found = ownSubscriptions(exchange).find(each => each.id === id);
  if (found === undefined) {
    throw new GraphFault('ResourceNotFound', 'The object was not found.');
  }
  return found;
}

export function ownSubscriptions(exchange: Exchange): Subscription[] {
  const { tenant, clientId } = authorize(exchange, 'writeFiles');
  return exchange.world.subscriptions.list({ tenantId: tenant.id, clientId });
}
