import type { JunkPolicy } from './junk-rule.ts';

/**
 * What a policy does with a name that is neither in the side store nor in the inner drive, and so is ours to decide.
 */
export interface JunkTraits {
  /** Such names go into the side store. */
  readonly isKept: boolean;
  /** The policy is for the top of each mount only; further down the name is one like any other. */
  readonly isOnlyAtTop: boolean;
  /** An empty file is shown, which nobody may change; otherwise nothing. */
  readonly isPretended: boolean;
  /** Nobody may make such a name where it is not shown. */
  readonly isRefused: boolean;
}

/** A policy without a line does not compile. */
const JUNK_TRAITS = {
  keep: { isKept: true, isOnlyAtTop: false, isPretended: false, isRefused: false },
  pretend: { isKept: false, isOnlyAtTop: true, isPretended: true, isRefused: false },
  refuse: { isKept: false, isOnlyAtTop: false, isPretended: false, isRefused: true },
} as const satisfies Record<JunkPolicy, JunkTraits>;

/** Asks for the traits instead of the policy. */
export function traitsBy(policyOf: (name: string) => JunkPolicy | undefined): (name: string) => JunkTraits | undefined {
  return name => {
    const policy = policyOf(name);
    return policy && JUNK_TRAITS[policy];
  };
}
