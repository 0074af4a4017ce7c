import type { Drive } from '../drive/drive.ts';
import { toDrivePath } from '../drive/path.ts';
import { BelowDrive } from './below-drive.ts';
import { JunkDrive } from './junk-drive.ts';
import type { JunkRule } from './junk-rule.ts';
import { compileJunkRules } from './junk-rules.ts';
import type { MountTable } from './mount-table.ts';
import { MountedDrive } from './mounted-drive.ts';
import type { Rights } from './rights.ts';
import type { SideFiles } from './side-files.ts';
import { VisibleMounts } from './visible-mounts.ts';

export interface ViewOptions {
  /** The date of the mounts' folders, which exist only in the server. */
  readonly since: Date;
  readonly junkRules: readonly JunkRule[];
  readonly sideFiles: SideFiles;
}

/**
 * Returns a function that creates each user's drive: the user's mounts under one root, each behind the policy. A view
 * is created once and follows the table.
 */
export function createViews(table: MountTable, options: ViewOptions): (rights: Rights) => Drive {
  const views = new WeakMap<Rights, Drive>();
  const policyOf = compileJunkRules(options.junkRules);
  return rights => {
    const known = views.get(rights);
    if (known !== undefined) {
      return known;
    }
    const inner = new MountedDrive(new VisibleMounts(table, rights), options.since);
    // On top of the mounts, so that companions follow a file from one mount to another.
    const tree = new JunkDrive({ inner, policyOf, sideFiles: options.sideFiles });
    const view = narrow(tree, rights, options.since);
    views.set(rights, view);
    return view;
  };
}

/** On top of everything, so that side files and folders of other mounts are out of reach as well. */
function narrow(inner: Drive, { below = [] }: Rights, since: Date): Drive {
  return below.length === 0 ? inner : new BelowDrive({ inner, below: toDrivePath(below), since });
}
