import { type DriveInfo, getDrive } from '../graph/drives.ts';
import { formatBytes } from '../lib/byte-size.ts';
import type { Check, Finding, ThrottlingCheck } from './check.ts';
import type { MountUnderTest } from './mount.ts';

/** Share of the quota in use. */
const WARN_SHARE = 0.9;

export interface DriveStepParts {
  readonly mount: MountUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
}

/** Checks how much space is left. */
export function quotaCheck({ mount, needs, throttling }: DriveStepParts): Check {
  return {
    name: 'quota',
    mount: mount.config.name,
    needs,
    throttling,
    run: async signal => [describe(await getDrive(mount.tenant.graph.call, mount.driveId!, signal), mount)],
  };
}

function describe({ total, used, remaining }: DriveInfo, { config: { readOnly } }: MountUnderTest): Finding {
  // A total of zero means that Graph does not know it (rclone, onedriver).
  if (!total || used === undefined) {
    return { level: 'ok', saw: 'Microsoft does not report how full the drive is' };
  }
  const saw = `${formatBytes(used)} of ${formatBytes(total)} are used`;
  const left = remaining ?? Math.max(0, total - used);
  if (left <= 0) {
    return {
      level: readOnly ? 'warning' : 'failure',
      saw: `the drive is full: ${saw}`,
      means: 'OneDrive refuses every upload (507), and makes a drive that stays full read-only',
      cure: 'delete files and empty the recycle bin, or ask an administrator to raise the quota; quotas depend on the licence',
    };
  }
  return used / total > WARN_SHARE
    ? {
        level: 'warning',
        saw: `${saw}; ${formatBytes(left)} are left`,
        means: 'uploads that no longer fit are refused (507)',
        cure: 'delete files and empty the recycle bin, or ask an administrator to raise the quota',
      }
    : { level: 'ok', saw };
}
