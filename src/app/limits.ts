import type { User } from '../auth/user.ts';
import type { Config } from '../config/load.ts';
import type { Drive } from '../drive/drive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import { LimitedDrive } from '../mounts/limited-drive.ts';
import { Limiter } from '../mounts/limiter.ts';
import { completeLimits, isLimited, type MountLimits } from '../mounts/limits.ts';
import { MountQuota } from '../mounts/mount-quota.ts';
import { type Turn, UserLimiters } from '../mounts/user-limiters.ts';

/** What users may take of the server. */
export interface LimitsOfUsers {
  /** Returns the turn of a user's request; undefined when requests are not limited. */
  turnOf(user: User): Turn | undefined;
  /** Returns the user's view within the limits. */
  limit(view: Drive, user: User): Drive;
}

/** Creates the limits of users. The counts of the users seen lately outlast a reload. */
export function createUserLimits(
  { perUser }: Pick<Config['limits'], 'perUser'>,
  { keep, clock }: { keep: Keep; clock: Clock },
): LimitsOfUsers {
  const limiters = keep.use('limiters of users', [], () => new UserLimiters(clock));
  const forAll = completeLimits(null, perUser);
  const limited = ({ id, name, limits = forAll }: User) => ({ id: id ?? name, limits });
  return {
    turnOf: user => limiters.turnOf(limited(user)),
    limit: (view, user) => limiters.limit(view, limited(user)),
  };
}

/** Returns a function that puts a mount's drive behind its limits. */
export function createLimits(
  limits: MountLimits,
  { name, keep, clock }: { name: string; keep: Keep; clock: Clock },
): (drive: Drive) => Drive {
  if (!isLimited(limits)) {
    return drive => drive;
  }
  const { limiter, quota } = keep.use('limits of a mount', [name, limits], () => ({
    limiter: new Limiter(limits, clock),
    quota: limits.quotaBytes === undefined ? undefined : new MountQuota(limits.quotaBytes),
  }));
  let limited: { readonly inner: Drive; readonly drive: Drive } | undefined;
  return inner => {
    limited = limited?.inner === inner ? limited : { inner, drive: new LimitedDrive({ inner, limiter, quota }) };
    return limited.drive;
  };
}
