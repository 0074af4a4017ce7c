import { type Exchange, now, type Reply } from '../exchange.ts';
import { issueToken, TOKEN_LIFE_SECONDS } from '../tokens.ts';

const MAX_FORM_BYTES = 64 * 1024;

interface Refusal {
  readonly code: number;
  readonly error: string;
  readonly status: number;
  readonly text: string;
}

/** `POST /{tenant}/oauth2/v2.0/token`: client credentials (learn, "OAuth 2.0 client credentials flow"). */
export async function token(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  const refusal = checkTenant(exchange) ?? checkClient(exchange, form);
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
    return {
      code: 900023,
      error: 'invalid_request',
      status: 400,
      text: `Specified tenant identifier '${asked}' is neither a valid DNS name, nor a valid external domain.`,
    };
  }
  if (asked.toLowerCase() !== world.tenant.id && asked !== `${world.tenant.name}.onmicrosoft.com`) {
    return {
      code: 90002,
      error: 'invalid_request',
      status: 400,
      text: `Tenant '${asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    };
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
  const secret = form.get('client_secret');
  if (secret === null) {
    return {
      code: 7000218,
      error: 'invalid_client',
      status: 401,
      text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    };
  }
  if (secret !== application.clientSecret) {
    return {
      code: 7000215,
      error: 'invalid_client',
      status: 401,
      text: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client}'.`,
    };
  }
  if (application.secretExpired) {
    return {
      code: 7000222,
      error: 'invalid_client',
      status: 401,
      text: `The provided client secret keys for app '${client}' are expired.`,
    };
  }
  return undefined;
}

function renderRefusal({ code, error, status, text }: Refusal, at: number, ids: () => string): Reply {
  const timestamp = new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const [trace, correlation] = [ids(), ids()];
  return {
    status,
    json: {
      error,
      error_description: `AADSTS${code}: ${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
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
