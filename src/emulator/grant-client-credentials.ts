import type { Application } from './application.ts';
import { proveApplication, type TokenRequest } from './client-authentication.ts';
import type { ApiScopes } from './exposed-api.ts';
import { GraphFault } from './graph-error.ts';
import { issueAppToken, TOKEN_LIFE_SECONDS } from './issued-tokens.ts';
import { disabledClient, readAuthority, unknownClient } from './login-tenant.ts';
import { checkResource, readDefaultScope } from './scopes.ts';
import type { Tenant } from './tenant.ts';
import { invalidRequest, isRefusal, missingParameter, type Refusal } from './token-refusal.ts';

/** `grant_type=client_credentials`: the application for itself (learn, "OAuth 2.0 client credentials flow"). */
export function grantClientCredentials(request: TokenRequest): object | Refusal {
  const { exchange, form, version } = request;
  const tenant = readTenantOfClient(request);
  if (isRefusal(tenant)) {
    return tenant;
  }
  const clientId = form.get('client_id');
  const application = tenant.findApplication(clientId ?? '');
  if (application === undefined) {
    return clientId === null ? missingParameter('client_id') : unknownClient(tenant, clientId);
  }
  const api = application.disabled ? disabledClient(application) : readAudience(request, tenant, application);
  if (api !== undefined && isRefusal(api)) {
    return api;
  }
  const proof = proveApplication(request, { application, home: tenant });
  if (typeof proof !== 'string') {
    return proof;
  }
  const life = { token_type: 'Bearer', expires_in: TOKEN_LIFE_SECONDS, ext_expires_in: TOKEN_LIFE_SECONDS };
  const access_token = issueAppToken(exchange.world, tenant, { application, proof, api });
  return version === 'v2' ? { ...life, access_token } : { ...v1Life(request), access_token };
}

/** Refuses `common` for an application: no sign-in determines the tenant. */
function readTenantOfClient({ exchange }: TokenRequest): Tenant | Refusal {
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return authority;
  }
  const text = 'No tenant-identifying information found in either the request or implied by any provided credentials.';
  return 'tenant' in authority ? authority.tenant : invalidRequest(50059, text);
}

/** Returns the API that the token is for; undefined is Graph. */
function readAudience(
  { exchange, form, version }: TokenRequest,
  tenant: Tenant,
  { clientId }: Application,
): ApiScopes | undefined | Refusal {
  const [scope, resource] = [form.get('scope'), form.get('resource')];
  if (version === 'v2') {
    if (resource !== null) {
      return invalidRequest(901002, "The 'resource' request parameter isn't supported.");
    }
    return scope === null
      ? missingParameter('scope')
      : readDefaultScope(scope, { tenant, tenants: exchange.world.tenants, clientId });
  }
  if (resource === null) {
    throw new GraphFault(
      'notImplemented',
      'The emulator does not support tokens of the v1 endpoint without a resource.',
    );
  }
  return checkResource(resource, tenant);
}

/** Renders the v1 answer: numbers are strings, and it has the resource and the start time. */
function v1Life({ exchange, form }: TokenRequest): Record<string, string> {
  const issued = Math.floor(exchange.world.settings.clock.now() / 1000);
  return {
    token_type: 'Bearer',
    expires_in: String(TOKEN_LIFE_SECONDS),
    ext_expires_in: String(TOKEN_LIFE_SECONDS),
    expires_on: String(issued + TOKEN_LIFE_SECONDS),
    not_before: String(issued),
    resource: form.get('resource')!,
  };
}
