import { printable } from '../lib/printable.ts';
import type { DevicePassword } from '../state/device-password-store.ts';

/** A person, with what they can sign in with. */
export interface ListedPerson {
  readonly userId: string;
  readonly principal: string;
  /** Undefined: the directory does not have them any more. */
  readonly displayName?: string;
  readonly mail?: string | undefined;
  /** Whether a rule lets them in now. */
  readonly isAdmitted: boolean;
  /** Unexpired ones. */
  readonly passwords: number;
  readonly sessions: number;
  /** The last use of any device password, in milliseconds since 1970. */
  readonly lastUse: number | undefined;
}

export function describePerson({ userId, principal, displayName, ...person }: ListedPerson): string {
  const { isAdmitted, passwords, sessions, lastUse } = person;
  const name = displayName === undefined ? 'not in the directory' : printable(displayName);
  const use = lastUse === undefined ? [] : [`last used ${dateOf(lastUse)}`];
  const facts = [`${passwords} device passwords`, `${sessions} sessions`, ...use];
  return `${printable(principal)}  ${name}  ${userId}${isAdmitted ? '' : '  MAY NOT SIGN IN'}  ${facts.join(', ')}`;
}

export function personToJson({ lastUse, ...person }: ListedPerson): Record<string, unknown> {
  const { userId, principal, displayName, mail, isAdmitted, passwords, sessions } = person;
  const numbers = { devicePasswords: passwords, sessions, lastUse: lastUse && dateOf(lastUse) };
  return { userId, principal, displayName, mail, admitted: isAdmitted, ...numbers };
}

export function describePassword(password: DevicePassword, owner: string, now: number): string {
  const { id, name, created, expires, readOnly, below, lastUse } = password;
  const end = expires === undefined ? [] : [`${expires <= now ? 'ended' : 'ends'} ${dateOf(expires)}`];
  const use =
    lastUse === undefined
      ? 'never used'
      : `last used ${dateOf(lastUse.at)} from ${printable(lastUse.address)} by ${printable(lastUse.client) || 'a client without a name'}`;
  const narrow = [...(readOnly ? ['only reads'] : []), ...(below === undefined ? [] : [`only /${below.join('/')}`])];
  const facts = [`made ${dateOf(created)}`, ...end, ...narrow.map(printable), use];
  return `${printable(owner)}  "${printable(name)}"  ${facts.join(', ')}  ${printable(id)}`;
}

/** Without the digest: it is of no use to a reader. */
export function passwordToJson(password: DevicePassword, owner: string): Record<string, unknown> {
  const { id, userId, name, created, expires, readOnly, below, lastUse } = password;
  return {
    ...{ id, userId, principal: owner, name, created: dateOf(created), expires: expires && dateOf(expires) },
    ...{ readOnly, below: below && `/${below.join('/')}`, lastUse: lastUse && { ...lastUse, at: dateOf(lastUse.at) } },
  };
}

function dateOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
