import type { Act } from './drive.ts';
import { type Exchange, now } from './exchange.ts';
import type { Caller } from './tokens.ts';

/** The caller and time of an action, for `createdBy` and `lastModifiedBy`. */
export function actOf(exchange: Exchange, { tenant, clientId, userId }: Caller): Act {
  const displayName = tenant.findApplication(clientId)?.displayName ?? 'SharePoint App';
  const user = userId === undefined ? undefined : tenant.findUser(userId);
  const person = user && { user: { id: user.id, displayName: user.displayName } };
  return { now: now(exchange), by: { application: { id: clientId, displayName }, ...person } };
}
