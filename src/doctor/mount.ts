import type { MountConfig } from '../discovery/mount-config.ts';
import type { TenantUnderTest } from './tenant.ts';

/** A mount, what is known of it on this machine, and what the checks have found so far. */
export interface MountUnderTest {
  readonly config: MountConfig;
  readonly tenant: TenantUnderTest;
  /** The drive to which the server of this data folder keeps; undefined when it has none yet. */
  readonly pinned: string | undefined;
  /** Set by the check "drive" when it goes well. */
  driveId: string | undefined;
  /** The host of the drive's files, set with it. */
  contentHost: string | undefined;
}
