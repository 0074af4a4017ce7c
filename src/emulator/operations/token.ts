import type { Application } from '../application.ts';
import { ASSERTION_TYPE, type AssertionContext, checkAssertion } from '../client-assertion.ts';
import { CLOUDS, graphUrl } from '../clouds.ts';
import { type Exchange, now, type Reply, readForm } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { readTenant, unknownClient } from '../login-tenant.ts';
import type { Tenant } from '../tenant.ts';
import { invalidClient, invalidRequest, isRefusal, type Refusal, renderRefusal } from '../token-refusal.ts';
import { issueToken, TOKEN_LIFE_SECONDS } from '../tokens.ts';

/** `POST /{tenant}/oauth2/v2.0/token`: client credentials (learn, "OAuth 2.0 client credentials flow"). */
export async function token(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  const client = readClient(exchange, form);
  const refusal = isRefusal(client) ? client : checkCredential(exchange, form, client);
  return refusal === undefined
    ? grant(exchange, client as Client)
    : renderRefusal(refusal, now(exchange), exchange.world.settings.ids);
}

function grant({ world }: Exchange, { tenant, application }: Client): Reply {
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: {
      token_type: 'Bearer',
      expires_in: TOKEN_LIFE_SECONDS,
      ext_expires_in: TOKEN_LIFE_SECONDS,
      access_token: issueToken(world, tenant, application),
    },
  };
}

/** Who asks, before it has proved anything. */
interface Client {
  readonly tenant: Tenant;
  readonly application: Application;
}

function readClient(exchange: Exchange, form: URLSearchParams): Client | Refusal {
  const tenant = readTenant(exchange);
  if (isRefusal(tenant)) {
    return tenant;
  }
  const clientId = form.get('client_id') ?? '';
  const application = tenant.findApplication(clientId);
  if (application === undefined) {
    return unknownClient(tenant, clientId);
  }
  if (application.disabled) {
    const text = `Application '${clientId}'(${application.displayName}) is disabled.`;
    return { code: 7000112, error: 'unauthorized_client', status: 400, text };
  }
  return checkScope(tenant, form.get('scope')) ?? { tenant, application };
}

/** The scope is Graph's own address in the tenant's cloud with `/.default`; the Graph of another cloud is no resource here. */
function checkScope(tenant: Tenant, scope: string | null): Refusal | undefined {
  if (scope === `${graphUrl(tenant.cloud)}/.default`) {
    return undefined;
  }
  const elsewhere = Object.values(CLOUDS).find(cloud => scope === `${graphUrl(cloud)}/.default`);
  if (elsewhere !== undefined) {
    const text = `The resource principal named ${graphUrl(elsewhere)} was not found in the tenant named ${tenant.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`;
    return { code: 500011, error: 'invalid_resource', status: 400, text };
  }
  const text = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`;
  return { code: 1002012, error: 'invalid_scope', status: 400, text };
}

function checkCredential(exchange: Exchange, form: URLSearchParams, client: Client): Refusal | undefined {
  const [assertion, secret] = [form.get('client_assertion'), form.get('client_secret')];
  if (assertion !== null) {
    return checkAssertionType(form) ?? checkAssertion(assertion, contextOf(exchange, client));
  }
  if (secret !== null) {
    return checkSecret(exchange, client.application, secret);
  }
  const needed =
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
  return invalidClient(7000216, needed);
}

function checkAssertionType(form: URLSearchParams): Refusal | undefined {
  const type = form.get('client_assertion_type');
  if (type === null) {
    return invalidRequest(90014, "The required field 'client_assertion_type' is missing from the credential.");
  }
  if (type !== ASSERTION_TYPE) {
    throw new GraphFault('notImplemented', `The emulator does not know what Entra says to assertions of type ${type}`);
  }
  return undefined;
}

/** As audience Entra takes the token endpoint, of the tenant by its id or its name, and its own name as an issuer. */
function contextOf({ host, url, world }: Exchange, { tenant, application }: Client): AssertionContext {
  const { settings } = world;
  const issuers = [host, ...tenant.cloud.loginHosts].flatMap(each =>
    [tenant.id, url.pathname.split('/')[1]!].map(name => `https://${each}/${name}`),
  );
  return {
    application,
    audiences: issuers.flatMap(issuer => [`${issuer}/oauth2/v2.0/token`, `${issuer}/v2.0`]),
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
