import { listRoleHolders, type RoleHolders } from '../graph/app-roles.ts';
import type { CallGraph } from '../graph/client.ts';
import { GraphError, isGraphError } from '../graph/errors.ts';
import { getMemberGroups, listGroupUsers } from '../graph/groups.ts';
import { type DirectoryUser, getUser, listUsers } from '../graph/users.ts';
import type { KnownPerson } from '../state/people-store.ts';
import type { PeopleRule } from './people-rule.ts';

export interface LookOptions {
  readonly call: CallGraph;
  readonly tenantId: string;
  /** The application whose roles rules name; undefined for a credential without one. */
  readonly clientId: string | undefined;
  readonly rules: readonly PeopleRule[];
  /**
   * The addresses of mounts whose owners are learned from a look. Before one that knew of them, an own drive would look
   * as if it were not there.
   */
  readonly addresses: readonly string[];
}

/** Object ids, in lower case, of the users with each role that a rule names. */
export type RoleUsers = ReadonlyMap<string, ReadonlySet<string>>;

export interface DirectoryLook {
  readonly people: readonly KnownPerson[];
  readonly roleUsers: RoleUsers;
  /** Groups of rules that do not exist, by object id: they have no members any more. */
  readonly missingGroups: readonly string[];
}

/** A user as asked for now, and the object ids, in lower case, of their groups. */
export interface AskedUser {
  readonly user: DirectoryUser;
  readonly groups: readonly string[];
}

/** Without User.Read.All, Graph lists users but leaves out whether they are enabled. */
const MISSING_STATES =
  'Graph does not tell which accounts are enabled: add the application permission User.Read.All to the application and grant admin consent';

/** Returns a key that is equal for two sets of rules exactly when they ask the directory for the same. */
export function lookKey({ rules, clientId, addresses }: Omit<LookOptions, 'call' | 'tenantId'>): string {
  const roles = rolesOf(rules);
  const ofOwn = rules.some(({ mounts }) => mounts.own !== undefined) ? [...addresses].sort() : [];
  return JSON.stringify([groupsOf(rules), roles, roles.length === 0 ? null : clientId, ofOwn]);
}

/**
 * Asks a tenant's directory for all people, the members of the groups in rules and the holders of roles in rules.
 * Complete, or an error: throws GraphError.
 */
export async function lookAtDirectory(options: LookOptions, signal: AbortSignal): Promise<DirectoryLook> {
  const { call, rules, tenantId } = options;
  const users = new Map((await listUsers(call, { signal })).map(user => [user.id.toLowerCase(), user]));
  const members = new Map<string, ReadonlySet<string>>();
  const missingGroups: string[] = [];
  for (const group of groupsOf(rules)) {
    const found = await listGroupUsers(call, group, signal).catch(error => {
      refuseUnlessMissing(error);
      missingGroups.push(group);
      return [];
    });
    members.set(group, new Set(found.map(({ id }) => id.toLowerCase())));
    // The list of all users may lag behind.
    for (const user of found) {
      users.set(user.id.toLowerCase(), users.get(user.id.toLowerCase()) ?? user);
    }
  }
  refuseWithoutStates([...users.values()]);
  const roleUsers = await lookAtRoles(options, signal);
  const people = [...users].map(([id, user]) => toKnown(user, { tenantId, ...holdings(id, members, roleUsers) }));
  return { people, roleUsers, missingGroups };
}

/**
 * Asks for one user now, with one call, and for their groups, with another. Undefined when the directory says that
 * there is no such user. Throws GraphError.
 */
export async function askForUser(
  call: CallGraph,
  { userId, withGroups }: { readonly userId: string; readonly withGroups: boolean },
  signal: AbortSignal,
): Promise<AskedUser | undefined> {
  const user = await getUser(call, userId, signal);
  if (user === undefined) {
    return undefined;
  }
  refuseWithoutStates([user]);
  return { user, groups: withGroups ? await getMemberGroups(call, user.id, signal) : [] };
}

