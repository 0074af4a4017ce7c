import { ASSERTION_TYPE, type AssertionContext, checkAssertion } from '../client-assertion.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { invalidClient, invalidRequest, type Refusal, renderRefusal } from '../token-refusal.ts';
import { issueToken, TOKEN_LIFE_SECONDS } from '../tokens.ts';

const MAX_FORM_BYTES = 64 * 1024;

/** `POST /{tenant}/oauth2/v2.0/token`: client credentials (learn, "OAuth 2.0 client credentials flow"). */
export async function token(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  const refusal = checkTenant(exchange) ?? checkClient(exchange, form) ?? checkCredential(exchange, form);
  if (refusal !== undefined) {
    return renderRefusal(refusal, now(exchange), exchange.world.settings.ids);
  }
  const { tenant } = exchange.world;
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: {
      token_type: 'Bearer',
      expires_in: TOKEN_LIFE_SECONDS,
      ext_expires_in: TOKEN_LIFE_SECONDS,
      access_token: issueToken(tenant, now(exchange)),
    },
  };
}

function checkTenant({ url, world }: Exchange): Refusal | undefined {
  const asked = url.pathname.split('/')[1]!;
  if (!/^[0-9a-f-]{36}$/i.test(asked) && !asked.includes('.')) {
    return invalidRequest(
      900023,
      `Specified tenant identifier '${asked}' is neither a valid DNS name, nor a valid external domain.`,
    );
  }
  if (asked.toLowerCase() !== world.tenant.id && asked !== `${world.tenant.name}.onmicrosoft.com`) {
    return invalidRequest(
      90002,
      `Tenant '${asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    );
  }
  return undefined;
}

function checkClient({ world }: Exchange, form: URLSearchParams): Refusal | undefined {
  const { application } = world.tenant;
  const client = form.get('client_id') ?? '';
  if (client !== application.clientId) {
    return {
      code: 700016,
      error: 'unauthorized_client',
      status: 400,
      text: `Application with identifier '${client}' was not found in the directory 'Contoso'.`,
    };
  }
  if (application.disabled) {
    return { code: 7000112, error: 'unauthorized_client', status: 400, text: `Application '${client}' is disabled.` };
  }
  if (form.get('scope') !== 'https://graph.microsoft.com/.default') {
    return {
      code: 1002012,
      error: 'invalid_scope',
      status: 400,
      text: `The provided value for scope ${form.get('scope')} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
    };
  }
  return undefined;
}

function checkCredential(exchange: Exchange, form: URLSearchParams): Refusal | undefined {
  const [assertion, secret] = [form.get('client_assertion'), form.get('client_secret')];
  if (assertion !== null) {
    return checkAssertionType(form) ?? checkAssertion(assertion, contextOf(exchange));
  }
  if (secret !== null) {
    return checkSecret(exchange, secret);
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
function contextOf({ host, url, world }: Exchange): AssertionContext {
  const { tenant, settings } = world;
  const tenants = [tenant.id, url.pathname.split('/')[1]!];
  return {
    application: tenant.application,
    audiences: tenants.flatMap(name => [`https://${host}/${name}/oauth2/v2.0/token`, `https://${host}/${name}/v2.0`]),
    nowSeconds: settings.clock.now() / 1000,
    seen: settings.refusesReplayedAssertions ? tenant.seenAssertions : undefined,
  };
}

function checkSecret({ world }: Exchange, secret: string): Refusal | undefined {
  const { clientId, clientSecret, secretExpired } = world.tenant.application;
  if (secret !== clientSecret) {
    return invalidClient(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    );
  }
  return secretExpired
    ? invalidClient(7000222, `The provided client secret keys for app '${clientId}' are expired.`)
    : undefined;
}

async function readForm({ request }: Exchange): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) {
      throw new RangeError('the token request is too large');
    }
  }
  return new URLSearchParams(text);
}
