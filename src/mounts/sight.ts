import { compileRights } from './compiled-rights.ts';
import type { Access, MountRights } from './rights.ts';

/** A mount, as far as rights depend on it. */
export interface NamedMount {
  readonly name: string;
  readonly readOnly: boolean;
  /** The object id, in lower case, of the directory user whose OneDrive it is. */
  readonly owner?: string | undefined;
}

/** A mount that somebody sees. */
export interface SeenMount<M extends NamedMount> {
  readonly mount: M;
  readonly access: Access;
  readonly isOwn: boolean;
  /** The rules, by their labels, that give this access. */
  readonly by: readonly string[];
}

/** Rights from several places of the configuration. */
export interface LabelledRights {
  readonly rules: readonly { readonly label: string; readonly rights: MountRights }[];
  readonly owner?: string;
}

/** Explains which of the mounts somebody sees, with what access, and why. */
export function explainSight<M extends NamedMount>(
  { rules, owner }: LabelledRights,
  mounts: readonly M[],
): SeenMount<M>[] {
  const ofOwner = owner === undefined ? {} : { owner };
  const whole = compileRights({ rules: rules.map(({ rights }) => rights), ...ofOwner });
  const each = rules.map(({ label, rights }) => ({ label, rights: compileRights({ rules: [rights], ...ofOwner }) }));
  return mounts.flatMap(mount => {
    const access = whole.accessTo(mount);
    if (access === undefined) {
      return [];
    }
    const by = each.filter(({ rights }) => rights.accessTo(mount) === access).map(({ label }) => label);
    const isOwn = owner !== undefined && mount.owner === owner;
    return [{ mount, access: mount.readOnly ? 'read' : access, isOwn, by }];
  });
}
