import type { TokenRequest } from './client-authentication.ts';
import { now } from './exchange.ts';
import { grantPerson, type RefreshClaims, readPersonClient } from './grant-person.ts';
import type { Authority } from './login-tenant.ts';
import { unseal } from './sealed.ts';
import { invalidGrant, isRefusal, type Refusal } from './token-refusal.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** learn, "Refresh tokens in the Microsoft identity platform": 90 days without use. */
const LIFE_MS = 90 * DAY_MS;

/** `grant_type=refresh_token`: new tokens without the person, and a new refresh token. */
export function grantRefreshToken(request: TokenRequest): object | Refusal {
  const { exchange, form } = request;
  const client = readPersonClient(request, ['refresh_token']);
  if (isRefusal(client)) {
    return client;
  }
  const text = form.get('refresh_token')!.replace(/^1\./, '');
  const token = unseal<RefreshClaims>('refresh', text, exchange.world.keys.secret);
  if (token === undefined) {
    return invalidGrant(9002313, 'Invalid request. Request is malformed or invalid.');
  }
  const isOther = token.clientId !== form.get('client_id') || isOtherTenant(client.authority, token);
  const refusal = isOther
    ? invalidGrant(70000, 'Provided grant is invalid or malformed.')
    : checkAge(token, now(exchange));
  const { session, scopes } = token;
  return refusal ?? grantPerson(request, { ...client, session, scopes, nonce: null });
}

function isOtherTenant(authority: Authority, { session }: RefreshClaims): boolean {
  return 'tenant' in authority && authority.tenant.id !== session.tenantId;
}

function checkAge({ issued }: RefreshClaims, at: number): Refusal | undefined {
  if (at < issued + LIFE_MS) {
    return undefined;
  }
  const text = `The refresh token has expired due to inactivity. The token was issued on ${new Date(issued).toISOString()} and was inactive for 90.00:00:00.`;
  return invalidGrant(700082, text);
}
