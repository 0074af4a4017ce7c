/**
 * What happens to a name that clients leave beside files: `keep` in a side store of ours, `pretend` that an empty file
 * is at the top of each mount, `refuse` to make it.
 */
export const JUNK_POLICIES = ['keep', 'pretend', 'refuse'] as const;
export type JunkPolicy = (typeof JUNK_POLICIES)[number];

/** Names, in which `*` stands for any text, and what happens to them. */
export interface JunkRule {
  readonly names: readonly string[];
  readonly policy: JunkPolicy;
}
