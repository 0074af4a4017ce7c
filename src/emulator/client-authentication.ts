import type { Application } from './application.ts';
import { ASSERTION_TYPE, type AssertionContext, checkAssertion } from './client-assertion.ts';
import { type Exchange, now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { ClientProof } from './issued-tokens.ts';
import { authorityName, type Registration } from './login-tenant.ts';
import type { Tenant } from './tenant.ts';
import { invalidClient, invalidRequest, type Refusal } from './token-refusal.ts';

/** The credentials that a client sends to the token endpoint. */
export interface TokenRequest {
  readonly exchange: Exchange;
  readonly form: URLSearchParams;
  readonly version: 'v1' | 'v2';
}

/** Merges the credentials of an `Authorization: Basic` header (RFC 6749 §2.3.1) with those of the form. */
export function readBasicCredentials({ request }: Exchange, form: URLSearchParams): void {
  const encoded = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const [, id, secret] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  if (id !== undefined && secret !== undefined) {
    // Both are encoded like form values.
    const decoded = new URLSearchParams(`client_id=${id}&client_secret=${secret}`);
    for (const [name, value] of decoded) {
      form.set(name, value);
    }
  }
}

/** Authenticates a client without a person, which must have a credential. */
export function proveApplication(request: TokenRequest, { application, home }: Registration): ClientProof | Refusal {
  const needed =
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
  return prove(request, { application, home }) ?? invalidClient(7000216, needed);
}

/** Authenticates a person's client. A program on the person's machine has no credential, and must not send one. */
export function proveClient(request: TokenRequest, registration: Registration): ClientProof | Refusal {
  const { publicClient } = registration.application;
  const proof = publicClient ? undefined : prove(request, registration);
  if (proof !== undefined) {
    return proof;
  }
  if (!publicClient) {
    const text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    return invalidClient(7000218, text);
  }
  const tries = request.form.has('client_secret') || request.form.has('client_assertion');
  const text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
  return tries ? invalidClient(700025, text) : '0';
}

/** Undefined: it sends no credential. */
function prove(
  { exchange, form }: TokenRequest,
  { application, home }: Registration,
): ClientProof | Refusal | undefined {
  const [assertion, secret] = [form.get('client_assertion'), form.get('client_secret')];
  if (assertion !== null) {
    const context = contextOf(exchange, { application, tenant: home });
    return checkAssertionType(form) ?? checkAssertion(assertion, context) ?? '2';
  }
  return secret === null ? undefined : (checkSecret(exchange, application, secret) ?? '1');
}

function checkAssertionType(form: URLSearchParams): Refusal | undefined {
  const type = form.get('client_assertion_type');
  if (type === null) {
    return invalidRequest(90014, "The required field 'client_assertion_type' is missing from the credential.");
  }
  if (type !== ASSERTION_TYPE) {
    throw new GraphFault('notImplemented', `The emulator does not know how Entra answers assertions of type ${type}`);
  }
  return undefined;
}

/** Returns the audiences that Entra accepts: the token endpoint, by the tenant's id or name, and Entra as issuer. */
function contextOf(
  exchange: Exchange,
  { application, tenant }: { application: Application; tenant: Tenant },
): AssertionContext {
  const { host, world } = exchange;
  const { settings } = world;
  const issuers = [host, ...tenant.cloud.loginHosts].flatMap(each =>
    [tenant.id, authorityName(exchange)].map(name => `https://${each}/${name}`),
  );
  return {
    application,
    audiences: issuers.flatMap(issuer => ['/oauth2/v2.0/token', '/oauth2/token', '/v2.0'].map(path => issuer + path)),
    nowSeconds: settings.clock.now() / 1000,
    seen: settings.refusesReplayedAssertions ? tenant.seenAssertions : undefined,
  };
}

function checkSecret(
  exchange: Exchange,
  { clientId, clientSecret, secretExpired, secretEnds }: Application,
  secret: string,
): Refusal | undefined {
  if (secret !== clientSecret) {
    return invalidClient(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    );
  }
  return secretExpired || secretEnds <= now(exchange)
    ? invalidClient(7000222, `The provided client secret keys for app '${clientId}' are expired.`)
    : undefined;
}
