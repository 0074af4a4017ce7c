import type { Drive } from '../drive/drive.ts';
import { foldName } from '../drive/path.ts';
import { GuardedDrive } from './guarded-drive.ts';
import { MountedDrive } from './mounted-drive.ts';

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

/** Makes, for each user, the one drive that the protocol is given: the user's mounts under one root, each behind the policy. */
export function createViews(mounts: readonly MountSpec[], since: Date): (rights: Rights) => Drive {
  const views = new WeakMap<Rights, Drive>();
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
    const view = new MountedDrive(guarded, since);
    views.set(rights, view);
    return view;
  };
}