/** Returns what rules need to know of a user; the roles are those of the last look. */
export function knownFrom(
  { user, groups }: AskedUser,
  { tenantId, rules }: Pick<LookOptions, 'tenantId' | 'rules'>,
  roleUsers: RoleUsers,
): KnownPerson {
  return toKnown(user, {
    tenantId,
    groups: groupsOf(rules).filter(group => groups.includes(group)),
    appRoles: namesWith(roleUsers, user.id.toLowerCase()),
  });
}

/** Returns the person with the roles that a look of this server has found. */
export function withRolesOf(person: KnownPerson, roleUsers: RoleUsers): KnownPerson {
  return { ...person, appRoles: namesWith(roleUsers, person.userId) };
}

/** Returns the object ids, in lower case, of the groups that rules name. */
export function groupsOf(rules: readonly PeopleRule[]): string[] {
  return [...new Set(rules.flatMap(({ group }) => (group === undefined ? [] : [group.toLowerCase()])))].sort();
}

/** Returns the values of the roles that rules name. */
export function rolesOf(rules: readonly PeopleRule[]): string[] {
  return [...new Set(rules.flatMap(({ appRole }) => appRole ?? []))].sort();
}

/** Returns the holders of roles, as a look has found them. */
export function rolesIn(people: readonly KnownPerson[]): RoleUsers {
  const holders = new Map<string, Set<string>>();
  for (const { userId, appRoles } of people) {
    for (const role of appRoles) {
      holders.set(role, (holders.get(role) ?? new Set()).add(userId));
    }
  }
  return holders;
}

/** Asks who has the roles that rules name; makes no calls when they name none. Throws GraphError. */
export async function lookAtRoles(
  { call, clientId, rules }: Pick<LookOptions, 'call' | 'clientId' | 'rules'>,
  signal: AbortSignal,
): Promise<RoleUsers> {
  const roles = rolesOf(rules);
  if (roles.length === 0 || clientId === undefined) {
    return new Map();
  }
  const holders = await listRoleHolders(call, clientId, signal);
  const found = new Map<string, ReadonlySet<string>>();
  for (const role of roles) {
    found.set(role, await usersWith(holders.get(role), call, signal));
  }
  return found;
}

async function usersWith(holders: RoleHolders | undefined, call: CallGraph, signal: AbortSignal): Promise<Set<string>> {
  const users = new Set(holders?.users);
  for (const group of new Set(holders?.groups)) {
    for (const { id } of await listGroupUsers(call, group, signal, { nested: false })) {
      users.add(id.toLowerCase());
    }
  }
  return users;
}

/** A deleted group must not keep its members in, nor those of other groups out. Any other failure proves nothing. */
function refuseUnlessMissing(error: unknown): void {
  if (!(isGraphError(error, 'answer') && error.status === 404 && error.has('Request_ResourceNotFound'))) {
    throw error;
  }
}

/** Otherwise a lost permission would look like a tenant whose accounts have all been disabled. */
function refuseWithoutStates(users: readonly DirectoryUser[]): void {
  if (users.length > 0 && users.every(({ isEnabled }) => isEnabled === undefined)) {
    throw new GraphError('answer', MISSING_STATES, { status: 403 });
  }
}

function holdings(id: string, members: ReadonlyMap<string, ReadonlySet<string>>, roleUsers: RoleUsers) {
  return { groups: namesWith(members, id), appRoles: namesWith(roleUsers, id) };
}

function namesWith(sets: ReadonlyMap<string, ReadonlySet<string>>, id: string): string[] {
  return [...sets].filter(([, ids]) => ids.has(id)).map(([name]) => name);
}

function toKnown(
  { id, userPrincipalName, displayName, mail, isEnabled }: DirectoryUser,
  { tenantId, groups, appRoles }: Pick<KnownPerson, 'tenantId' | 'groups' | 'appRoles'>,
): KnownPerson {
  return {
    ...{ tenantId, userId: id.toLowerCase(), principal: userPrincipalName, displayName, mail },
    // What Graph does not tell counts as disabled.
    isEnabled: isEnabled === true,
    ...{ groups, appRoles },
  };
}
