import type { DownloadPolicy } from '../downloads/policy.ts';
import type { Rights } from '../mounts/rights.ts';

/**
 * The user of a request. It stays the same object while its rights stay the same, since views and caches are kept by
 * it.
 */
export interface User {
  /** As shown in the access log and as the creator of locks; unique, and permanent for a person. */
  readonly name: string;
  readonly rights: Rights;
  /** A policy for downloads that is stricter than the mounts'. */
  readonly download?: DownloadPolicy;
}
