import type { DownloadPolicy } from '../downloads/policy.ts';
import type { UserLimits } from '../mounts/limits.ts';
import type { Rights } from '../mounts/rights.ts';

/**
 * The user of a request. It stays the same object while its rights stay the same, since views and caches are kept by
 * it.
 */
export interface User {
  /** As shown in the access log. A person's is the principal name, which can change. */
  readonly name: string;
  /** What locks are kept by, where the name is not permanent: a person's object id. */
  readonly id?: string;
  readonly rights: Rights;
  /** A policy for downloads that is stricter than the mounts'. */
  readonly download?: DownloadPolicy;
  /** False: the user may not share, whatever the configuration allows to others. */
  readonly shares?: false;
  /** What the user may take of the server; absent: as much as all others. */
  readonly limits?: UserLimits;
  /** May see what the whole server does, and end locks and device passwords of others. */
  readonly isOperator?: true;
}
