import { graphUrl } from '../clouds.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { pairwiseSubject } from '../issued-tokens.ts';
import { authenticateMe } from '../me.ts';

/**
 * `GET` or `POST /oidc/userinfo` of Graph's host (learn, "UserInfo endpoint"): the claims that `openid`, `profile` and
 * `email` allow.
 */
export function userinfo(exchange: Exchange): Reply {
  const { caller, tenant, user } = authenticateMe(exchange);
  if (!caller.granted.includes('openid')) {
    throw new GraphFault('Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
  const has = (scope: string) => caller.granted.includes(scope);
  return {
    status: 200,
    json: {
      sub: pairwiseSubject(exchange.world, caller.clientId, user.id),
      ...(has('profile') ? { name: user.displayName, picture: `${graphUrl(tenant.cloud)}/v1.0/me/photo/$value` } : {}),
      ...(has('email') && user.mail !== null ? { email: user.mail } : {}),
    },
  };
}
