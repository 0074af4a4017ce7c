import type { Act } from './drive.ts';
import { type Exchange, now } from './exchange.ts';
import type { Caller } from './tokens.ts';

/** What the caller does, as `createdBy` and `lastModifiedBy` will show it. */
export function actOf(exchange: Exchange, { tenant, clientId }: Caller): Act {
  const displayName = tenant.findApplication(clientId)?.displayName ?? 'SharePoint App';
  return { now: now(exchange), by: { application: { id: clientId, displayName } } };
}
