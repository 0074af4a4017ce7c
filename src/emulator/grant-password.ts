import { proveClient, type TokenRequest } from './client-authentication.ts';
import { now } from './exchange.ts';
import { grantPerson } from './grant-person.ts';
import { readAuthority, readRegistration, tenantsOfHost } from './login-tenant.ts';
import { type Person, unknownPerson } from './person.ts';
import { readScopes } from './scopes.ts';
import type { Tenant } from './tenant.ts';
import { invalidGrant, invalidRequest, isRefusal, missingParameter, type Refusal } from './token-refusal.ts';

/**
 * `grant_type=password` (learn, "OAuth 2.0 resource owner password credentials"): refused to everybody with a second
 * factor (AADSTS50076), to guests, and to who has no password here.
 */
export function grantPassword(request: TokenRequest): object | Refusal {
  const { exchange, form } = request;
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return authority;
  }
  if (authority.name === 'common' || authority.name === 'consumers') {
    const text =
      'The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.';
    return invalidRequest(9001023, text);
  }
  const missing = ['client_id', 'username', 'password', 'scope'].find(name => !form.has(name));
  if (missing !== undefined) {
    return missingParameter(missing);
  }
  const registration = readRegistration(exchange, authority, form.get('client_id')!);
  if (isRefusal(registration)) {
    return registration;
  }
  const proof = proveClient(request, registration);
  if (typeof proof !== 'string') {
    return proof;
  }
  const person = readPerson(form, 'tenant' in authority ? [authority.tenant] : tenantsOfHost(exchange));
  if (isRefusal(person)) {
    return person;
  }
  const scopes = readScopes(form.get('scope')!, person.tenant, form.get('client_id')!);
  if (isRefusal(scopes)) {
    return scopes;
  }
  const { tenant, user } = person;
  const session = {
    ...{ sid: exchange.world.settings.ids(), tenantId: tenant.id, userId: user.id },
    ...{ signedIn: now(exchange), mfa: false },
  };
  return grantPerson(request, { registration, session, scopes, nonce: null, proof });
}

function readPerson(form: URLSearchParams, tenants: readonly Tenant[]): Person | Refusal {
  const name = form.get('username')!;
  const tenant = tenants.find(each => each.findPerson(name) !== undefined);
  const user = tenant?.findPerson(name);
  if (tenant === undefined || user === undefined || user.guestOf !== null) {
    return unknownPerson(name, tenants.length === 1 ? tenants[0] : undefined);
  }
  return user.password !== null && user.password === form.get('password')
    ? { tenant, user }
    : invalidGrant(50126, 'Error validating credentials due to invalid username or password.');
}
