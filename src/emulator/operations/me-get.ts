import { refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { authenticateMe } from '../me.ts';
import { authorizeForUser } from '../tokens.ts';
import { renderUser } from '../user.ts';

/** `GET /me` (Graph docs, "Get a user"): the person for whom the application calls. */
export function meGet(exchange: Exchange): Reply {
  const { user } = authenticateMe(exchange);
  authorizeForUser(exchange, 'readBasicUsers', user);
  refuseUnknownQuery(exchange, ['$select']);
  return { status: 200, json: withContext(exchange, renderUser(exchange, user), 'users/$entity') };
}
