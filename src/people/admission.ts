import type { User } from '../auth/user.ts';
import type { KnownPerson } from '../state/people-store.ts';
import { compileRule } from './objections.ts';
import type { AdmittedPerson } from './people.ts';
import type { PeopleRule } from './people-rule.ts';

/** Returns the person with the rights that the rules give; undefined when none of them matches. */
export type Admit = (person: KnownPerson) => AdmittedPerson | undefined;

/**
 * Creates the function that applies a tenant's rules. All rules that match a person apply: the widest access, the
 * download policy and the limits of the first that has them, the largest number of device passwords, and sharing where
 * one of them allows it; one rule for operators is enough. An account that is not known to be enabled matches none.
 */
export function createAdmission(rules: readonly PeopleRule[]): Admit {
  const compiled = rules.map(rule => ({ rule, objection: compileRule(rule) }));
  return person => {
    const matching = compiled.filter(({ objection }) => objection(person) === undefined).map(({ rule }) => rule);
    return matching.length === 0 ? undefined : admit(person, matching);
  };
}

function admit(known: KnownPerson, rules: readonly PeopleRule[]): AdmittedPerson {
  const { tenantId, userId, principal, displayName, mail } = known;
  const download = rules.find(rule => rule.download !== undefined)?.download;
  const limits = rules.find(rule => rule.limits !== undefined)?.limits;
  const user: User = {
    ...{ name: principal, id: userId, rights: { rules: rules.map(({ mounts }) => mounts), owner: userId } },
    ...(download === undefined ? {} : { download }),
    ...(limits === undefined ? {} : { limits }),
    ...(rules.some(({ shares }) => shares) ? {} : { shares: false }),
    ...(rules.some(({ isOperator }) => isOperator) ? { isOperator: true } : {}),
  };
  return {
    person: { tenantId, userId, principal, displayName, mail },
    user,
    devicePasswords: Math.max(...rules.map(({ devicePasswords }) => devicePasswords)),
  };
}
