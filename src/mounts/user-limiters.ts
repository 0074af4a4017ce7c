import { LRUCache } from 'lru-cache';
import type { Drive } from '../drive/drive.ts';
import type { Clock } from '../lib/clock.ts';
import { Pace } from '../lib/pace.ts';
import { stableText } from '../lib/stable-text.ts';
import { LimitedDrive } from './limited-drive.ts';
import { Limiter } from './limiter.ts';
import { isLimited, type UserLimits } from './limits.ts';

/** More users than this at a time are limited too late: the least recently seen begin anew. */
const MAX_USERS = 10_000;
/** A request that would wait longer is refused. */
const PATIENCE_MS = 5_000;
/** Clients send a few requests at once for one click. */
const BURST_SECONDS = 2;

/** Where a user's requests and transfers are counted. */
export interface LimitedUser {
  /** What is permanent about the user. */
  readonly id: string;
  readonly limits: UserLimits;
}

/** When a request may go on, or come again. */
export type Turn = { readonly waitMs: number } | { readonly retryAfterSeconds: number };

interface Known {
  readonly limits: UserLimits;
  readonly limiter: Limiter;
  readonly requests: Pace | undefined;
  /** The views that are limited, by what they limit. */
  readonly views: WeakMap<Drive, Drive>;
}

/** The limiters of the users seen lately. They outlast a reload; changed limits begin anew. */
export class UserLimiters {
  readonly #users = new LRUCache<string, Known>({ max: MAX_USERS });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the turn of a user's request; undefined when requests are not limited. */
  turnOf(user: LimitedUser): Turn | undefined {
    if (user.limits.requestsPerSecond === undefined) {
      return undefined;
    }
    const requests = this.#of(user).requests!;
    const wait = requests.waitFor(1);
    return wait > PATIENCE_MS ? { retryAfterSeconds: Math.ceil(wait / 1000) } : { waitMs: requests.reserve(1) };
  }

  /** Returns the user's view within the limits. */
  limit(view: Drive, user: LimitedUser): Drive {
    if (!isLimited(user.limits)) {
      return view;
    }
    const { views, limiter } = this.#of(user);
    const limited = views.get(view) ?? new LimitedDrive({ inner: view, limiter });
    views.set(view, limited);
    return limited;
  }

  #of({ id, limits }: LimitedUser): Known {
    const known = this.#users.get(id);
    if (known !== undefined && (known.limits === limits || stableText(known.limits) === stableText(limits))) {
      return known;
    }
    const { requestsPerSecond } = limits;
    const fresh = {
      limits,
      limiter: new Limiter(limits, this.#clock),
      requests:
        requestsPerSecond === undefined
          ? undefined
          : new Pace({
              perSecond: requestsPerSecond,
              burst: Math.max(1, requestsPerSecond * BURST_SECONDS),
              clock: this.#clock,
            }),
      views: new WeakMap<Drive, Drive>(),
    };
    this.#users.set(id, fresh);
    return fresh;
  }
}
