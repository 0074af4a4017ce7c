import type { User } from './site.ts';

/** A group of the directory; its members are users and other groups. */
export interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly created: number;
  readonly members: Set<User | Group>;
}

export function isGroup(member: User | Group): member is Group {
  return 'members' in member;
}

/**
 * Returns each member of the group and of its nested groups once, whatever the nesting; the group itself
 * is not among them.
 */
export function transitiveMembers(group: Group): (User | Group)[] {
  const seen = new Set<User | Group>();
  const collect = (from: Group): void => {
    for (const member of from.members) {
      if (member !== group && !seen.has(member)) {
        seen.add(member);
        if (isGroup(member)) {
          collect(member);
        }
      }
    }
  };
  collect(group);
  return [...seen];
}

/** Returns the groups of a list that contain somebody, directly or through other groups. */
export function groupsOf(user: User, groups: readonly Group[], { transitive }: { transitive: boolean }): Group[] {
  return groups.filter(group => group.members.has(user) || (transitive && transitiveMembers(group).includes(user)));
}
