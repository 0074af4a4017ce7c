import { createHash } from 'node:crypto';

/** The API that an application has for others (Graph docs, "apiApplication resource type"). */
export interface ExposedApi {
  /** The version of its access tokens; null is 1. */
  readonly requestedAccessTokenVersion: 1 | 2 | null;
  /** The delegated permissions, by their values. */
  readonly oauth2PermissionScopes: readonly string[];
  /** Applications that get some of them without anybody's consent. */
  readonly preAuthorizedApplications: readonly { readonly appId: string; readonly scopes: readonly string[] }[];
}

/** The owner of an API. */
interface Owner {
  readonly clientId: string;
  readonly api: ExposedApi;
}

export const NO_API: ExposedApi = {
  requestedAccessTokenVersion: null,
  oauth2PermissionScopes: [],
  preAuthorizedApplications: [],
};

/** Scopes of one application's API. */
export interface ApiScopes {
  /** The application's client id. */
  readonly clientId: string;
  /** As the request has named it: by an identifier URI or by its client id. */
  readonly resource: string;
  /** `.default` for all consented ones. */
  readonly names: readonly string[];
}

/** Returns the name of a scope as consents are stored, whatever name of the API a request uses. */
export function apiScopeName(clientId: string, name: string): string {
  return `api://${clientId}/${name}`;
}

/** Returns the scopes that the client gets without consent, by their stored names. */
export function preAuthorizedScopes({ clientId, api }: Owner, client: string): string[] {
  const granted = api.preAuthorizedApplications.filter(({ appId }) => appId === client);
  return granted.flatMap(({ scopes }) => scopes.map(name => apiScopeName(clientId, name)));
}

/** Renders the property `api` of an application. */
export function renderApi({ clientId, api }: Owner): Record<string, unknown> {
  const { requestedAccessTokenVersion, oauth2PermissionScopes, preAuthorizedApplications } = api;
  return {
    acceptMappedClaims: null,
    knownClientApplications: [],
    requestedAccessTokenVersion,
    oauth2PermissionScopes: oauth2PermissionScopes.map(value => ({
      adminConsentDescription: value,
      adminConsentDisplayName: value,
      id: scopeIdOf(clientId, value),
      isEnabled: true,
      type: 'User',
      userConsentDescription: null,
      userConsentDisplayName: null,
      value,
    })),
    preAuthorizedApplications: preAuthorizedApplications.map(({ appId, scopes }) => ({
      appId,
      delegatedPermissionIds: scopes.map(value => scopeIdOf(clientId, value)),
    })),
  };
}

/** Returns the id of a scope, which the administrator's portal makes up; here it follows from the names. */
function scopeIdOf(clientId: string, value: string): string {
  const hash = createHash('sha256').update(apiScopeName(clientId, value)).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}
