/** Reading only, or changing as well. */
export const ACCESS = ['read', 'write'] as const;
export type Access = (typeof ACCESS)[number];

/**
 * The mounts that one rule opens. Of several entries that match a mount, the most specific decides: the own drive, then
 * the exact name, then the first glob; `*` comes last.
 */
export interface MountRights {
  /** Access to the user's own drive, if the rule opens it. */
  readonly own?: Access;
  /** Access by name or glob of a mount; `*` alone is any mount. */
  readonly named: Readonly<Record<string, Access>>;
}

/** A user's rights. */
export interface Rights {
  /** All of them apply; for a mount that several open, the widest access counts. */
  readonly rules: readonly MountRights[];
  /** The object id, in lower case, of the directory user whose drive is `own`. */
  readonly owner?: string;
  /** Narrows all rules: one folder, by its names from the root of the tree (the mount's name first), and all in it. */
  readonly below?: readonly string[];
  /** Narrows all rules to reading. */
  readonly readOnly?: boolean;
}
