import { foldName } from '../lib/fold-name.ts';
import { compileGlob, isGlob } from '../lib/glob.ts';
import { type GivenMounts, namesOf } from '../mounts/rights.ts';
import type { Problem } from './config-error.ts';
import type { CompleteMounts } from './mounts.ts';
import type { ParsedConfig } from './schema.ts';

interface Context extends CompleteMounts {
  readonly problems: Problem[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Reports duplicate users, and unknown mounts of users; where a rule finds mounts, any name is possible. */
export function checkUsers({ users, people, auth, shares }: ParsedConfig, context: Context): void {
  const { problems, lineOf } = context;
  const complain = (path: PropertyKey[], message: string) =>
    problems.push({ line: lineOf(path), key: path.join('.'), message });
  const { usersFile, anonymous } = auth;
  if (users.length === 0 && people.length === 0 && usersFile === null && anonymous === null) {
    complain(['users'], 'nobody could sign in: write at least one user, or a rule for people');
  }
  const seen = new Set<string>();
  for (const [index, user] of users.entries()) {
    if (seen.has(user.name.toLowerCase())) {
      complain(['users', index, 'name'], `there are two users "${user.name}"`);
    }
    seen.add(user.name.toLowerCase());
    checkMounts(user.mounts, ['users', index, 'mounts'], context);
  }
  if (usersFile !== null) {
    checkMounts(usersFile.mounts, ['auth', 'usersFile', 'mounts'], context);
  }
  if (anonymous !== null) {
    checkMounts(anonymous.mounts, ['auth', 'anonymous', 'mounts'], context);
  }
  if (shares !== null && shares.mounts !== '*') {
    checkMounts(shares.mounts, ['shares', 'mounts'], { ...context, mounts: [...context.mounts, OWN] });
  }
}

/** In what may be shared, the drive of the person who shares. */
const OWN = { name: 'own' };

function checkMounts(
  given: GivenMounts,
  at: PropertyKey[],
  {
    mounts,
    mailboxRules,
    problems,
    lineOf,
  }: Omit<Context, 'mounts'> & { readonly mounts: readonly { readonly name: string }[] },
): void {
  const named = mailboxRules.length > 0 ? [] : namesOf(given);
  for (const [position, name] of named.entries()) {
    if (!namesOneOf(name, mounts)) {
      const known = mounts.map(mount => mount.name).join(', ');
      const path = [...at, Array.isArray(given) ? position : name];
      const message = `there is no mount "${name}"; there are: ${known}`;
      problems.push({ line: lineOf(path), key: path.join('.'), message });
    }
  }
}

/** Tells whether a name or a glob matches any of the mounts. */
export function namesOneOf(wanted: string, mounts: readonly { readonly name: string }[]): boolean {
  const pattern = isGlob(wanted) ? compileGlob(wanted) : undefined;
  return mounts.some(({ name }) => pattern?.test(name) ?? foldName(name) === foldName(wanted));
}
