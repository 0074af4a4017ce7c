import type { Permit } from '../lib/permit.ts';
import type { Place } from './place.ts';

/** RFC 4918 §6.2. */
export const LOCK_SCOPES = ['exclusive', 'shared'] as const;
export type LockScope = (typeof LOCK_SCOPES)[number];

/**
 * A write lock as RFC 4918 §6 describes it. The store keeps shared and exclusive locks; `lock-rules.ts` says which are
 * compatible.
 */
export interface StoredLock {
  /** `urn:uuid:…` or `opaquelocktoken:…`; unique. */
  readonly token: string;
  /**
   * The root of the lock, as the folded names of the resource's canonical path (`Drive.canonicalPath`): equal for two
   * URLs exactly when they lead to the same resource.
   */
  readonly place: Place;
  /** The decoded names of the URL that the lock was taken on, shown as `lockroot` (RFC 4918 §14.12). */
  readonly root: readonly string[];
  /** The kind of the locked resource: the URL of a folder ends with a slash. */
  readonly rootKind: 'file' | 'folder';
  readonly depth: 0 | 'infinity';
  readonly scope: LockScope;
  /** The principal that took the lock; only it may use the token (RFC 4918 §6.4). */
  readonly user: string;
  /** The `owner` element as self-contained XML, `''` when the client sent none (RFC 4918 §14.17). */
  readonly owner: string;
  /** Seconds by which a refresh without a Timeout extends the lock. */
  readonly timeoutSeconds: number;
  /** The time of expiry, in milliseconds since 1970; from then on the lock does not exist. */
  readonly expires: number;
  /** Entity tag of the empty file that this lock created (RFC 4918 §7.3); `''` when the resource existed before. */
  readonly bornAs: string;
}

/** The user of a request and the tokens that it submits (RFC 4918 §7.5). */
export interface Holder {
  readonly user: string;
  readonly tokens: ReadonlySet<string>;
}

/** The resource at a place alone, or with everything below it. */
export type Reach = 'entry' | 'tree';

/** A place that a change touches: the resource there alone, or with everything below it. */
export interface Touched {
  readonly place: Place;
  readonly reach: Reach;
}

/** The lock that keeps a holder from a change, and the touched place that it protects. */
export interface Obstacle<T extends Touched = Touched> {
  readonly lock: StoredLock;
  readonly touched: T;
}

/**
 * A change that the store has allowed and that is not done yet: an overlapping lock is not settled before its end. It is
 * the leave to make the change, which a server loses when the others count it among the dead.
 */
export interface Claim extends Permit {
  /**
   * Returns false when others may not wait for the claim any more, as they take this server for dead. Then the change
   * must not be made. Asks nobody, so callers ask right before they send what cannot be taken back.
   */
  isHeld(): boolean;
  /**
   * Ends the claim when the change is done or has failed. Never rejects: a completed change must not be reported as
   * failed.
   */
  end(): Promise<void>;
}

/** The maximum numbers of locks. */
export interface LockLimits {
  /** The maximum for one resource. */
  readonly here: number;
  /** The maximum for one user. */
  readonly ofUser: number;
}

/** The result of `lock`. */
export type LockOutcome =
  /**
   * `underWay`: overlapping changes were under way; the caller must await `settled`, then check that they have not
   * ended the lock.
   */
  | { readonly kind: 'granted'; readonly underWay: boolean }
  /** `lock` conflicts with the new one (RFC 4918 §6.2). */
  | { readonly kind: 'conflict'; readonly lock: StoredLock }
  | { readonly kind: 'too-many' };

/** The result of `unlock`. `elsewhere`: the lock exists, but does not reach the place. */
export type UnlockOutcome = 'ended' | 'not-yours' | 'elsewhere' | 'unknown';

/**
 * The table of write locks, and the changes under way. Each call is ONE step of the store: every other call, by this
 * process or by another that shares the engine, comes wholly before or wholly after it. So nothing can change between
 * what a call reads and what it writes. The time is passed in as `now` (milliseconds since 1970): an expired lock does
 * not count, and an implementation may forget it. A call that rejects has changed nothing.
 * `test/contracts/lock-store.ts` is the suite of its implementations.
 */
export interface LockStore {
  /**
   * An optional capability: returns at once, without a query, whether there is no lock at all. `true` is certain,
   * `false` says nothing. Only an engine in which no other process takes locks can have it; a shared one is queried
   * each time.
   */
  readonly hasNone?: () => boolean;
  /**
   * A further one: returns a number that grows with each lock that is taken or changed. While it stays the same, a place
   * that no lock has reached is still free.
   */
  readonly taken?: () => number;
  /**
   * Returns the locks that reach `place`: rooted there, or above it with depth infinity; with `members` also those
   * rooted below it.
   */
  discover(place: Place, options: { readonly now: number; readonly members: boolean }): Promise<readonly StoredLock[]>;
  /** Takes a lock, if it is compatible with the existing ones and the limits allow one more. Its token must be new. */
  lock(wish: StoredLock, options: { readonly now: number; readonly limits: LockLimits }): Promise<LockOutcome>;
  /**
   * Extends the lock with this token by `timeoutSeconds` from `now` on, or by its original timeout. Returns the updated
   * lock; undefined when it no longer exists: a refresh never restores one.
   */
  refresh(
    token: string,
    options: { readonly now: number; readonly timeoutSeconds: number | undefined },
  ): Promise<StoredLock | undefined>;
  /** Ends the lock with this token, if it reaches `place` and is the user's (RFC 4918 §9.11). */
  unlock(
    token: string,
    options: { readonly now: number; readonly place: Place; readonly user: string },
  ): Promise<UnlockOutcome>;
  /** Records the empty file that a lock has created; does nothing when the lock no longer exists. */
  setBornAs(token: string, etag: string, now: number): Promise<void>;
  /** Ends a lock that was granted but could not be reported to the client. */
  withdraw(token: string): Promise<void>;
  /** Ends the locks rooted at or below these places: their resources are gone (RFC 4918 §7.6, §9.6). */
  endWithin(places: readonly Place[], now: number): Promise<void>;
  /** Ends the locks rooted below `place`, and keeps its own, which belong to the URL. */
  endBelow(place: Place, now: number): Promise<void>;
  /** Returns what keeps `holder` from a change, without recording anything. */
  check<T extends Touched>(touched: readonly T[], options: HolderNow): Promise<Obstacle<T> | undefined>;
  /**
   * Checks like `check` and, if nothing is in the way, records that everything at and below `places` is being changed.
   * From then on an overlapping lock is taken, but not settled until the claim ends. A shared engine lets a claim
   * expire when its process is gone.
   */
  begin<T extends Touched>(
    touched: readonly T[],
    options: HolderNow & { readonly places: readonly Place[] },
  ): Promise<Claim | Obstacle<T>>;
  /**
   * Resolves when the changes above, at or below `place` that were under way at the call have ended. After taking a
   * lock, callers await this before they answer the client, so that no other client's change lands under it.
   */
  settled(place: Place): Promise<void>;
}

export interface HolderNow {
  readonly holder: Holder;
  readonly now: number;
}

/** Distinguishes the two results of `begin`. */
export function isObstacle<T extends Touched>(answer: Claim | Obstacle<T>): answer is Obstacle<T> {
  return 'lock' in answer;
}
