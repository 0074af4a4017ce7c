import { listRoleHolders, type RoleHolders } from '../graph/app-roles.ts';
import type { CallGraph } from '../graph/client.ts';
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
}

/** Object ids, in lower case, of the users with each role that a rule names. */
export type RoleUsers = ReadonlyMap<string, ReadonlySet<string>>;

export interface DirectoryLook {
  readonly people: readonly KnownPerson[];
  readonly roleUsers: RoleUsers;
}

/** Returns a key that is equal for two sets of rules exactly when they ask the directory for the same. */
export function lookKey(rules: readonly PeopleRule[]): string {
  return JSON.stringify([groupsOf(rules), rolesOf(rules)]);
}

/**
 * Asks a tenant's directory for all people, the members of the groups in rules and the holders of roles in rules.
 * Complete, or an error: throws GraphError.
 */
export async function lookAtDirectory(options: LookOptions, signal: AbortSignal): Promise<DirectoryLook> {
  const { call, rules, tenantId } = options;
  const users = new Map((await listUsers(call, { signal })).map(user => [user.id.toLowerCase(), user]));
  const members = new Map<string, ReadonlySet<string>>();
  for (const group of groupsOf(rules)) {
    const found = await listGroupUsers(call, group, signal);
    members.set(group, new Set(found.map(({ id }) => id.toLowerCase())));
    // The list of all users may lag behind.
    for (const user of found) {
      users.set(user.id.toLowerCase(), users.get(user.id.toLowerCase()) ?? user);
    }
  }
  const roleUsers = await lookAtRoles(options, signal);
  const people = [...users].map(([id, user]) => toKnown(user, { tenantId, ...holdings(id, members, roleUsers) }));
  return { people, roleUsers };
}

/**
 * Asks for one user now: their account and groups, with 2 calls; their roles as of the last look. Undefined when the
 * directory says that there is none.
 */
export async function lookAtPerson(
  { call, rules, tenantId }: LookOptions,
  { userId, roleUsers }: { userId: string; roleUsers: RoleUsers },
  signal: AbortSignal,
): Promise<KnownPerson | undefined> {
  const user = await getUser(call, userId, signal);
  if (user === undefined) {
    return undefined;
  }
  const asked = groupsOf(rules);
  const groups = asked.length === 0 ? [] : await getMemberGroups(call, user.id, signal);
  return toKnown(user, {
    tenantId,
    groups: asked.filter(group => groups.includes(group)),
    appRoles: namesWith(roleUsers, user.id.toLowerCase()),
  });
}

async function lookAtRoles({ call, clientId, rules }: LookOptions, signal: AbortSignal): Promise<RoleUsers> {
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

function groupsOf(rules: readonly PeopleRule[]): string[] {
  return [...new Set(rules.flatMap(({ group }) => (group === undefined ? [] : [group.toLowerCase()])))].sort();
}

function rolesOf(rules: readonly PeopleRule[]): string[] {
  return [...new Set(rules.flatMap(({ appRole }) => appRole ?? []))].sort();
}
