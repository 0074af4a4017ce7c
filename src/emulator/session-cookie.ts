import { type Exchange, now } from './exchange.ts';
import { seal, unseal } from './sealed.ts';
import type { Session } from './sign-in.ts';
import type { Person } from './tenant.ts';

/** Entra's own name of it. */
const COOKIE = 'ESTSAUTHPERSISTENT';

/** A session with the person that it is of. */
export interface LiveSession extends Person {
  readonly session: Session;
}

/** Who is signed in in this browser, as far as they are still there and their sessions have not been revoked. */
export function readSessions(exchange: Exchange): LiveSession[] {
  return savedSessions(exchange).flatMap(session => {
    const live = revive(exchange, session);
    return live !== undefined && session.signedIn >= live.user.sessionsValidFrom ? [live] : [];
  });
}

/** The session with its person; undefined for who was deleted since. */
export function revive({ world }: Exchange, session: Session): LiveSession | undefined {
  const person = world.tenants.findPerson(session);
  return person && { ...person, session };
}

/** `Set-Cookie` with one more person, or with a newer session of one who is in it already. */
export function rememberSession(exchange: Exchange, session: Session): string {
  const others = savedSessions(exchange).filter(({ userId }) => userId !== session.userId);
  return cookie(exchange, seal('session', { sessions: [...others, session] }, exchange.world.keys.secret), '');
}

/** `Set-Cookie` with nobody. */
export function forgetSessions(exchange: Exchange): string {
  return cookie(exchange, '', '; Max-Age=0');
}

/** A session of somebody who has just said who they are. */
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
 * Browsers take `SameSite=None` over TLS alone; where the hosts are one in plain HTTP, the cookie is for that place
 * only.
 */
function cookie({ request }: Exchange, value: string, life: string): string {
  const isSecure = 'encrypted' in request.socket;
  return `${COOKIE}=${value}; Path=/; HttpOnly; ${isSecure ? 'Secure; SameSite=None' : 'SameSite=Lax'}${life}`;
}
