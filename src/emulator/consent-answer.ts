import { grantRequired } from './application.ts';
import type { ConsentRequest } from './consent.ts';
import { type Exchange, now } from './exchange.ts';
import { describeRefusal } from './token-refusal.ts';

/**
 * Grants the registration's permissions and returns the redirect address. Existing tokens do not
 * change.
 */
export function acceptConsent({ tenant, application, redirectUri, state, scope }: ConsentRequest): string {
  grantRequired(application);
  return withQuery(redirectUri, { admin_consent: 'True', tenant: tenant.id, state, scope });
}

/**
 * Returns the redirect address with an error; the v2.0 endpoint still adds `admin_consent=True` and the tenant
 * (learn, "v2.0 admin consent").
 */
export function refuseConsent(
  exchange: Exchange,
  { tenant, redirectUri, state, scope }: ConsentRequest,
  { code, error, text }: { code: number; error: string; text: string },
): string {
  return withQuery(redirectUri, {
    ...(scope === undefined ? {} : { admin_consent: 'True' }),
    tenant: tenant.id,
    error,
    error_description: describeRefusal({ code, text }, now(exchange), exchange.world.settings.ids).description,
    state,
  });
}

function withQuery(uri: string, parameters: Record<string, string | null | undefined>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined) {
      url.searchParams.append(name, value);
    }
  }
  return url.href;
}
