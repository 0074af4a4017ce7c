import type { AdmittedPerson, People } from '../../src/people/people.ts';

export interface ListedPerson {
  readonly userId: string;
  readonly tenantId: string;
  readonly principal: string;
}

/** People who are let in, as a test lists them; all of them may write to everything. */
export interface ListedPeople extends People {
  /** Replaces all of them; undefined: the directory has not been read. */
  set(people: readonly ListedPerson[] | undefined): void;
}

export function listedPeople(listed: readonly ListedPerson[] | undefined): ListedPeople {
  let admitted: readonly AdmittedPerson[] | undefined = listed?.map(admit);
  const find = (userId: string) => admitted?.find(({ person }) => person.userId === userId.toLowerCase());
  return {
    find,
    named: name => {
      const wanted = name.toLowerCase();
      const found = (admitted ?? []).filter(({ person: { principal } }) =>
        [principal, principal.split('@', 1)[0]].includes(wanted),
      );
      return found.length === 1 ? found[0] : undefined;
    },
    pending: () => (admitted === undefined ? { retryAfterSeconds: 7 } : undefined),
    look: async userId => find(userId),
    set: people => {
      admitted = people?.map(admit);
    },
  };
}

function admit({ userId, tenantId, principal }: ListedPerson): AdmittedPerson {
  return {
    person: {
      ...{ userId: userId.toLowerCase(), tenantId: tenantId.toLowerCase(), principal },
      ...{ displayName: principal, mail: principal },
    },
    user: { name: principal, id: userId, rights: { rules: [{ named: { '*': 'write' } }] } },
    devicePasswords: 20,
  };
}
