import type { TokenRequest } from './client-authentication.ts';
import { grantPerson, readPersonClient } from './grant-person.ts';
import { authorityName, tenantsOfHost } from './login-tenant.ts';
import { unknownPerson } from './person.ts';
import { readScopes } from './scopes.ts';
import { startSession } from './session-cookie.ts';
import type { Person, Tenant } from './tenant.ts';
import { invalidGrant, invalidRequest, isRefusal, type Refusal } from './token-refusal.ts';

/**
 * `grant_type=password` (learn, "OAuth 2.0 resource owner password credentials"): refused to people with a second
 * factor (AADSTS50076), to guests, and to people without a password here.
 */
export function grantPassword(request: TokenRequest): object | Refusal {
  const { exchange, form } = request;
  if (['common', 'consumers'].includes(authorityName(exchange))) {
    const text =
      'The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.';
    return invalidRequest(9001023, text);
  }
  const client = readPersonClient(request, ['username', 'password', 'scope']);
  if (isRefusal(client)) {
    return client;
  }
  const { authority } = client;
  const person = readPerson(form, 'tenant' in authority ? [authority.tenant] : tenantsOfHost(exchange));
  if (isRefusal(person)) {
    return person;
  }
  const scopes = readScopes(form.get('scope')!, {
    ...{ tenant: person.tenant, tenants: exchange.world.tenants },
    clientId: form.get('client_id')!,
  });
  if (isRefusal(scopes)) {
    return scopes;
  }
  const { session } = startSession(exchange, person, false);
  return grantPerson(request, { ...client, session, scopes, nonce: null });
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
