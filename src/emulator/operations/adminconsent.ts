import { graphUrl } from '../clouds.ts';
import type { Consent, ConsentRequest } from '../consent.ts';
import { acceptConsent, refuseConsent } from '../consent-answer.ts';
import { consentPage, needsAdministratorPage } from '../consent-page.ts';
import { type Exchange, type Reply, readForm } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { loginErrorReply } from '../login-page.ts';
import { readTenant, tenantsOfHost, unknownClient } from '../login-tenant.ts';
import { checkRedirect } from '../redirect-uri.ts';
import type { Tenant } from '../tenant.ts';
import { invalidRequest, isRefusal, missingParameter, type Refusal } from '../token-refusal.ts';

/** Names for "whichever tenant the administrator signs in to". */
const ANY_TENANT = ['common', 'organizations'];

/**
 * `GET /{tenant}/adminconsent` (v1) and `/{tenant}/v2.0/adminconsent` (learn, "Admin consent on the Microsoft identity
 * platform"). Shows an invalid request's error, and never sends it to an address that is not registered.
 */
export function adminConsent(exchange: Exchange): Reply {
  const request = readRequest(exchange);
  if (isRefusal(request)) {
    return loginErrorReply(exchange, request);
  }
  const { consents, settings } = exchange.world;
  if (consents.mode !== 'ask') {
    return decide(exchange, request, consents.mode);
  }
  const ticket = settings.ids();
  consents.ask(ticket, request);
  return { status: 200, html: consentPage(request, ticket) };
}

/** `POST` of the page's form: handles the pressed button. */
export async function adminConsentDecision(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  const request = exchange.world.consents.take(form.get('ticket') ?? '');
  if (request === undefined) {
    return loginErrorReply(exchange, invalidRequest(90100, 'The page has been answered before, or was never shown.'));
  }
  return decide(exchange, request, form.get('decision') === 'accept' ? 'accept' : 'refuse');
}

function decide(exchange: Exchange, request: ConsentRequest, decision: Exclude<Consent, 'ask'>): Reply {
  if (decision === 'accept') {
    return goTo(acceptConsent(request));
  }
  if (decision === 'refuse') {
    const error = exchange.world.settings.consentCancelledError;
    const text = 'The resource owner or authorization server denied the request.';
    return goTo(refuseConsent(exchange, request, { code: 65004, error, text }));
  }
  const text = `${request.application.displayName} needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.`;
  const back = { code: 90094, error: 'consent_required', text: 'The grant requires admin permission.' };
  const html = needsAdministratorPage(request, {
    text: `AADSTS90094: ${text}`,
    back: refuseConsent(exchange, request, back),
  });
  return { status: 200, html };
}

function goTo(location: string): Reply {
  return { status: 302, headers: { location, 'cache-control': 'no-store' } };
}

function readRequest(exchange: Exchange): ConsentRequest | Refusal {
  const { url } = exchange;
  const clientId = url.searchParams.get('client_id') ?? '';
  const tenant = readConsentTenant(exchange, clientId);
  if (isRefusal(tenant)) {
    return tenant;
  }
  const application = tenant.findApplication(clientId);
  if (application === undefined) {
    return unknownClient(tenant, clientId);
  }
  const redirectUri = url.searchParams.get('redirect_uri') ?? application.redirectUris[0] ?? '';
  const refusal = checkRedirect(exchange, application, redirectUri) ?? checkScope(exchange, tenant);
  return (
    refusal ?? { tenant, application, redirectUri, state: url.searchParams.get('state'), scope: scopeOf(exchange) }
  );
}

/** Returns the tenant; `common` means the one where the application is registered. */
function readConsentTenant(exchange: Exchange, clientId: string): Tenant | Refusal {
  const { host, url } = exchange;
  if (!ANY_TENANT.includes(url.pathname.split('/')[1]!)) {
    return readTenant(exchange);
  }
  const ofCloud = tenantsOfHost(exchange);
  const tenant = ofCloud.find(each => each.findApplication(clientId) !== undefined) ?? ofCloud[0];
  return tenant ?? invalidRequest(90002, `No tenant is found in the cloud of ${host}.`);
}

/** Returns the scope; undefined for the v1 endpoint, which always grants the registration's permissions. */
function scopeOf({ url }: Exchange): string | undefined {
  return /\/v2\.0\/adminconsent$/i.test(url.pathname) ? (url.searchParams.get('scope') ?? '') : undefined;
}

/** Requires `/.default`, which stands for the application permissions. */
function checkScope(exchange: Exchange, tenant: Tenant): Refusal | undefined {
  const scope = scopeOf(exchange);
  if (scope === undefined || scope === `${graphUrl(tenant.cloud)}/.default`) {
    return undefined;
  }
  if (scope === '') {
    return missingParameter('scope');
  }
  throw new GraphFault('notImplemented', `The emulator does not support consent to the scope ${scope}`);
}
