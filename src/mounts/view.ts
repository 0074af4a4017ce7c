import type { Drive } from '../drive/drive.ts';
import { foldName } from '../drive/path.ts';
import { GuardedDrive } from './guarded-drive.ts';
import { JunkDrive } from './junk-drive.ts';
import { compileJunkRules, type JunkRule } from './junk-rules.ts';
import { MountedDrive } from './mounted-drive.ts';
import type { SideFiles } from './side-files.ts';

export interface MountSpec {
  readonly name: string;
  readonly drive: Drive;
  readonly readOnly: boolean;
}

/** What a user may do: which mounts, and whether to change them. */
export interface Rights {
  readonly mounts: '*' | readonly string[];
  readonly access: 'read' | 'write';
}

export interface ViewOptions {
  /** The date of the root, which nobody has made. */
  readonly since: Date;
  readonly junkRules: readonly JunkRule[];
  readonly sideFiles: SideFiles;
}

/** Makes, for each user, the one drive that the protocol is given: the user's mounts under one root, each behind the policy. */
export function createViews(mounts: readonly MountSpec[], options: ViewOptions): (rights: Rights) => Drive {
  const views = new WeakMap<Rights, Drive>();
  const policyOf = compileJunkRules(options.junkRules);
  return rights => {
    const known = views.get(rights);
    if (known !== undefined) {
      return known;
    }
    const visible = mounts.filter(
      ({ name }) => rights.mounts === '*' || rights.mounts.some(allowed => foldName(allowed) === foldName(name)),
    );
    const guarded = visible.map(({ name, drive, readOnly }) => ({
      name,
      drive: new GuardedDrive(drive, { access: rights.access, readOnly }),
    }));
    const inner = new MountedDrive(guarded, options.since);
    // On top of the mounts, so that what belongs to a file follows it from one mount to another.
    const view = new JunkDrive({ inner, policyOf, sideFiles: options.sideFiles });
    views.set(rights, view);
    return view;
  };
}
