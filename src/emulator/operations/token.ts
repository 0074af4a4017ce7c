import { readBasicCredentials, type TokenRequest } from '../client-authentication.ts';
import { type Exchange, now, type Reply, readForm } from '../exchange.ts';
import { grantAuthorizationCode } from '../grant-authorization-code.ts';
import { grantClientCredentials } from '../grant-client-credentials.ts';
import { grantPassword } from '../grant-password.ts';
import { grantRefreshToken } from '../grant-refresh-token.ts';
import { GraphFault } from '../graph-error.ts';
import { loginErrorReply } from '../login-page.ts';
import { invalidRequest, isRefusal, missingParameter, type Refusal, renderRefusal } from '../token-refusal.ts';

/** The supported grants; the v1 endpoint (`/{tenant}/oauth2/token`) supports only the first. */
const GRANTS: Record<string, (request: TokenRequest) => object | Refusal> = {
  client_credentials: grantClientCredentials,
  authorization_code: grantAuthorizationCode,
  refresh_token: grantRefreshToken,
  password: grantPassword,
};

/** Entra's grants that the emulator does not model: on behalf of, the device code flow, SAML. */
const UNKNOWN_GRANTS = /^(?:urn:ietf:params:oauth:grant-type:(?:jwt-bearer|device_code|saml[12]\S*)|device_code)$/;

/** `POST /{tenant}/oauth2/v2.0/token`, and `/{tenant}/oauth2/token` of v1. */
export async function token(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  readBasicCredentials(exchange, form);
  const version = exchange.url.pathname.endsWith('/oauth2/token') ? 'v1' : 'v2';
  const granted = grant({ exchange, form, version });
  return isRefusal(granted)
    ? renderRefusal(granted, now(exchange), exchange.world.settings.ids)
    : { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, json: granted };
}

/** `GET` of the same: a browser has been sent to the wrong address. */
export function tokenByGet(exchange: Exchange): Reply {
  const text = 'The endpoint only accepts POST requests. Received a GET request.';
  return loginErrorReply(exchange, invalidRequest(900561, text));
}

function grant(request: TokenRequest): object | Refusal {
  const type = request.form.get('grant_type');
  if (type === null) {
    return missingParameter('grant_type');
  }
  if (
    UNKNOWN_GRANTS.test(type) ||
    (request.version === 'v1' && type !== 'client_credentials' && Object.hasOwn(GRANTS, type))
  ) {
    throw new GraphFault(
      'notImplemented',
      `The emulator does not support the grant ${type} of the ${request.version} endpoint.`,
    );
  }
  const run = Object.hasOwn(GRANTS, type) ? GRANTS[type] : undefined;
  const text = `The app requested an unsupported grant type '${type}'.`;
  return run?.(request) ?? { code: 70003, error: 'unsupported_grant_type', status: 400, text };
}
