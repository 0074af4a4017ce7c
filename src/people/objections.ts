import { isGuest } from '../discovery/mailbox-rule.ts';
import { compileGlob } from '../lib/glob.ts';
import type { KnownPerson } from '../state/people-store.ts';
import type { PeopleRule } from './people-rule.ts';

/** Returns the reason why a rule does not match a person; undefined when it does. */
export type Objection = (person: KnownPerson) => string | undefined;

/** Compiles a rule for many people. */
export function compileRule({ match, exclude, group, appRole, guests }: PeopleRule): Objection {
  const [matched, excluded] = [compileAny(match), compileAny(exclude)];
  const wanted = group?.toLowerCase();
  return ({ principal, isEnabled, groups, appRoles }) => {
    if (!isEnabled) {
      return 'the account is disabled';
    }
    if (!matched(principal)) {
      return `the name does not match ${match.join(', ')}`;
    }
    if (excluded(principal)) {
      return `the name is excluded by ${exclude.join(', ')}`;
    }
    if (!guests && isGuest(principal)) {
      return 'guests are left out';
    }
    if (wanted !== undefined && !groups.includes(wanted)) {
      return `not a member of the group ${group}`;
    }
    return appRole === undefined || appRoles.includes(appRole) ? undefined : `does not have the role ${appRole}`;
  };
}

function compileAny(globs: readonly string[]): (name: string) => boolean {
  const patterns = globs.map(compileGlob);
  return name => patterns.some(pattern => pattern.test(name));
}
