import type { Exchange, Reply } from '../exchange.ts';
import { ownSubscription } from './subscription-get.ts';

/** `DELETE /subscriptions/{id}` (Graph docs, "Delete subscription"). */
export function subscriptionDelete(exchange: Exchange, id: string): Reply {
  exchange.world.subscriptions.delete(ownSubscription(exchange, id).id);
  return { status: 204 };
}
