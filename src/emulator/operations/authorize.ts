import { type Exchange, type Reply, readForm } from '../exchange.ts';
import { loginErrorReply } from '../login-page.ts';
import { unknownPerson } from '../person.ts';
import { type LiveSession, readSessions, startSession } from '../session-cookie.ts';
import type { SignIn, SignInRequest } from '../sign-in.ts';
import { answerRefusal } from '../sign-in-answer.ts';
import { askPerson, cancel, proceed } from '../sign-in-flow.ts';
import { readSignInRequest } from '../sign-in-request.ts';
import type { Person } from '../tenant.ts';
import { invalidRequest } from '../token-refusal.ts';

/** `GET` or `POST /{tenant}/oauth2/v2.0/authorize` (learn, "OAuth 2.0 authorization code flow", "OpenID Connect"). */
export async function authorizePerson(exchange: Exchange): Promise<Reply> {
  const isPost = exchange.request.method === 'POST';
  const request = readSignInRequest(exchange, isPost ? await readForm(exchange) : exchange.url.searchParams);
  if ('refusal' in request) {
    const { refusal, to } = request;
    return to === undefined ? loginErrorReply(exchange, refusal) : answerRefusal(exchange, to, { refusal });
  }
  const sessions = readSessions(exchange).filter(live => isWanted(request, live));
  if (request.prompt === 'none') {
    return signInSilently(exchange, request, sessions);
  }
  const { mode } = exchange.world.signIns;
  if (mode !== 'page') {
    return mode === 'cancel' ? cancel(exchange, request) : signInAs(exchange, request, mode);
  }
  const [only, ...others] = sessions;
  const asksWho = request.prompt === 'login' || request.prompt === 'select_account' || others.length > 0;
  return only === undefined || asksWho
    ? askPerson(exchange, request)
    : proceed(exchange, request, only, { silent: false, hasConsented: false });
}

/** Signs in without a page: needs exactly one session and no open questions. */
function signInSilently(exchange: Exchange, request: SignInRequest, sessions: readonly LiveSession[]): Reply {
  const [only, ...others] = sessions;
  if (only === undefined) {
    const text =
      "A silent sign-in request was sent but no user is signed in. The cookies used to represent the user's session were not sent in the request to Azure AD.";
    const refusal = { ...invalidRequest(50058, text), error: 'login_required' };
    return answerRefusal(exchange, request, { refusal });
  }
  if (others.length > 0) {
    const text =
      'Either multiple user identities are available for the current request or selected account is not supported for the scenario.';
    const refusal = { ...invalidRequest(16000, text), error: 'interaction_required' };
    return answerRefusal(exchange, request, { refusal });
  }
  return proceed(exchange, request, only, { silent: true, hasConsented: false });
}

/** Signs a given person in, as if they had gone through the pages. */
function signInAs(exchange: Exchange, request: SignInRequest, mode: Exclude<SignIn, string>): Reply {
  const person = findPerson(request, mode.as);
  if (person === undefined) {
    return loginErrorReply(exchange, unknownPerson(mode.as, request.tenants[0]));
  }
  const isAskedForMore = person.user.mfa === 'required';
  if (isAskedForMore && mode.confirms === false) {
    const text = 'Authentication failed during strong authentication request.';
    return loginErrorReply(exchange, invalidRequest(500121, text));
  }
  const live = startSession(exchange, person, isAskedForMore);
  return proceed(exchange, request, live, { silent: false, hasConsented: false });
}

/** Returns the person of an address, among those who may sign in. */
export function findPerson({ tenants }: SignInRequest, name: string): Person | undefined {
  return tenants
    .map(tenant => ({ tenant, user: tenant.findPerson(name) }))
    .find((person): person is Person => person.user !== undefined);
}

function isWanted({ tenants, loginHint }: SignInRequest, { tenant, user }: LiveSession): boolean {
  return tenants.includes(tenant) && (loginHint === null || tenant.findPerson(loginHint) === user);
}
