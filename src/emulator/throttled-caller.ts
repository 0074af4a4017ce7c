import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { hostKindOf } from './latency.ts';
import type { Route } from './route.ts';
import type { ThrottledCall } from './throttling.ts';
import { authenticate } from './tokens.ts';

/**
 * Returns the application that pays for a call: that of the token. A pre-authenticated URL names none; it is charged to
 * the first application of its tenant. Undefined for an unknown caller: a bad token costs nothing.
 */
export function callerOf(exchange: Exchange, { operation, resourceUnits }: Route): ThrottledCall | undefined {
  const host = hostKindOf(operation);
  const facts = { operation, resourceUnits, host };
  if (host === 'content') {
    const tenant = exchange.world.tenants.all.find(
      ({ sharePointHost, personalHost }) => exchange.host === sharePointHost || exchange.host === personalHost,
    );
    const owner = tenant ?? exchange.world.tenants.first;
    return { tenantId: owner.id, clientId: owner.application.clientId, ...facts };
  }
  try {
    const { tenant, clientId } = authenticate(exchange);
    return { tenantId: tenant.id, clientId, ...facts };
  } catch (error) {
    if (error instanceof GraphFault) {
      return undefined;
    }
    throw error;
  }
}
