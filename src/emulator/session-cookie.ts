import { type Exchange, now } from './exchange.ts';
import type { Person } from './person.ts';
import { seal, unseal } from './sealed.ts';
import type { Session } from './sign-in.ts';

/** Entra's own name of it. */
const COOKIE = 'ESTSAUTHPERSISTENT';

/** A session with the person that it is of. */
export interface LiveSession extends Person {
  readonly session: Session;
}

/** Who is signed in in this browser, as far as they are still there and their sessions have not been revoked. */
export function readSessions(exchange: Exchange): LiveSession[] {
  return savedSessions(exchange).flatMap(session => {
    const tenant = exchange.world.tenants.findById(session.tenantId);
    const user = tenant?.findUser(session.userId);
    const isLive = tenant !== undefined && user !== undefined && session.signedIn >= user.sessionsValidFrom;
    return isLive ? [{ session, tenant, user }] : [];
  });
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

export function newSession(exchange: Exchange, { tenant, user }: Person, mfa: boolean): Session {
  const sid = exchange.world.settings.ids();
  return { sid, tenantId: tenant.id, userId: user.id, signedIn: now(exchange), mfa };
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
