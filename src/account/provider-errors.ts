import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { explainAadsts } from './entra-errors.ts';
import { type Refusal, RefusedError, unavailable } from './refusal.ts';

/** How an ID token, or an answer, was found not to be for us; all others are errors of the provider. */
const FORGED = [
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
];

/** Words for the errors of RFC 6749 §4.1.2.1 and §5.2 and of OpenID Connect Core §3.1.2.6. */
const BY_CODE: Record<string, Omit<Refusal, 'detail'>> = {
  access_denied: {
    status: 403,
    title: 'The sign-in was cancelled',
    message: 'The sign-in page says that access was denied, or that you went back. You can try again.',
    canRetry: true,
    reason: 'access_denied',
  },
  invalid_grant: {
    status: 400,
    title: 'This sign-in has expired',
    message: 'The sign-in took too long, or its answer was used before. Please start again.',
    canRetry: true,
    reason: 'invalid_grant',
  },
  invalid_client: {
    status: 503,
    title: 'This server cannot identify itself',
    message:
      'The sign-in service does not accept this server’s own credential. You cannot change that; your administrator can.',
    cure: 'The client secret or certificate is wrong or has expired: give the application a new one, put it into its file, which is read again.',
    reason: 'invalid_client',
  },
  consent_required: {
    status: 403,
    title: 'An administrator must agree first',
    message: 'The application has no permission to sign people in. Please ask your administrator.',
    cure: 'Grant consent to the application for the permissions openid and profile.',
    canRetry: true,
    reason: 'consent_required',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'The sign-in service is busy',
    message: 'Please try again in a moment.',
    canRetry: true,
    retryAfterSeconds: 30,
    reason: 'provider-unavailable',
  },
};
const BY_SAME_CODE: Record<string, string> = {
  unauthorized_client: 'invalid_client',
  server_error: 'temporarily_unavailable',
};
const INTERACTION = ['interaction_required', 'login_required', 'account_selection_required'];

/** Explains an error of the code flow, in plain words where the provider's code is known. */
export function explainProviderError(error: unknown, label: string): RefusedError {
  const known = refusedIn(error);
  if (known !== undefined) {
    return known;
  }
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new RefusedError(explainCode(error.error, error.error_description), { cause: error });
  }
  if (error instanceof ClientError && FORGED.includes(error.code ?? '')) {
    return new RefusedError(notForUs(error), { cause: error });
  }
  return unavailable(label, { cause: error });
}

/** Returns our own refusal among the causes of an error: openid-client wraps the errors of our `fetch`. */
export function refusedIn(error: unknown): RefusedError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof RefusedError) {
      return each;
    }
  }
  return undefined;
}

function explainCode(code: string, description = ''): Refusal {
  const detail = `${code}${description === '' ? '' : `: ${description.split(/[\r\n]/, 1)[0]}`}`;
  const special = explainAadsts(description);
  if (special !== undefined) {
    return { ...special, detail };
  }
  const plain = BY_CODE[BY_SAME_CODE[code] ?? code];
  if (plain !== undefined) {
    return { ...plain, detail };
  }
  const needsPerson = INTERACTION.includes(code);
  return {
    status: needsPerson ? 403 : 400,
    title: needsPerson ? 'One more step is needed' : 'The sign-in did not succeed',
    message: needsPerson
      ? 'The sign-in service wants something from you first: a second factor, a new password, or a choice of account. Please sign in again and follow its pages.'
      : 'The sign-in service has refused. If it happens again, show this page to your administrator.',
    canRetry: true,
    detail,
    reason: code,
  };
}

function notForUs({ code, cause }: ClientError): Refusal {
  const what = cause instanceof Error ? cause.message : code;
  return {
    status: 400,
    title: 'The answer of the sign-in service was refused',
    message: 'It was not for this sign-in, or not for this server. Please start again.',
    cure: 'If it happens again: check the clock of this server, and that no other application uses the same client id with another issuer.',
    detail: what,
    canRetry: true,
    reason: 'invalid-answer',
  };
}
