import type { DirectoryUser } from '../graph/users.ts';
import type { MailboxRule } from './mount-config.ts';

/** The users that the rules of a tenant find in its directory. */
export interface RuleMatches {
  /** The number of users examined. */
  readonly considered: number;
  readonly usersOf: ReadonlyMap<MailboxRule, readonly DirectoryUser[]>;
}
