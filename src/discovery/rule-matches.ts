import type { DirectoryUser } from '../graph/users.ts';
import type { MailboxRule } from './mount-config.ts';

/** The users that the rules of a tenant find in its directory. */
export interface RuleMatches {
  /** How many users were looked at. */
  readonly considered: number;
  readonly usersOf: ReadonlyMap<MailboxRule, readonly DirectoryUser[]>;
}
