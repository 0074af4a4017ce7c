import { type Exchange, now } from './exchange.ts';
import { seal, unseal } from './sealed.ts';
import type { Session } from './sign-in.ts';
import type { Person } from './tenant.ts';

/** Entra's own name of the cookie. */
const COOKIE = 'ESTSAUTHPERSISTENT';

/** A session with its person. */
export interface LiveSession extends Person {
  readonly session: Session;
}

/** Returns the people signed in in this browser who still exist and whose sessions have not been revoked. */
export function readSessions(exchange: Exchange): LiveSession[] {
  return savedSessions(exchange).flatMap(session => {
    const live = revive(exchange, session);
    return live !== undefined && session.signedIn >= live.user.sessionsValidFrom ? [live] : [];
  });
}

/** Returns the session with its person; undefined if the person was deleted. */
export function revive({ world }: Exchange, session: Session): LiveSession | undefined {
  const person = world.tenants.findPerson(session);
  return person && { ...person, session };
}

/** Returns `Set-Cookie` with one more person, or with a newer session of a person already in it. */
export function rememberSession(exchange: Exchange, session: Session): string {
  const others = savedSessions(exchange).filter(({ userId }) => userId !== session.userId);
  return cookie(exchange, seal('session', { sessions: [...others, session] }, exchange.world.keys.secret), '');
}

/** Returns `Set-Cookie` without sessions. */
export function forgetSessions(exchange: Exchange): string {
  return cookie(exchange, '', '; Max-Age=0');
}

/** Creates a session for a person who has just signed in. */
export function startSession(exchange: Exchange, person: Person, mfa: boolean): LiveSession {
  const { tenant, user } = person;
  const sid = exchange.world.settings.ids();
  return { ...person, session: { sid, tenantId: tenant.id, userId: user.id, signedIn: now(exchange), mfa } };
}

function savedSessions({ request, world }: Exchange): Session[] {
  const text = new RegExp(`(?:^|; *)${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
  return unseal<{ sessions: Session[] }>('session', text, world.keys.secret)?.sessions ?? [];
}

/**
 * Browsers accept `SameSite=None` only over TLS; where the hosts are one in plain HTTP, the cookie is for that place
 * only.
 */
function cookie({ request }: Exchange, value: string, life: string): string {
  const isSecure = 'encrypted' in request.socket;
  return `${COOKIE}=${value}; Path=/; HttpOnly; ${isSecure ? 'Secure; SameSite=None' : 'SameSite=Lax'}${life}`;
}
