import type { Application } from './application.ts';
import { graphUrl } from './clouds.ts';
import { type ApiScopes, apiScopeName } from './exposed-api.ts';
import { GRAPH_APP_ID, isDelegated } from './permissions.ts';
import type { Scopes } from './sign-in.ts';
import type { Tenant } from './tenant.ts';
import type { Tenants } from './tenants.ts';
import { isRefusal, type Refusal } from './token-refusal.ts';

/** The scopes of OpenID Connect that Entra knows; they belong to no resource (learn, "Scopes and permissions"). */
const OF_OPENID = ['openid', 'profile', 'email', 'offline_access'];
const DEFAULT = '.default';

/** Where scopes are read: a person's tenant, or the home of an application. */
export interface ScopeContext {
  readonly tenant: Tenant;
  readonly tenants: Tenants;
  readonly clientId: string;
}

/**
 * Splits a list of scopes at its spaces; a scope without an address is Graph's. An access token has one audience, so
 * all scopes besides those of OpenID Connect must be of one resource (AADSTS28000).
 */
export function readScopes(text: string, context: ScopeContext): Scopes | Refusal {
  const names = text.split(' ').filter(name => name !== '');
  const openid = names.filter(name => OF_OPENID.includes(name));
  const others = names.filter(name => !OF_OPENID.includes(name)).map(splitScope);
  const foreign = others.find(({ resource }) => !isGraph(resource, context.tenant));
  if (foreign === undefined) {
    const graph = others.map(({ name }) => name);
    const unknown = graph.find(name => name !== DEFAULT && !isDelegated(name));
    return unknown === undefined ? { openid, graph } : unknownScope(unknown, GRAPH_APP_ID, context);
  }
  const api = readApi(foreign.resource!, context);
  if (isRefusal(api)) {
    return api;
  }
  if (others.some(({ resource }) => resource !== foreign.resource)) {
    return tooManyResources(text);
  }
  const given = others.map(({ name }) => name);
  const unknown = given.find(name => name !== DEFAULT && !api.api.oauth2PermissionScopes.includes(name));
  return unknown === undefined
    ? { openid, graph: [], api: { clientId: api.clientId, resource: foreign.resource!, names: given } }
    : unknownScope(unknown, api.clientId, context);
}

/** The refusal of scopes of more than one resource (Entra docs, error codes). */
export const TOO_MANY_RESOURCES = 28000;

function tooManyResources(text: string): Refusal {
  return {
    ...{ code: TOO_MANY_RESOURCES, error: 'invalid_scope', status: 400 },
    text: `Provided value for the input parameter scope isn't valid because it contains more than one resource. Scope ${text} isn't valid.`,
  };
}

/** Returns the scopes that need consent. */
export function scopeNames({ openid, graph, api }: Scopes): string[] {
  const ofApi = api?.names.filter(name => name !== DEFAULT) ?? [];
  return [
    ...openid,
    ...graph.filter(name => name !== DEFAULT),
    ...ofApi.map(name => apiScopeName(api!.clientId, name)),
  ];
}

/** Replaces `.default` by the consented scopes. */
export function resolveDefault({ openid, graph, api }: Scopes, consented: readonly string[]): Scopes {
  if (api?.names.includes(DEFAULT)) {
    const start = apiScopeName(api.clientId, '');
    const names = consented.filter(name => name.startsWith(start)).map(name => name.slice(start.length));
    return { openid, graph, api: { ...api, names: [...new Set(names)] } };
  }
  return graph.includes(DEFAULT)
    ? { openid, graph: consented.filter(name => !OF_OPENID.includes(name) && !name.includes('/')) }
    : { openid, graph, api };
}

/**
 * Reads an app-only token's scope: it must be the `/.default` of Graph, of the tenant's cloud, or of an application's
 * API; a bare `.default` is Graph's. The scopes of OpenID Connect beside it are ignored. Undefined is Graph.
 */
export function readDefaultScope(scope: string, context: ScopeContext): ApiScopes | undefined | Refusal {
  const names = scope.split(' ').filter(name => name !== '' && !OF_OPENID.includes(name));
  const split = names.map(splitScope);
  const foreign = split.find(({ resource }) => !isGraph(resource, context.tenant));
  const api = foreign === undefined ? undefined : readApi(foreign.resource!, context);
  if (api !== undefined && isRefusal(api)) {
    return api;
  }
  const isOne = split.every(({ resource }) => api === undefined || resource === foreign!.resource);
  if (split.length > 0 && isOne && split.every(({ name }) => name === DEFAULT)) {
    return api && { clientId: api.clientId, resource: foreign!.resource!, names: [DEFAULT] };
  }
  const text = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`;
  return { code: 1002012, error: 'invalid_scope', status: 400, text };
}

/** Returns the objection to the `resource` of the v1 endpoint, which must be the cloud's Graph, by address or id. */
export function checkResource(resource: string, tenant: Tenant): Refusal | undefined {
  const name = resource.replace(/\/$/, '');
  return [graphUrl(tenant.cloud), GRAPH_APP_ID].includes(name) ? undefined : unknownResource(name, tenant);
}

/** `https://graph.microsoft.com/User.Read`, `api://CLIENT_ID/read`; a scope without an address has no resource. */
function splitScope(scope: string): { readonly resource: string | undefined; readonly name: string } {
  const cut = scope.lastIndexOf('/');
  return { resource: cut < 0 ? undefined : scope.slice(0, cut), name: scope.slice(cut + 1) };
}

function isGraph(resource: string | undefined, tenant: Tenant): boolean {
  return resource === undefined || checkResource(resource, tenant) === undefined;
}

function readApi(resource: string, { tenant, tenants }: ScopeContext): Application | Refusal {
  return tenants.findApi(resource, tenant) ?? unknownResource(resource.replace(/\/$/, ''), tenant);
}

function unknownScope(name: string, resource: string, { clientId }: ScopeContext): Refusal {
  const text = `The application '${clientId}' asked for scope '${name}' that doesn't exist on the resource '${resource}'. Contact the app vendor.`;
  return { code: 650053, error: 'invalid_scope', status: 400, text };
}

function unknownResource(name: string, tenant: Tenant): Refusal {
  const text = `The resource principal named ${name} was not found in the tenant named ${tenant.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`;
  return { code: 500011, error: 'invalid_resource', status: 400, text };
}
