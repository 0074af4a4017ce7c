import type { CallGraph } from '../graph/client.ts';
import { listGroupUsers } from '../graph/groups.ts';
import { type DirectoryUser, listUsers } from '../graph/users.ts';
import type { MailboxPattern } from './mailbox-pattern.ts';

/** A user in the directory, with groups. */
export interface Person {
  readonly user: DirectoryUser;
  /** The groups of rules that contain the user, by object id in lower case. */
  readonly groups: readonly string[];
}

/** Returns true when any rule applies to everybody, not just to the members of a group. */
function asksForAll(rules: readonly MailboxPattern[]): boolean {
  return rules.some(({ group }) => group === undefined);
}

/** Returns all users whom one of the rules could find, by object id. Complete, or an error: throws GraphError. */
export async function askDirectory(
  rules: readonly MailboxPattern[],
  { call, signal }: { call: CallGraph; signal: AbortSignal },
): Promise<Map<string, Person>> {
  const everybody = asksForAll(rules) ? await listUsers(call, { signal }) : [];
  const people = new Map<string, Person>(everybody.map(user => [user.id, { user, groups: [] }]));
  const groups = new Set(rules.flatMap(({ group }) => (group === undefined ? [] : [group.toLowerCase()])));
  for (const group of groups) {
    for (const user of await listGroupUsers(call, group, signal)) {
      people.set(user.id, { user, groups: [...(people.get(user.id)?.groups ?? []), group] });
    }
  }
  return people;
}
