import type { IncomingMessage, ServerResponse } from 'node:http';
import { Attempts } from '../auth/attempts.ts';
import type { Audit } from '../auth/audit.ts';
import type { Door } from '../auth/door.ts';
import type { Clock } from '../lib/clock.ts';
import type { People } from '../people/people.ts';
import type { DevicePasswordStore } from '../state/device-password-store.ts';
import type { NoteStore } from '../state/note-store.ts';
import { NO_PEERS } from '../state/peers.ts';
import type { SessionStore } from '../state/session-store.ts';
import { languageFor, wordsIn } from '../words/words.ts';
import { connectDevice, connectPage, sendWindowsFile } from './connect/connect-page.ts';
import { DEVICES } from './connect/guides.ts';
import { readForm } from './form.ts';
import type { FormPurpose } from './header.ts';
import { homePage } from './home-page.ts';
import type { Identifying, Naming } from './identity.ts';
import { plainPage, refusalPage, signInPage } from './messages.ts';
import { isFromOwnPage } from './origin-check.ts';
import { sendPage } from './page.ts';
import { makePassword, revokeAll, revokePassword } from './passwords.ts';
import { PendingSignIns } from './pending-sign-ins.ts';
import { type Place, pathOf, placeOf, type VisitOrigin } from './place.ts';
import { Provider, type ProviderOptions } from './provider.ts';
import { type Refusal, RefusedError } from './refusal.ts';
import { createSessionDoor } from './session-door.ts';
import { Sessions, type SignedIn } from './sessions.ts';
import { beginSignIn, finishSignIn, ownPath, signOut } from './sign-in.ts';
import { placeInTree, signInAt } from './sign-in-at.ts';
import type { AccountParts, FormVisit, OwnVisit, Visit } from './visit.ts';

