import type { AdmittedPerson, People } from './people.ts';
import type { PeopleWatch } from './people-watch.ts';

/** The people of all tenants. */
export interface ServedPeople extends People {
  /** Starts looking into the directories. */
  start(): void;
  stop(): Promise<void>;
  /** Forgets the names that were compiled before; called after each change. */
  changed(): void;
}

/** Joins the people of the tenants; object ids are unique among all tenants. */
export function servePeople(watches: readonly PeopleWatch[]): ServedPeople {
  let names: Names | undefined;
  const find = (userId: string) => {
    const id = userId.toLowerCase();
    for (const watch of watches) {
      const person = watch.find(id);
      if (person !== undefined) {
        return person;
      }
    }
    return undefined;
  };
  return {
    find,
    named: name => {
      names ??= compileNames(watches.flatMap(watch => watch.all()));
      const userId = findName(names, name.toLowerCase());
      return userId === undefined ? undefined : find(userId);
    },
    pending: () => {
      const waiting = watches.filter(watch => !watch.isKnown());
      const retryAfterSeconds = Math.max(...waiting.map(watch => watch.waitSeconds()));
      return waiting.length === 0 ? undefined : { retryAfterSeconds };
    },
    look: async (userId, signal) => {
      const id = userId.toLowerCase();
      const known = watches.filter(watch => watch.find(id) !== undefined);
      for (const watch of known.length > 0 ? known : watches) {
        const person = await watch.look(id, signal);
        if (person !== undefined) {
          return person;
        }
      }
      return undefined;
    },
    start: () => {
      for (const watch of watches) {
        watch.start();
      }
    },
    stop: async () => void (await Promise.all(watches.map(watch => watch.stop()))),
    changed: () => {
      names = undefined;
    },
  };
}

/** Object ids by name, in lower case; undefined for a name of several people. The first kind that has a name decides. */
type Names = readonly ReadonlyMap<string, string | undefined>[];

const KINDS: readonly ((person: AdmittedPerson['person']) => string | undefined)[] = [
  ({ principal }) => principal,
  // Somebody's mail address may be the principal name of another person.
  ({ mail }) => mail,
  ({ principal }) => principal.split('@', 1)[0],
];

function compileNames(people: readonly AdmittedPerson[]): Names {
  return KINDS.map(nameOf => {
    const ids = new Map<string, string | undefined>();
    for (const { person } of people) {
      const name = nameOf(person)?.toLowerCase();
      if (name !== undefined) {
        ids.set(name, ids.has(name) ? undefined : person.userId);
      }
    }
    return ids;
  });
}

function findName(names: Names, name: string): string | undefined {
  return names.find(ids => ids.has(name))?.get(name);
}
