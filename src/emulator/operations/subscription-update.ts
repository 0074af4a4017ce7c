import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { ownSubscription } from './subscription-get.ts';
import { answerSubscription, readExpiration, refuseUnknown } from './subscription-post-subscriptions.ts';

/** `PATCH /subscriptions/{id}` (Graph docs, "Update subscription"): renews it. */
export async function subscriptionUpdate(exchange: Exchange, id: string): Promise<Reply> {
  const body = await readJson(exchange.request);
  const subscription = ownSubscription(exchange, id);
  refuseUnknown(body, ['expirationDateTime']);
  const renewed = { ...subscription, expires: readExpiration(exchange, body) };
  exchange.world.subscriptions.put(renewed);
  return answerSubscription(exchange, renewed, 200);
}
