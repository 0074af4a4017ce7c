import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Audit } from '../auth/audit.ts';
import { createAuthenticator, type GuessParts, prepareUser } from '../auth/authenticate.ts';
import type { Verdict } from '../auth/door.ts';
import type { HashedUser } from '../auth/user-source.ts';
import type { Clock } from '../lib/clock.ts';
import type { Share } from '../state/share-store.ts';
import type { PasswordCookies } from './password-cookie.ts';

/** So many shares with passwords are in use at once; the password of a forgotten one is hashed again. */
const MAX_SHARES = 10_000;

export interface SharePasswordOptions {
  readonly cacheSeconds: number;
  /** What has been guessed before. */
  readonly guesses: GuessParts;
  readonly cookies: Pick<PasswordCookies, 'isWith'>;
  /** As in `AuthenticatorOptions`. */
  readonly whenTaken: (change: () => void) => void;
  /** Is told of wrong passwords. */
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Says whether a request has the password of a share, which must have one. */
export type CheckSharePassword = (
  share: Share,
  request: Pick<IncomingMessage, 'headers' | 'socket' | 'method'>,
  address: string,
) => Promise<Verdict>;

/**
 * Creates the check of the passwords of shares. They come by Basic with any user name, and cost, are remembered and
 * count as guesses as those of users do (docs/decisions/0009): the share stands for the user. A browser that has sent the
 * form of the password's page has a cookie instead, which counts before other credentials: browsers send those of a user
 * of this server as well.
 */
export function createSharePasswordCheck({
  cacheSeconds,
  guesses,
  cookies,
  whenTaken,
  audit,
  clock,
}: SharePasswordOptions): CheckSharePassword {
  const known = new LRUCache<string, HashedUser>({ max: MAX_SHARES });
  const record: Audit = ({ user: share, address, detail }) =>
    audit({ event: 'share-refused', user: `share:${share}`, address, detail: { reason: 'wrong password', ...detail } });
  const authenticate = createAuthenticator({
    users: [],
    more: { version: 0, find: id => known.get(id), sample: () => undefined },
    cacheSeconds,
    guesses,
    whenTaken,
    audit: record,
    auditRefusal: record,
    clock,
  });
  return async (share, request, address) => {
    const { id, passwordHash } = share;
    if (cookies.isWith(share, request)) {
      return { user: { name: id, rights: { rules: [] } } };
    }
    if (known.get(id)?.passwordHash !== passwordHash) {
      known.set(id, prepareUser({ name: id, passwordHash: passwordHash!, rights: { rules: [] } }));
    }
    return authenticate(asUser(id, request.headers.authorization), address, request.socket);
  };
}

/** Returns Basic credentials with another user name; the bytes of the password stay as they are. */
function asUser(name: string, header: string | undefined): string | undefined {
  const encoded = /^Basic +([\w+/-]+={0,2}) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) {
    return undefined;
  }
  const bytes = Buffer.from(encoded, 'base64');
  const colon = bytes.indexOf(':');
  return colon < 0
    ? undefined
    : `Basic ${Buffer.concat([Buffer.from(name), bytes.subarray(colon)]).toString('base64')}`;
}
