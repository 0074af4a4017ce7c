import { noSuchResource } from './directory-query.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { Person } from './tenant.ts';
import { authenticate, type Caller } from './tokens.ts';

/** Records that an application without a person uses `me`. */
export function watchMe(exchange: Exchange, path: string): void {
  const { request, url, world } = exchange;
  if (/^\/me(\/|$)/.test(path) && world.strict.rules.me && callerOf(exchange)?.userId === undefined) {
    world.strict.report('me', `${request.method} ${url.pathname}: an application has no /me`);
  }
}

/** Returns the person for whom the application calls. An application without a person gets Graph's 400. */
export function authenticateMe(exchange: Exchange): Person & { readonly caller: Caller } {
  const caller = authenticate(exchange);
  if (caller.userId === undefined) {
    throw new GraphFault('BadRequest', '/me request is only valid with delegated authentication flow.');
  }
  const user = caller.tenant.findUser(caller.userId);
  if (user === undefined) {
    throw noSuchResource(caller.userId);
  }
  return { tenant: caller.tenant, user, caller };
}

function callerOf(exchange: Exchange): Caller | undefined {
  try {
    return authenticate(exchange);
  } catch {
    return undefined;
  }
}
