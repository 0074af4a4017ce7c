import { foldName } from '../lib/fold-name.ts';
import { compileGlob, isGlob } from '../lib/glob.ts';
import { namesOf } from '../mounts/rights.ts';
import type { Problem } from './config-error.ts';
import type { CompleteMounts } from './mounts.ts';
import type { ParsedConfig } from './schema.ts';

interface Context extends CompleteMounts {
  readonly problems: Problem[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Reports duplicate users, and unknown mounts of users; where a rule finds mounts, any name is possible. */
export function checkUsers({ users, people }: ParsedConfig, { mounts, mailboxRules, problems, lineOf }: Context): void {
  const complain = (path: PropertyKey[], message: string) =>
    problems.push({ line: lineOf(path), key: path.join('.'), message });
  if (users.length === 0 && people.length === 0) {
    complain(['users'], 'nobody could sign in: write at least one user, or a rule for people');
  }
  const seen = new Set<string>();
  for (const [index, user] of users.entries()) {
    if (seen.has(user.name.toLowerCase())) {
      complain(['users', index, 'name'], `there are two users "${user.name}"`);
    }
    seen.add(user.name.toLowerCase());
    const named = mailboxRules.length > 0 ? [] : namesOf(user.mounts);
    for (const [position, name] of named.entries()) {
      if (!namesOneOf(name, mounts)) {
        const known = mounts.map(mount => mount.name).join(', ');
        const key = Array.isArray(user.mounts) ? position : name;
        complain(['users', index, 'mounts', key], `there is no mount "${name}"; there are: ${known}`);
      }
    }
  }
}

/** Tells whether a name or a glob matches any of the mounts. */
export function namesOneOf(wanted: string, mounts: readonly { readonly name: string }[]): boolean {
  const pattern = isGlob(wanted) ? compileGlob(wanted) : undefined;
  return mounts.some(({ name }) => pattern?.test(name) ?? foldName(name) === foldName(wanted));
}
