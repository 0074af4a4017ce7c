import type { DirectoryUser } from '../graph/users.ts';
import { compileGlob } from '../lib/glob.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';

/** A user that a rule is tested on. */
export interface Candidate {
  readonly userId: string;
  /** User principal name. */
  readonly principal: string;
  /** Object ids, in lower case, of the user's groups; only those of rules are known. */
  readonly groups: readonly string[];
}

/**
 * Returns true when, according to the directory, the user may have a OneDrive here: a guest's is in the home tenant. A
 * disabled account keeps its files.
 */
export function mayHaveDrive({ userPrincipalName, isLicensed }: DirectoryUser): boolean {
  return isLicensed !== false && !isGuest(userPrincipalName);
}

/** Returns true for a guest's principal name; their OneDrive is in their home tenant. */
export function isGuest(principal: string): boolean {
  return /#EXT#/i.test(principal);
}

/**
 * Returns a function that finds the first matching rule. `singles` are mailboxes, by user principal name or object id,
 * with a mount of their own: no rule finds them.
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

/** Returns a key that is equal for two rules exactly when the same directory gives them the same mailboxes. */
export function ruleKey({ match, exclude, group }: MailboxPattern, singles: readonly string[]): string {
  const fold = (texts: readonly string[]) => texts.map(text => text.toLowerCase()).sort();
  return JSON.stringify([fold(match), fold(exclude), group?.toLowerCase() ?? null, fold(singles)]);
}

function compileAny(globs: readonly string[]): (text: string) => boolean {
  const patterns = globs.map(compileGlob);
  return text => patterns.some(pattern => pattern.test(text));
}
