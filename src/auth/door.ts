import type { IncomingMessage } from 'node:http';
import type { User } from './user.ts';

/** What a door says of a request with its kind of credentials. */
export type Verdict =
  | { readonly user: User }
  /** `challenge`: a further `WWW-Authenticate` for this refusal, such as RFC 6750's `Bearer error="invalid_token"`. */
  | { readonly refused: 'missing' | 'wrong'; readonly challenge?: string }
  /**
   * The credentials are genuine, but whoever has them may not come in with them (403). `challenge`: what they lack, such
   * as RFC 6750's `Bearer error="insufficient_scope"`.
   */
  | { readonly refused: 'forbidden'; readonly challenge?: string }
  /**
   * `blocked`: the source has guessed too often (429). `busy`: the password was not checked, because too many are
   * waiting (503). `unknown`: the directory has not been read, or the issuer's keys cannot be had, so nobody can tell
   * (503).
   */
  | { readonly refused: 'blocked' | 'busy' | 'unknown'; readonly retryAfterSeconds: number };

/** A door, and the kind of its credentials: one of a few words, for metrics. */
export interface NamedDoor {
  readonly kind: 'proxy' | 'bearer' | 'basic' | 'session' | 'anonymous';
  readonly ask: Door;
}

/**
 * One way to sign in. Returns undefined, now or later, when the request has no credentials of this kind; the next door
 * is asked then.
 * `address` is the client's, behind trusted proxies as well.
 */
export type Door = (
  request: Pick<IncomingMessage, 'headers' | 'socket' | 'method' | 'url'>,
  address: string,
) => Promise<Verdict | undefined> | undefined;
