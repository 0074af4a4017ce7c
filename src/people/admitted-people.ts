import type { User } from '../auth/user.ts';
import type { KnownPerson } from '../state/people-store.ts';
import { type Admit, createAdmission } from './admission.ts';
import type { AdmittedPerson } from './people.ts';
import type { PeopleRule } from './people-rule.ts';

/** The people whom a tenant's rules let in, by object id. What has not changed of a person stays the same object. */
export class AdmittedPeople {
  readonly #admit: Admit;
  readonly #admitted = new Map<string, { readonly facts: string; readonly person: AdmittedPerson }>();

  constructor(rules: readonly PeopleRule[]) {
    this.#admit = createAdmission(rules);
  }

  get(userId: string): AdmittedPerson | undefined {
    return this.#admitted.get(userId)?.person;
  }

  all(): AdmittedPerson[] {
    return [...this.#admitted.values()].map(({ person }) => person);
  }

  /** Takes what is known of everybody. Returns whether anything has changed. */
  replace(people: readonly KnownPerson[]): boolean {
    const present = new Set(people.map(({ userId }) => userId));
    const left = [...this.#admitted.keys()].filter(userId => !present.has(userId));
    return [...left.map(userId => this.remove(userId)), ...people.map(person => this.put(person))].includes(true);
  }

  /** Takes what is known of one person. Returns whether anything has changed. */
  put(known: KnownPerson): boolean {
    const facts = factsOf(known);
    const before = this.#admitted.get(known.userId);
    if (before?.facts === facts) {
      return false;
    }
    const person = this.#admit(known);
    if (person === undefined) {
      return this.remove(known.userId);
    }
    const user = before === undefined ? person.user : keepUser(before.person.user, person.user);
    this.#admitted.set(known.userId, { facts, person: { ...person, user } });
    return true;
  }

  /** Returns whether the person was there. */
  remove(userId: string): boolean {
    return this.#admitted.delete(userId);
  }
}

/** Returns a text that is equal for two states of a person exactly when they are the same. */
function factsOf({ principal, displayName, mail, isEnabled, groups, appRoles }: KnownPerson): string {
  return JSON.stringify([principal, displayName, mail, isEnabled, groups, appRoles]);
}

/** Returns the user as now, with the old objects where they say the same: views and caches are kept by them. */
function keepUser(before: User, now: User): User {
  const [old, rules] = [before.rights.rules, now.rights.rules];
  const isSame = old.length === rules.length && old.every((rule, index) => rule === rules[index]);
  if (!isSame) {
    return now;
  }
  return before.name === now.name ? before : { ...now, rights: before.rights };
}
