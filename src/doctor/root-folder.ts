import { isItemAbsent } from '../graph/errors.ts';
import { getItem } from '../graph/items.ts';
import type { Check, Finding } from './check.ts';
import type { MountUnderTest } from './mount.ts';
import type { DriveStepParts } from './quota.ts';

/** Checks the folder that a mount shows. Only planned for mounts that show a part of their drive. */
export function rootFolderCheck({ mount, needs, throttling }: DriveStepParts): Check {
  return {
    name: 'root-folder',
    mount: mount.config.name,
    needs,
    throttling,
    run: async signal => {
      const problem = await findRootProblem(mount, signal);
      return [problem ?? { level: 'ok', saw: `the folder /${mount.config.root.join('/')} exists` }];
    },
  };
}

/** Explains why the folder of a mount cannot be shown; undefined when it can. Throws GraphError. */
export async function findRootProblem(mount: MountUnderTest, signal: AbortSignal): Promise<Finding | undefined> {
  const kind = await kindOf(mount, signal);
  return kind === 'folder' ? undefined : explain(`/${mount.config.root.join('/')}`, kind);
}

async function kindOf(
  { tenant, driveId, config }: MountUnderTest,
  signal: AbortSignal,
): Promise<'file' | 'folder' | 'shortcut' | 'nothing'> {
  try {
    const item = await getItem(tenant.graph.call, { driveId: driveId!, names: config.root }, signal);
    return item.isShortcut ? 'shortcut' : item.kind;
  } catch (error) {
    if (isItemAbsent(error)) {
      return 'nothing';
    }
    throw error;
  }
}

function explain(path: string, kind: 'file' | 'shortcut' | 'nothing'): Finding {
  const saw = {
    file: `${path} is a file, not a folder`,
    shortcut: `${path} is a shortcut to a folder of another drive`,
    nothing: `there is no folder ${path} in the drive`,
  };
  return {
    level: 'failure',
    saw: saw[kind],
    means: `the mount answers ${kind === 'shortcut' ? 403 : 404} to everything`,
    cure:
      kind === 'shortcut'
        ? 'mount the other drive, with drive or site'
        : 'create the folder in OneDrive, or correct root of the mount',
  };
}
