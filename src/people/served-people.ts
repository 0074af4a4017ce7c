import { GraphError, isGraphError } from '../graph/errors.ts';
import { foldName } from '../lib/fold-name.ts';
import { createJoin } from './join-people.ts';
import type { AdmittedPerson, People } from './people.ts';
import type { PeopleWatch } from './people-watch.ts';

/** The people of all tenants. */
export interface ServedPeople extends People {
  /** Starts looking into the directories. */
  start(): void;
  stop(): Promise<void>;
  /** The number of people whom the rules let in, as far as known. */
  count(): number;
  /** Forgets the names that were compiled before; called after each change. */
  changed(): void;
}

/** The watches of one directory: a tenant may be configured twice, with two applications and their rules. */
type Directory = readonly PeopleWatch[];

/** Joins the people of the tenants; object ids are unique among all tenants. */
export function servePeople(watches: readonly PeopleWatch[]): ServedPeople {
  let names: Names | undefined;
  const join = createJoin();
  const directories: readonly Directory[] = [...Map.groupBy(watches, ({ tenantId }) => tenantId).values()];
  const get = (directory: Directory, id: string) => join(directory.flatMap(watch => watch.get(id) ?? []));
  const find = (userId: string) => {
    const id = userId.toLowerCase();
    // Half of a person's rights would make the other half of the mounts look as if they were gone.
    const known = directories.filter(directory => directory.every(watch => watch.isKnown()));
    return first(known, directory => get(directory, id));
  };
  return {
    find,
    named: name => {
      names ??= compileNames(watches.flatMap(watch => watch.all()));
      const userId = findName(names, foldName(name));
      return userId === undefined ? undefined : find(userId);
    },
    pending: () => {
      const waiting = watches.filter(watch => !watch.isKnown());
      const retryAfterSeconds = Math.max(...waiting.map(watch => watch.waitSeconds()));
      return waiting.length === 0 ? undefined : { retryAfterSeconds };
    },
    look: async (userId, signal) => {
      const id = userId.toLowerCase();
      const home = directories.filter(directory => get(directory, id) !== undefined);
      await lookInOneOf(home.length > 0 ? home : directories, id, signal);
      const found = first(directories, directory => get(directory, id));
      refuseWhileUnknown(found, watches);
      return found;
    },
    start: () => {
      for (const watch of watches) {
        watch.start();
      }
    },
    stop: async () => void (await Promise.all(watches.map(watch => watch.stop()))),
    count: () => new Set(watches.flatMap(watch => watch.all().map(({ person }) => person.userId))).size,
    changed: () => {
      names = undefined;
    },
  };
}

/** Nobody is turned away for want of a role before it has been looked for who has it. */
function refuseWhileUnknown(found: AdmittedPerson | undefined, watches: readonly PeopleWatch[]): void {
  const waiting = watches.filter(watch => watch.asksForRoles && !watch.isKnown());
  if (found === undefined && waiting.length > 0) {
    const retryAfterSeconds = Math.max(...waiting.map(watch => watch.waitSeconds()));
    throw new GraphError('network', 'the roles of the application have not been read yet', { retryAfterSeconds });
  }
}

/** Asks one directory after the other until one has the user. Another one's failure does not matter then. */
async function lookInOneOf(directories: readonly Directory[], userId: string, signal: AbortSignal): Promise<void> {
  let failure: unknown;
  for (const directory of directories) {
    try {
      if (await lookIn(directory, userId, signal)) {
        return;
      }
    } catch (error) {
      if (!isGraphError(error)) {
        throw error;
      }
      failure ??= error;
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
}

/** Asks a directory once, for all of its watches. Returns whether it has the user. */
async function lookIn(directory: Directory, userId: string, signal: AbortSignal): Promise<boolean> {
  const takers = directory.map(watch => watch.begin());
  const withGroups = directory.some(watch => watch.asksForGroups);
  const asked = await directory[0]!.ask(userId, { withGroups }, signal);
  await Promise.all(takers.map(take => take(userId, asked)));
  return asked !== undefined;
}

function first<T, R>(all: readonly T[], look: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = look(one);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Object ids by folded name; undefined for a name of several people. The first kind that has a name decides. */
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
      const name = foldName(nameOf(person) ?? '');
      const isTaken = ids.has(name) && ids.get(name) !== person.userId;
      ids.set(name, isTaken ? undefined : person.userId);
    }
    ids.delete('');
    return ids;
  });
}

function findName(names: Names, name: string): string | undefined {
  return names.find(ids => ids.has(name))?.get(name);
}
