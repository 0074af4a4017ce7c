/** What one user or one mount may take of the server. Absent: no limit. */
export interface Limits {
  /** Uploads and downloads through this server at once; further ones wait for their turn. */
  readonly transfers?: number;
  /** Bytes that pass through this server to clients. Redirected downloads do not. */
  readonly downloadBytesPerSecond?: number;
  readonly uploadBytesPerSecond?: number;
}

export interface UserLimits extends Limits {
  readonly requestsPerSecond?: number;
}

export interface MountLimits extends Limits {
  /** The most that its folder may hold, in bytes; beyond it a write is refused with 507. */
  readonly quotaBytes?: number;
}

type AllLimits = UserLimits & MountLimits;

/** Limits as the configuration writes them: null is no limit, and a key left out is as for all others. */
export type GivenLimits = { readonly [K in keyof AllLimits]?: number | null | undefined };

/** Completes a user's or a mount's own limits with those for all. */
export function completeLimits(own: GivenLimits | null, forAll: GivenLimits | null): AllLimits {
  const given: [string, number | null | undefined][] = Object.entries({ ...forAll, ...own });
  const isLimit = (entry: (typeof given)[number]): entry is [string, number] => typeof entry[1] === 'number';
  return Object.fromEntries(given.filter(isLimit));
}

/** Returns true when there is a limit. */
export function isLimited(limits: Limits): boolean {
  return Object.keys(limits).length > 0;
}
