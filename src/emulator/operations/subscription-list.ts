import { refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { ownSubscriptions } from './subscription-get.ts';
import { renderSubscription } from './subscription-post-subscriptions.ts';

/** `GET /subscriptions` (Graph docs, "List subscriptions"): those of the calling application. */
export function subscriptionList(exchange: Exchange): Reply {
  refuseUnknownQuery(exchange, []);
  const value = ownSubscriptions(exchange).map(renderSubscription);
  return { status: 200, json: withContext(exchange, { value }, 'subscriptions') };
}
