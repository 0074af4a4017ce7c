import type { MountConfig } from '../discovery/mount-config.ts';
import type { TenantUnderTest } from './tenant.ts';

/** A mount, its state on this machine, and the results of the checks so far. */
export interface MountUnderTest {
  readonly config: MountConfig;
  readonly tenant: TenantUnderTest;
  /** The drive that the server of this data folder has pinned; undefined when there is none yet. */
  readonly pinned: string | undefined;
  /** Set by the check "drive" when it succeeds. */
  driveId: string | undefined;
  /** The host of the drive's files, set with it. */
  contentHost: string | undefined;
}
