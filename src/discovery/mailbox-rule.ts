import type { DirectoryUser } from '../graph/users.ts';
import { compileGlob } from '../lib/glob.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';

/** What a rule is asked about. */
export interface Candidate {
  readonly userId: string;
  /** User principal name. */
  readonly principal: string;
  /** Object ids, in lower case, of groups that the user is in; only those of rules are known. */
  readonly groups: readonly string[];
}

/**
 * Whether somebody has, as far as the directory tells, a OneDrive here: guests have theirs at home. A disabled account
 * keeps its files.
 */
export function mayHaveDrive({ userPrincipalName, isLicensed }: DirectoryUser): boolean {
  return isLicensed !== false && !isGuest(userPrincipalName);
}

/** A guest's principal name in the directory; their OneDrive is at home. */
export function isGuest(principal: string): boolean {
  return /#EXT#/i.test(principal);
}

/**
 * Finds the first rule that fits. `singles` are mailboxes, by user principal name or object id, that have a mount of
 * their own: no rule finds them.
 */
export function createRuleFinder<R extends MailboxPattern>(
  rules: readonly R[],
  singles: readonly string[],
): (candidate: Candidate) => R | undefined {
  const leftOut = new Set(singles.map(single => single.toLowerCase()));
  const compiled = rules.map(rule => ({ rule, match: compileAny(rule.match), exclude: compileAny(rule.exclude) }));
  return ({ userId, principal, groups }) => {
    if (leftOut.has(userId.toLowerCase()) || leftOut.has(principal.toLowerCase())) {
      return undefined;
    }
    const isMember = ({ group }: R) => group === undefined || groups.includes(group.toLowerCase());
    return compiled.find(({ rule, match, exclude }) => isMember(rule) && match(principal) && !exclude(principal))?.rule;
  };
}

/** Equal for two rules exactly when the same directory gives them the same mailboxes. */
export function ruleKey({ match, exclude, group }: MailboxPattern, singles: readonly string[]): string {
  const fold = (texts: readonly string[]) => texts.map(text => text.toLowerCase()).sort();
  return JSON.stringify([fold(match), fold(exclude), group?.toLowerCase() ?? null, fold(singles)]);
}

function compileAny(globs: readonly string[]): (text: string) => boolean {
  const patterns = globs.map(compileGlob);
  return text => patterns.some(pattern => pattern.test(text));
}
