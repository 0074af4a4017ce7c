import type { MailboxPattern } from '../discovery/mailbox-pattern.ts';
import type { DownloadPolicy } from '../downloads/policy.ts';
import type { UserLimits } from '../mounts/limits.ts';
import type { MountRights } from '../mounts/rights.ts';

/** Lets people of a tenant's directory sign in, and opens mounts to them. */
export interface PeopleRule extends MailboxPattern {
  /** The name of one of the tenants. */
  readonly tenant: string;
  /** The value of a role of the application that the person must have; undefined: anybody. */
  readonly appRole: string | undefined;
  /** Whether guests of the tenant match as well. */
  readonly guests: boolean;
  readonly mounts: MountRights;
  /** A policy for downloads that is stricter than the mounts'. */
  readonly download: DownloadPolicy | undefined;
  /** What each of these people may take of the server; undefined: as much as all others. */
  readonly limits: UserLimits | undefined;
  /** Whether these people may share, where `shares` of the configuration allows it to anybody. */
  readonly shares: boolean;
  /** Whether they are operators of the server; absent: they are not. */
  readonly isOperator?: true;
  /** The maximum number of a person's device passwords. */
  readonly devicePasswords: number;
  /** Its position in the list of the configuration. */
  readonly position: number;
}
