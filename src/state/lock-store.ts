import type { Place } from './place.ts';

/** RFC 4918 §6.2. */
export const LOCK_SCOPES = ['exclusive', 'shared'] as const;
export type LockScope = (typeof LOCK_SCOPES)[number];

/**
 * A write lock as RFC 4918 §6 describes it. Shared and exclusive locks are both kept here; which of them go together is
 * in `lock-rules.ts`.
 */
export interface StoredLock {
  /** `urn:uuid:…` or `opaquelocktoken:…`; unique. */
  readonly token: string;
  /**
   * Where the lock is rooted, as the folded names of the resource's one true path (`Drive.canonicalPath`): equal for
   * two URLs exactly when they lead to the same resource.
   */
  readonly place: Place;
  /** The names of the URL on which the lock was taken, decoded: what `lockroot` shows (RFC 4918 §14.12). */
  readonly root: readonly string[];
  /** What the lock is on: the URL of a folder ends with a slash. */
  readonly rootKind: 'file' | 'folder';
  readonly depth: 0 | 'infinity';
  readonly scope: LockScope;
  /** The principal that took the lock; the only one who may use its token (RFC 4918 §6.4). */
  readonly user: string;
  /** The `owner` element as XML that stands by itself, `''` when the client sent none (RFC 4918 §14.17). */
  readonly owner: string;
  /** Seconds that a refresh without a Timeout of its own extends the lock by. */
  readonly timeoutSeconds: number;
  /** Milliseconds since 1970; from then on the lock does not exist. */
  readonly expires: number;
  /** Entity tag of the empty file that this lock created (RFC 4918 §7.3); `''` when the resource was there before. */
  readonly bornAs: string;
}

/** Whose request it is, and which tokens it has submitted (RFC 4918 §7.5). */
export interface Holder {
  readonly user: string;
  readonly tokens: ReadonlySet<string>;
}

/** The resource at a place alone, or also everything below it. */
export type Reach = 'entry' | 'tree';

/** What a change touches: what is at `place` alone, or also everything below it. */
export interface Touched {
  readonly place: Place;
  readonly reach: Reach;
}

/** The lock that keeps a holder from a change, and which of the touched it is in the way of. */
export interface Obstacle<T extends Touched = Touched> {
  readonly lock: StoredLock;
  readonly touched: T;
}

/**
 * A change that the store has let pass and that is not done yet: a lock that overlaps it is not settled before its end.
 */
export interface Claim {
  /** The change is done, or has failed. Never rejects: what has been done must not be denied. */
  end(): Promise<void>;
}

/** How many locks there may be. */
export interface LockLimits {
  /** Locks that reach one resource. */
  readonly here: number;
  /** Locks of one user. */
  readonly ofUser: number;
}

/** What became of the wish for a lock. */
export type LockOutcome =
  /**
   * `underWay`: when it was taken there were changes that overlap it; `settled` is to be asked, and whether they have
   * ended the lock.
   */
  | { readonly kind: 'granted'; readonly underWay: boolean }
  /** `lock` is one with which the new one could not be (RFC 4918 §6.2). */
  | { readonly kind: 'conflict'; readonly lock: StoredLock }
  | { readonly kind: 'too-many' };

/** What became of an UNLOCK. `elsewhere`: there is such a lock, but it does not reach the place. */
export type UnlockOutcome = 'ended' | 'not-yours' | 'elsewhere' | 'unknown';

/**
 * The table of write locks, and the changes that are under way among them. Each call is ONE step of the store: whatever
 * else is asked of it, by this process or, where an engine is shared, by another, comes wholly before or wholly after
 * it. So what a call has found cannot be overtaken by what it then does. Time comes in as `now` (milliseconds since
 * 1970): a lock that has expired does not count, and an implementation may forget it. A call that rejects has changed
 * nothing. `test/contracts/lock-store.ts` is the suite of its implementations.
 */
export interface LockStore {
  /**
   * A capability, absent unless the engine has it: it tells at once, without asking anybody, that there is no lock at
   * all. `true` is certain, `false` says nothing. Only an engine that no other process takes locks in can have it; a
   * shared one is asked each time.
   */
  readonly hasNone?: () => boolean;
  /**
   * The locks whose reach `place` is in: rooted there, or above it with depth infinity; with `members` also those that
   * are rooted below it.
   */
  discover(place: Place, options: { readonly now: number; readonly members: boolean }): Promise<readonly StoredLock[]>;
  /**
   * Takes a lock, if it goes together with those that there are and the limits allow one more. Its token must be a new
   * one.
   */
  lock(wish: StoredLock, options: { readonly now: number; readonly limits: LockLimits }): Promise<LockOutcome>;
  /**
   * Lets the lock with this token live `timeoutSeconds` from `now` on, or as long as it was first given. Gives it as it
   * is then; undefined when it does not exist any more: a refresh never brings one back.
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
  /** Notes of a lock which empty file it has created; nothing happens when it does not exist any more. */
  setBornAs(token: string, etag: string, now: number): Promise<void>;
  /** Ends a lock that was granted, but could not be told to anybody. */
  withdraw(token: string): Promise<void>;
  /** Ends the locks that are rooted at these places or below them: what they were on is gone (RFC 4918 §7.6, §9.6). */
  endWithin(places: readonly Place[], now: number): Promise<void>;
  /** Ends the locks that are rooted below `place`, and leaves its own, which are on the URL. */
  endBelow(place: Place, now: number): Promise<void>;
  /** A look at what keeps `holder` from a change; nothing is noted by it. */
  check<T extends Touched>(touched: readonly T[], options: HolderNow): Promise<Obstacle<T> | undefined>;
  /**
   * Looks as `check` does and, if nothing is in the way, notes that what is at `places` and below it is being changed.
   * From then on a lock that overlaps is taken, but not settled, until the claim ends. An engine that is shared lets a
   * claim expire when its process is gone.
   */
  begin<T extends Touched>(
    touched: readonly T[],
    options: HolderNow & { readonly places: readonly Place[] },
  ): Promise<Claim | Obstacle<T>>;
  /**
   * Resolves when the changes above, at or below `place` that were under way at the call have ended. Whoever has taken
   * a lock waits for this before the client hears of it: so nothing of anybody else's lands under it.
   */
  settled(place: Place): Promise<void>;
}

export interface HolderNow {
  readonly holder: Holder;
  readonly now: number;
}

/** Tells the two answers of `begin` apart. */
export function isObstacle<T extends Touched>(answer: Claim | Obstacle<T>): answer is Obstacle<T> {
  return 'lock' in answer;
}
