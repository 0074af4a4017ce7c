import { graphUrl } from './clouds.ts';
import { GRAPH_APP_ID, isDelegated } from './permissions.ts';
import type { Scopes } from './sign-in.ts';
import type { Tenant } from './tenant.ts';
import type { Refusal } from './token-refusal.ts';

/** The scopes of OpenID Connect that Entra knows; they belong to no resource (learn, "Scopes and permissions"). */
const OF_OPENID = ['openid', 'profile', 'email', 'offline_access'];
const DEFAULT = '.default';

/** Splits a list of scopes at its spaces; a scope without an address is Graph's. */
export function readScopes(text: string, tenant: Tenant, clientId: string): Scopes | Refusal {
  const names = text.split(' ').filter(name => name !== '');
  const ofGraph = names.filter(name => !OF_OPENID.includes(name)).map(name => shortName(name, tenant));
  const refused = ofGraph.find(name => typeof name !== 'string');
  if (refused !== undefined && typeof refused !== 'string') {
    return refused;
  }
  const graph = ofGraph.filter(name => typeof name === 'string');
  const unknown = graph.find(name => name !== DEFAULT && !isDelegated(name));
  if (unknown !== undefined) {
    const text = `The application '${clientId}' asked for scope '${unknown}' that doesn't exist on the resource '${GRAPH_APP_ID}'. Contact the app vendor.`;
    return { code: 650053, error: 'invalid_scope', status: 400, text };
  }
  return { openid: names.filter(name => OF_OPENID.includes(name)), graph };
}

/** Returns the scopes that need consent. */
export function scopeNames({ openid, graph }: Scopes): string[] {
  return [...openid, ...graph.filter(name => name !== DEFAULT)];
}

/** Replaces `.default` by the consented scopes. */
export function resolveDefault({ openid, graph }: Scopes, consented: readonly string[]): Scopes {
  return graph.includes(DEFAULT)
    ? { openid, graph: consented.filter(name => !OF_OPENID.includes(name)) }
    : { openid, graph };
}

/**
 * Returns the objection to an app-only token's scope: it must be Graph's `/.default`, of the tenant's cloud, or a bare
 * `.default`. The scopes of OpenID Connect beside it are ignored.
 */
export function checkDefaultScope(scope: string, tenant: Tenant): Refusal | undefined {
  const names = scope.split(' ').filter(name => name !== '' && !OF_OPENID.includes(name));
  const short = names.map(name => shortName(name, tenant));
  const refused = short.find(name => typeof name !== 'string');
  if (refused !== undefined && typeof refused !== 'string') {
    return refused;
  }
  if (short.length > 0 && short.every(name => name === DEFAULT)) {
    return undefined;
  }
  const text = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`;
  return { code: 1002012, error: 'invalid_scope', status: 400, text };
}

/** Returns the objection to the `resource` of the v1 endpoint, which must be the cloud's Graph, by address or id. */
export function checkResource(resource: string, tenant: Tenant): Refusal | undefined {
  const name = resource.replace(/\/$/, '');
  return [graphUrl(tenant.cloud), GRAPH_APP_ID].includes(name) ? undefined : unknownResource(name, tenant);
}

function shortName(scope: string, tenant: Tenant): string | Refusal {
  const cut = scope.lastIndexOf('/');
  const refusal = cut < 0 ? undefined : checkResource(scope.slice(0, cut), tenant);
  return refusal ?? scope.slice(cut + 1);
}

function unknownResource(name: string, tenant: Tenant): Refusal {
  const text = `The resource principal named ${name} was not found in the tenant named ${tenant.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`;
  return { code: 500011, error: 'invalid_resource', status: 400, text };
}
