import type { DownloadPolicy } from '../downloads/policy.ts';
import type { DriveSource } from '../graph/drive-source.ts';
import type { ShortcutPolicy } from '../mounts/shortcut-policy.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';

/** What a mount and a rule for mounts have in common. */
export interface PlacedSettings {
  /** The name of one of the tenants. */
  readonly tenant: string;
  /** Names of the folder in the drive; none for the whole drive. */
  readonly root: readonly string[];
  readonly readOnly: boolean;
  readonly shortcuts: ShortcutPolicy;
  readonly download: DownloadPolicy;
  /** Its place in the list of the configuration. */
  readonly position: number;
}

/** A mount that the configuration names. */
export interface MountConfig extends PlacedSettings {
  readonly name: string;
  readonly source: DriveSource;
}

/** Mailboxes that are mounted because the directory has them, by the pattern. */
export interface MailboxRule extends PlacedSettings, MailboxPattern {}
