import type { JunkPolicy } from './junk-rule.ts';

/** The top levels of a user's view: the root of all mounts, and the folder of each. */
export const TOP_DEPTH = 2;

/** The effects of a policy on a name that is neither in the side store nor in the inner drive. */
export interface JunkTraits {
  /** Such names go into the side store. */
  readonly isKept: boolean;
  /** The policy applies only at the top of each mount; below, the name is an ordinary one. */
  readonly isOnlyAtTop: boolean;
  /** An empty, read-only file is shown; otherwise nothing. */
  readonly isPretended: boolean;
  /** Such a name cannot be created where it is not shown. */
  readonly isRefused: boolean;
}

/** A policy without a line does not compile. */
const JUNK_TRAITS = {
  keep: { isKept: true, isOnlyAtTop: false, isPretended: false, isRefused: false },
  pretend: { isKept: false, isOnlyAtTop: true, isPretended: true, isRefused: false },
  refuse: { isKept: false, isOnlyAtTop: false, isPretended: false, isRefused: true },
} as const satisfies Record<JunkPolicy, JunkTraits>;

/** Returns a function from a name to its policy's traits. */
export function traitsBy(policyOf: (name: string) => JunkPolicy | undefined): (name: string) => JunkTraits | undefined {
  return name => {
    const policy = policyOf(name);
    return policy && JUNK_TRAITS[policy];
  };
}

/** Returns true when such a name is junk as the last of `depth` names. */
export function appliesAt(traits: JunkTraits | undefined, depth: number): boolean {
  return traits !== undefined && (!traits.isOnlyAtTop || depth <= TOP_DEPTH);
}