export interface AccountOptions {
  readonly provider: Omit<ProviderOptions, 'clock' | 'loginHost'>;
  /** Browsers are sent to this origin instead of the provider's. */
  readonly loginHost: string | null;
  readonly naming: Naming;
  readonly people: People;
  readonly explainDirectory: Identifying['explainDirectory'];
  readonly sessions: SessionStore;
  readonly passwords: DevicePasswordStore;
  /** The fixed life of a session. */
  readonly sessionSeconds: number;
  readonly publicUrls: readonly string[];
  /** Where sign-ins under way are kept. */
  readonly notes: NoteStore;
  /** Of earlier pages. Absent: none was wrong. */
  readonly wrongCodes?: AccountParts['wrongCodes'];
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Counts wrong codes, however the settings of the pages change. Absent `peers`: here alone. */
export function createWrongCodes(clock: Clock, peers = NO_PEERS): Attempts {
  return new Attempts(clock, { free: FREE_WRONG_CODES, shared: { peers, gate: 'codes' } });
}

/** What the front door says of a request for a page. */
export interface PageVisit {
  readonly address: string;
  readonly origin: VisitOrigin;
  readonly logAs: (user: string) => void;
}

/** The account pages, and what they mean for the files. */
export interface AccountPages {
  readonly answer: (request: IncomingMessage, response: ServerResponse, visit: PageVisit) => Promise<void>;
  readonly askSession: Door;
  /**
   * Returns the page to which a browser is sent that opens a file or folder without credentials; undefined for other
   * requests. `url` is below the tree, whose names in the client's URLs are `prefix`.
   */
  readonly signInAt: typeof signInAt;
}

/** What one path of the pages does, by method. */
interface Route {
  /** Without a sign-in. */
  readonly open?: (visit: Visit) => Promise<void> | void;
  /** For people who have signed in; others are offered the sign-in. */
  readonly own?: (visit: OwnVisit) => Promise<void> | void;
  readonly form?: readonly [purpose: FormPurpose, act: (visit: FormVisit) => Promise<void>];
}

const showConnect = (visit: OwnVisit) => sendPage(visit.response, connectPage(visit));

/** An office behind one address may have as many. */
const FREE_WRONG_CODES = 50;

/** By path below `/-/account`. */
const ROUTES: Readonly<Record<string, Route>> = {
  '': { own: async visit => sendPage(visit.response, await homePage(visit)) },
  '/sign-in': { open: beginSignIn },
  '/callback': { open: finishSignIn },
  '/connect': { own: showConnect },
  ...Object.fromEntries(
    DEVICES.map(device => [`/connect/${device}`, { own: showConnect, form: ['connect', connectDevice] }]),
  ),
  '/connect-onedrive.cmd': { own: sendWindowsFile },
  '/passwords': { form: ['make', makePassword] },
  '/revoke': { form: ['revoke', revokePassword] },
  '/revoke-all': { form: ['revoke-all', revokeAll] },
  '/sign-out': { form: ['sign-out', signOut] },
};

/**
 * Creates the pages on which people sign in, see their device passwords, and connect their devices. They work without
 * scripts; a password is only ever in the answer to the form that made it.
 */
export function createAccountPages(options: AccountOptions): AccountPages {
  const {
    clock,
    people,
    sessions: store,
    passwords,
    sessionSeconds: seconds,
    audit,
    naming,
    explainDirectory,
  } = options;
  const parts: AccountParts = {
    ...{ passwords, audit, clock },
    pending: new PendingSignIns(options.notes, clock),
    wrongCodes: options.wrongCodes ?? createWrongCodes(clock),
    provider: new Provider({ ...options.provider, loginHost: options.loginHost, clock }),
    identifying: { naming, people, explainDirectory },
    sessions: new Sessions({ store, people, seconds, clock }),
  };
  const answerPages: AccountPages['answer'] = async (request, response, { address, origin, logAs }) => {
    const home = `${pathOf(origin.prefix)}/-/account`;
    const [target, query = ''] = request.url!.split(/\?(.*)/s, 2) as [string, string | undefined];
    const path = target.replace(/^\/-\/account/, '').replace(/\/+$/, '');
    const place = placeOf(request, origin, options.publicUrls);
    const words = wordsIn(languageFor(request.headers)).account;
    try {
      refuseWrongPlace(request, place);
      const visit = {
        request,
        response,
        parts,
        address,
        place: place!,
        home,
        path,
        query: new URLSearchParams(query),
        words,
        logAs,
      };
      await answer(visit);
    } catch (error) {
      if (!(error instanceof RefusedError)) {
        throw error;
      }
      auditRefusal(error.refusal, { parts, address, request, path });
      sendPage(response, refusalPage(error.refusal, home, words));
    }
  };
  return { answer: answerPages, askSession: createSessionDoor(parts.sessions), signInAt };
}

async function answer(visit: Visit): Promise<void> {
  const { request, response, home, path, words } = visit;
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path]! : undefined;
  if (route === undefined) {
    sendPage(response, plainPage({ status: 404, title: words.noPage, message: words.mistyped }, home, words));
    return;
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const act = isRead ? (route.open ?? route.own) : request.method === 'POST' ? route.form : undefined;
  if (act === undefined) {
    const allow = [...(route.open || route.own ? ['GET, HEAD'] : []), ...(route.form ? ['POST'] : [])].join(', ');
    const page = plainPage({ status: 405, title: words.otherWay, message: words.goBack }, home, words);
    sendPage(response, { ...page, headers: { Allow: allow } });
    return;
  }
  await (isRead && route.open ? route.open(visit) : answerOwn(visit, route));
}

async function answerOwn(visit: Visit, { own, form }: Route): Promise<void> {
  const signedIn = await visit.parts.sessions.find(visit.request);
  if (signedIn === undefined) {
    if (visit.request.method === 'POST') {
      throw sessionOver();
    }
    const { home, path, parts, place, query, words } = visit;
    const inTree = placeInTree(query.get('for'), place) ?? '';
    sendPage(visit.response, signInPage({ label: parts.provider.label, home, page: ownPath(path), inTree }, words));
    return;
  }
  visit.logAs(signedIn.admitted.user.name);
  const ownVisit = { ...visit, signedIn };
  if (visit.request.method !== 'POST') {
    await own!(ownVisit);
    return;
  }
  const [purpose, act] = form!;
  const formVisit = await readForm(ownVisit, purpose);
  await act({ ...formVisit, signedIn: await stillSignedIn(formVisit) });
}

/** A form may take its time to arrive, and what was revoked in the meantime must not make a password that stays. */
async function stillSignedIn({ request, parts, signedIn }: FormVisit): Promise<SignedIn> {
  const now = await parts.sessions.find(request);
  if (now?.session.digest !== signedIn.session.digest) {
    throw sessionOver();
  }
  return now;
}

function refuseWrongPlace(request: IncomingMessage, place: Place | undefined): void {
  if (place === undefined) {
    throw new RefusedError({
      status: 503,
      title: 'This server does not know its own address',
      message: 'Signing in needs it. Please tell your administrator.',
      cure: 'Put the address that people open into publicUrls of the configuration. Without it, people can sign in only on the server’s own machine, at http://localhost.',
      reason: 'no-public-url',
    });
  }
  if (!place.isSafe) {
    throw new RefusedError({
      status: 400,
      title: 'Signing in needs https',
      message: 'This address has no encryption, so browsers keep no sign-in for it.',
      cure: 'Serve https (listen.tls, or a reverse proxy), and put that address into publicUrls.',
      reason: 'no-https',
    });
  }
  if (!isFromOwnPage(request, place)) {
    throw new RefusedError({
      status: 403,
      title: 'Another page has sent this',
      message: `Nothing was changed. Please open ${place.root}/-/account/ yourself.`,
      cure: 'If it happens to everybody: publicUrls must be the address that people open.',
      reason: 'foreign-page',
    });
  }
}

function sessionOver(): RefusedError {
  return new RefusedError({
    status: 403,
    title: 'You are signed out',
    message: 'Your session has ended, and nothing was changed. Please sign in again.',
    canRetry: true,
    reason: 'no-session',
  });
}

function auditRefusal(
  { reason, attempted = '' }: Refusal,
  { parts, address, request, path }: Pick<Visit, 'parts' | 'address' | 'request' | 'path'>,
): void {
  if (path === '/callback') {
    const detail = { reason, client: request.headers['user-agent'] };
    parts.audit({ event: 'sign-in-refused', user: attempted, address, detail });
  }
}
