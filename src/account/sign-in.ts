import { callbackUrl } from '../lib/callback-url.ts';
import { html } from '../lib/html.ts';
import { dropCookie, readCookie, setCookie } from './cookies.ts';
import { identify } from './identity.ts';
import { plainPage } from './messages.ts';
import { sendPage, sendTo } from './page.ts';
import { PENDING_MS, type PendingSignIn } from './pending-sign-ins.ts';
import type { Claims } from './provider.ts';
import { RefusedError } from './refusal.ts';
import { placeInTree } from './sign-in-at.ts';
import { digestOf, isSecretShaped, randomSecret } from './tokens.ts';
import type { FormVisit, Visit } from './visit.ts';

/** The paths below the account pages to which a sign-in may lead; any other text leads to the first page. */
const RETURN_PATHS = /^\/connect(\/[a-z\d]+)?$/;

/** Sends the browser to the provider. The cookie binds the sign-in to this browser. */
export async function beginSignIn(visit: Visit): Promise<void> {
  const { request, response, parts, address, place, home, query } = visit;
  const redirectUri = redirectUriOf(visit);
  const { url, checks } = await parts.provider.begin(redirectUri);
  // A sign-in in another tab of this browser goes on.
  const known = readCookie(request, 'sign-in');
  const isOurs = known !== undefined && isSecretShaped(known) && (await parts.pending.hasBrowser(digestOf(known)));
  const browser = isOurs ? known : randomSecret();
  const page = ownPath(query.get('to'));
  const returnTo = placeInTree(query.get('for'), place) ?? `${home}${page === '' ? '/' : page}`;
  await parts.pending.add({ checks, redirectUri, returnTo, browser: digestOf(browser), address });
  sendTo(response, url, { 'Set-Cookie': setCookie('sign-in', browser, PENDING_MS / 1000) });
}

/** Returns the page of ours that a text names: never an address elsewhere. */
export function ownPath(text: string | null): string {
  return text !== null && RETURN_PATHS.test(text) ? text : '';
}

/** Receives a browser that comes back from the provider. */
export async function finishSignIn(visit: Visit): Promise<void> {
  const { request, response, parts, home, query, words } = visit;
  if (query.get('state') === null && query.get('code') === null) {
    // The provider sends browsers here after a sign-out, too.
    sendPage(response, plainPage({ status: 200, title: words.signedOut, message: words.signedOutHere }, home, words));
    return;
  }
  const pending = await takePending(visit);
  const claims = await redeem(visit, pending);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const admitted = await identify(claims, parts.identifying, gone.signal);
  const cookie = await parts.sessions.begin(request, admitted);
  visit.logAs(admitted.user.name);
  audit(visit, 'signed-in', admitted.user.name);
  sendTo(response, pending.returnTo, { 'Set-Cookie': [cookie, dropCookie('sign-in')] });
}

/**
 * Redeems the code. Made-up codes cost requests to the provider, which counts them against this server as a whole: an
 * address with too many must wait.
 */
async function redeem({ parts, address, query }: Visit, pending: PendingSignIn): Promise<Claims> {
  const { provider, wrongCodes } = parts;
  const wait = wrongCodes.waitSeconds(address);
  if (wait > 0) {
    throw tooManyWrong(wait);
  }
  try {
    return await provider.finish(callbackOf(pending, query), pending.checks);
  } catch (error) {
    if (error instanceof RefusedError && error.refusal.status === 400) {
      await wrongCodes.failed(address);
    }
    throw error;
  }
}

function tooManyWrong(retryAfterSeconds: number): RefusedError {
  return new RefusedError({
    status: 429,
    title: 'Too many sign-ins have failed',
    message: `Please wait ${retryAfterSeconds} seconds, and try again.`,
    canRetry: true,
    retryAfterSeconds,
    reason: 'too-many-wrong-codes',
  });
}

/** Ends the session here, then sends the browser to the provider to end that one, too. */
export async function signOut(visit: FormVisit): Promise<void> {
  const { parts, signedIn } = visit;
  await parts.sessions.end(signedIn.session);
  audit(visit, 'signed-out', signedIn.admitted.user.name);
  await showSignedOut(visit);
}

/** Shows that the browser is signed out; from there it goes on to the provider by itself. */
export async function showSignedOut(visit: FormVisit): Promise<void> {
  const { response, parts, home, words } = visit;
  // Not a redirect: Chromium applies the policy for forms to where they are redirected.
  const next = await parts.provider.endSession(redirectUriOf(visit));
  const there = next === undefined ? undefined : words.signedOutThere(parts.provider.label);
  const message = html`${words.signedOutHere} ${there}`;
  sendPage(response, {
    ...plainPage({ status: 200, title: words.signedOut, message }, home, words),
    headers: { 'Set-Cookie': dropCookie('session') },
    next,
  });
}

function redirectUriOf({ place }: Visit): string {
  return callbackUrl(place.root);
}

async function takePending({ request, parts, query }: Visit): Promise<PendingSignIn> {
  const cookie = readCookie(request, 'sign-in');
  const browser = cookie === undefined ? undefined : digestOf(cookie);
  const pending = await parts.pending.take(query.get('state') ?? '', browser);
  if (pending === 'unknown') {
    throw new RefusedError({
      status: 400,
      title: 'This sign-in is not under way',
      message: 'It took more than ten minutes, or it has ended already. Please start again.',
      canRetry: true,
      reason: 'unknown-state',
    });
  }
  if (pending === 'foreign') {
    throw new RefusedError({
      status: 400,
      title: 'This sign-in was begun in another browser',
      message:
        'A sign-in must end in the browser in which it began, at the same address, and the browser must keep cookies. Please start again here.',
      cure: 'If it happens to everybody: publicUrls must be the address that people open.',
      canRetry: true,
      reason: 'other-browser',
    });
  }
  return pending;
}

/** The address that the provider was told, with what it has added; the Host header has no say. */
function callbackOf({ redirectUri }: PendingSignIn, query: URLSearchParams): URL {
  const url = new URL(redirectUri);
  url.search = query.toString();
  return url;
}

function audit({ parts, address, request }: Visit, event: 'signed-in' | 'signed-out', user: string): void {
  parts.audit({ event, user, address, detail: { client: request.headers['user-agent'] } });
}
