/**
 * The policies for names that clients leave beside files: `keep` them in our side store, `pretend` that an empty file
 * is at the top of each mount, `refuse` to create them.
 */
export const JUNK_POLICIES = ['keep', 'pretend', 'refuse'] as const;
export type JunkPolicy = (typeof JUNK_POLICIES)[number];

/** Names, in which `*` stands for any text, and their policy. */
export interface JunkRule {
  readonly names: readonly string[];
  readonly policy: JunkPolicy;
}
