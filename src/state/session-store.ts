/** A browser that has signed in. */
export interface Session {
  /** SHA-256, in hexadecimal, of the cookie's value, which is not stored. */
  readonly digest: string;
  readonly tenantId: string;
  /** Object id of the person, in lower case. */
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly expires: number;
  /** The secret of its forms (CSRF tokens). */
  readonly formSecret: string;
}

/**
 * The sessions of people on the account pages. A removed one is not found by the next call, in whatever process it was
 * removed. `test/contracts/session-store.ts` is the suite of its implementations.
 */
export interface SessionStore {
  /** Finds a session that has not expired. */
  find(digest: string, now: number): Promise<Session | undefined>;
  /** Adds a session, and drops those that had expired when it was created. */
  add(session: Session): Promise<void>;
  /** Replaces a session by one with a new digest, in one step; returns false when the old one is gone. */
  rotate(digest: string, next: Session): Promise<boolean>;
  remove(digest: string): Promise<void>;
  /** Removes all sessions of a person; returns their number. */
  removeAll(userId: string): Promise<number>;
}
