import { randomInt } from 'node:crypto';
import { addUserConsent } from './application.ts';
import { type Exchange, now, type Reply } from './exchange.ts';
import type { CodeClaims } from './grant-authorization-code.ts';
import { clientInfo } from './issued-tokens.ts';
import { loginErrorReply } from './login-page.ts';
import { checkAccount, checkAssignment, checkMultiFactor, missingConsent, noConsent } from './person.ts';
import { scopeNames } from './scopes.ts';
import { seal } from './sealed.ts';
import { type LiveSession, rememberSession } from './session-cookie.ts';
import type { PendingSignIn, Session, SignInRequest } from './sign-in.ts';
import { answer, answerRefusal } from './sign-in-answer.ts';
import { mfaPage, personPage, userConsentPage } from './sign-in-page.ts';
import { invalidGrant, type Refusal } from './token-refusal.ts';

/** Authorization codes are valid for ten minutes (learn, "OAuth 2.0 authorization code flow"). */
const CODE_LIFE_MS = 10 * 60 * 1000;

/** The progress of a sign-in. */
export interface Progress {
  /** There is no person at a page: any question must become an error for the application. */
  readonly silent: boolean;
  /** Whether the person has just been asked for consent. */
  readonly hasConsented: boolean;
}

/** Sends an identified person to the next page that they need, or back to the application with a code. */
export function proceed(exchange: Exchange, request: SignInRequest, live: LiveSession, progress: Progress): Reply {
  const { session } = live;
  const refusal = checkAccount(live);
  if (refusal !== undefined) {
    return refuse(exchange, request, { refusal, silent: progress.silent });
  }
  const unconfirmed = checkMultiFactor(live, session.mfa);
  if (unconfirmed !== undefined) {
    // Registering for a second factor is a wizard of many pages, which the emulator does not have.
    return live.user.mfa === 'required' && !progress.silent
      ? askNumber(exchange, { request, live, wrong: false })
      : refuse(exchange, request, { refusal: unconfirmed, silent: progress.silent });
  }
  const unassigned = checkAssignment(request, live);
  if (unassigned !== undefined) {
    const goesBack = progress.silent || exchange.world.settings.unassignedSignIn === 'redirect';
    // They have signed in nevertheless; they just may not use the application.
    return withSession(exchange, session, refuse(exchange, request, { refusal: unassigned, silent: goesBack }));
  }
  return consentReply(exchange, request, live, progress) ?? finish(exchange, request, live);
}

/** Shows the choice of people. `error`: the message about the last attempt. */
export function askPerson(exchange: Exchange, request: SignInRequest, error?: string): Reply {
  const form = pageForm(exchange, request, { step: 'person', request });
  return { status: 200, headers: { 'cache-control': 'no-store' }, html: personPage(request, form, error) };
}

/** Shows the second factor's page, with a number of two digits. */
export function askNumber(
  exchange: Exchange,
  { request, live, wrong }: { request: SignInRequest; live: LiveSession; wrong: boolean },
): Reply {
  const number = String(randomInt(10, 100));
  const form = pageForm(exchange, request, { step: 'mfa', request, session: live.session, number });
  return { status: 200, headers: { 'cache-control': 'no-store' }, html: mfaPage(live, form, { number, wrong }) };
}

/** Handles the person's refusal. */
export function cancel(exchange: Exchange, request: SignInRequest): Reply {
  const text = 'User declined to consent to access the app.';
  const refusal = { code: 65004, error: 'access_denied', status: 400, text };
  return answerRefusal(exchange, request, { refusal, subcode: 'cancel' });
}

/** Handles the person's consent, and stores it. */
export function consent(exchange: Exchange, request: SignInRequest, live: LiveSession): Reply {
  addUserConsent(request.application, live.user.id, scopeNames(request.scopes));
  return proceed(exchange, request, live, { silent: false, hasConsented: true });
}

/**
 * Shows an error to a person; in a silent sign-in the application gets it, as one that needs interaction.
 */
export function refuse(
  exchange: Exchange,
  request: SignInRequest,
  { refusal, silent }: { refusal: Refusal; silent: boolean },
): Reply {
  if (!silent) {
    return loginErrorReply(exchange, refusal);
  }
  const { silentConsentError } = exchange.world.settings;
  const error = refusal.code === 65001 ? silentConsentError : 'interaction_required';
  return answerRefusal(exchange, request, { refusal: { ...refusal, error } });
}

function consentReply(
  exchange: Exchange,
  request: SignInRequest,
  live: LiveSession,
  { silent, hasConsented }: Progress,
): Reply | undefined {
  const missing = missingConsent(request, live, { scopes: request.scopes, tenants: exchange.world.tenants });
  const isAsked = request.prompt === 'consent' && !hasConsented;
  if (missing.length === 0 && !isAsked) {
    return undefined;
  }
  if (silent) {
    return refuse(exchange, request, { refusal: noConsent(request.application), silent });
  }
  const { settings, signIns } = exchange.world;
  if (settings.userConsent === 'administrators-only') {
    const text = `${request.application.displayName} needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.`;
    return loginErrorReply(exchange, invalidGrant(90094, text));
  }
  if (typeof signIns.mode === 'object') {
    return signIns.mode.consents === false ? cancel(exchange, request) : consent(exchange, request, live);
  }
  const form = pageForm(exchange, request, { step: 'consent', request, session: live.session });
  const scopes = missing.length > 0 ? missing : scopeNames(request.scopes);
  return withSession(exchange, live.session, {
    status: 200,
    html: userConsentPage(request, live, { ...form, scopes }),
  });
}

function finish(exchange: Exchange, request: SignInRequest, live: LiveSession): Reply {
  const { world } = exchange;
  const { session } = live;
  const { application, redirectUri, scopes, nonce, challenge } = request;
  const claims: CodeClaims = {
    ...{ id: world.settings.ids(), clientId: application.clientId, redirectUri, session, scopes, nonce, challenge },
    ends: now(exchange) + CODE_LIFE_MS,
  };
  const reply = answer(request, {
    code: `1.${seal('code', claims, world.keys.secret)}`,
    ...(request.wantsClientInfo ? { client_info: clientInfo(live) } : {}),
    session_state: session.sid,
  });
  return withSession(exchange, session, reply);
}

function withSession(exchange: Exchange, session: Session, reply: Reply): Reply {
  const headers = { 'cache-control': 'no-store', ...reply.headers, 'set-cookie': rememberSession(exchange, session) };
  return { ...reply, headers };
}

function pageForm({ world }: Exchange, { authority }: SignInRequest, pending: PendingSignIn) {
  const ticket = world.settings.ids();
  world.signIns.wait(ticket, pending);
  return { action: `/${encodeURIComponent(authority)}/login`, ticket };
}
