import type { User } from '../auth/user.ts';
import type { AdmittedPerson } from './people.ts';

/** Makes one of what the rules of several applications say of the same person. */
export type Join = (parts: readonly AdmittedPerson[]) => AdmittedPerson | undefined;

/** Creates a function that returns the same object while the parts stay the same. */
export function createJoin(): Join {
  const joined = new WeakMap<User, { readonly parts: readonly AdmittedPerson[]; readonly whole: AdmittedPerson }>();
  return parts => {
    const [one, ...others] = parts;
    if (one === undefined || others.length === 0) {
      return one;
    }
    const before = joined.get(one.user);
    if (before?.parts.every((part, index) => part === parts[index])) {
      return before.whole;
    }
    const whole = {
      ...one,
      user: joinUsers(parts),
      devicePasswords: Math.max(...parts.map(part => part.devicePasswords)),
    };
    joined.set(one.user, { parts, whole });
    return whole;
  };
}

function joinUsers(parts: readonly AdmittedPerson[]): User {
  const { shares, ...user } = parts[0]!.user;
  const download = parts.find(part => part.user.download !== undefined)?.user.download;
  const limits = parts.find(part => part.user.limits !== undefined)?.user.limits;
  const rights = { ...user.rights, rules: parts.flatMap(part => part.user.rights.rules) };
  return {
    ...user,
    rights,
    ...(download === undefined ? {} : { download }),
    ...(limits === undefined ? {} : { limits }),
    ...(shares === false && parts.every(part => part.user.shares === false) ? { shares } : {}),
    ...(parts.some(part => part.user.isOperator) ? { isOperator: true } : {}),
  };
}
