/** Reading only, or changing as well. */
export const ACCESS = ['read', 'write'] as const;
export type Access = (typeof ACCESS)[number];

/**
 * The mounts that one rule opens. Of several entries that match a mount, the most specific decides: the own drive, then
 * the exact name, then the first glob, and `*` at last.
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
  /** Narrows all rules to one folder and its contents: its names from the root of the tree, the mount's name first. */
  readonly below?: readonly string[];
  /** Narrows all rules to reading. */
  readonly readOnly?: boolean;
}

/** The mounts of a user as the configuration writes them: all, some, or some with their access. */
export type GivenMounts = '*' | readonly string[] | Readonly<Record<string, Access>>;

/** Returns the rights of a user with these mounts; `access` is for those without their own. */
export function rightsTo(mounts: GivenMounts, access: Access): Rights {
  return { rules: [{ named: namedAccess(mounts, access) }] };
}

/** Returns the names and globs of mounts, as the configuration writes them. */
export function namesOf(mounts: GivenMounts): readonly string[] {
  return Object.keys(namedAccess(mounts, 'read'));
}

/** Returns one rule for mounts of which `own` is the user's own drive. */
export function namedMounts(mounts: GivenMounts, access: Access): MountRights {
  const { own, ...named } = namedAccess(mounts, access);
  return { ...(own === undefined ? {} : { own }), named };
}

function namedAccess(mounts: GivenMounts, access: Access): Readonly<Record<string, Access>> {
  const names = mounts === '*' ? ['*'] : mounts;
  return isList(names) ? Object.fromEntries(names.map(name => [name, access])) : names;
}

function isList(names: readonly string[] | Readonly<Record<string, Access>>): names is readonly string[] {
  return Array.isArray(names);
}
