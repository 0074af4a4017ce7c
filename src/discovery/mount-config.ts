import type { DownloadPolicy } from '../downloads/policy.ts';
import type { DriveSource } from '../graph/drive-source.ts';
import type { MountLimits } from '../mounts/limits.ts';
import type { ShortcutPolicy } from '../mounts/shortcut-policy.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';

/** The common settings of a mount and a rule for mounts. */
export interface PlacedSettings {
  /** The name of one of the tenants. */
  readonly tenant: string;
  /** The path of the folder in the drive; empty for the whole drive. */
  readonly root: readonly string[];
  readonly readOnly: boolean;
  readonly shortcuts: ShortcutPolicy;
  readonly download: DownloadPolicy;
  readonly limits: MountLimits;
  /** Its position in the list of the configuration. */
  readonly position: number;
}

/** A mount from the configuration. */
export interface MountConfig extends PlacedSettings {
  readonly name: string;
  readonly source: DriveSource;
}

/** A rule that mounts the directory's mailboxes by a pattern. */
export interface MailboxRule extends PlacedSettings, MailboxPattern {}
