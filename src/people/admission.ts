import type { User } from '../auth/user.ts';
import { isGuest } from '../discovery/mailbox-rule.ts';
import { compileGlob } from '../lib/glob.ts';
import type { KnownPerson } from '../state/people-store.ts';
import type { AdmittedPerson } from './people.ts';
import type { PeopleRule } from './people-rule.ts';

/** Returns the person with the rights that the rules give; undefined when none of them matches. */
export type Admit = (person: KnownPerson) => AdmittedPerson | undefined;

/**
 * Creates the function that applies a tenant's rules. All rules that match a person apply: the widest access, the
 * download policy of the first that has one, the largest number of device passwords. An account that is not known to be
 * enabled matches none.
 */
export function createAdmission(rules: readonly PeopleRule[]): Admit {
  const compiled = rules.map(rule => ({ rule, matches: compileRule(rule) }));
  return person => {
    const matching = person.isEnabled ? compiled.filter(({ matches }) => matches(person)) : [];
    return matching.length === 0
      ? undefined
      : admit(
          person,
          matching.map(({ rule }) => rule),
        );
  };
}

/** Returns a function that tells whether a rule matches an enabled person. */
export function compileRule({ match, exclude, group, appRole, guests }: PeopleRule): (person: KnownPerson) => boolean {
  const [matches, excludes] = [match, exclude].map(globs => {
    const patterns = globs.map(compileGlob);
    return (name: string) => patterns.some(pattern => pattern.test(name));
  }) as [(name: string) => boolean, (name: string) => boolean];
  return ({ principal, groups, appRoles }) =>
    matches(principal) &&
    !excludes(principal) &&
    (guests || !isGuest(principal)) &&
    (group === undefined || groups.includes(group.toLowerCase())) &&
    (appRole === undefined || appRoles.includes(appRole));
}

function admit(known: KnownPerson, rules: readonly PeopleRule[]): AdmittedPerson {
  const { tenantId, userId, principal, displayName, mail } = known;
  const download = rules.find(rule => rule.download !== undefined)?.download;
  const user: User = {
    ...{ name: principal, id: userId, rights: { rules: rules.map(({ mounts }) => mounts), owner: userId } },
    ...(download === undefined ? {} : { download }),
  };
  return {
    person: { tenantId, userId, principal, displayName, mail },
    user,
    devicePasswords: Math.max(...rules.map(({ devicePasswords }) => devicePasswords)),
  };
}
