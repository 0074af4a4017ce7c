import type { IncomingMessage } from 'node:http';
import { parseAuthorization } from './basic.ts';
import { readDevicePassword } from './device-password.ts';

/** Bounds what a guess puts into the log. */
const MAX_NAME_LENGTH = 200;

/** The kind of credentials of a refused request, and the name in them, which nothing has proven. */
export interface Attempt {
  readonly door: 'none' | 'password' | 'token' | 'other';
  readonly attempted?: string;
}

/** Reads the attempt of a request that was refused, for the log. */
export function attemptOf({ authorization }: IncomingMessage['headers']): Attempt {
  if (authorization === undefined) {
    return { door: 'none' };
  }
  if (/^Bearer /i.test(authorization)) {
    return { door: 'token' };
  }
  const parsed = parseAuthorization(authorization);
  return parsed.kind === 'basic'
    ? { door: 'password', attempted: attemptedName(parsed.readings[0]!.name) }
    : { door: 'other' };
}

/** The name of an attempt. Some people paste the password into the field of the name. */
export function attemptedName(name: string): string {
  return readDevicePassword(name) === undefined ? name.slice(0, MAX_NAME_LENGTH) : '[a device password]';
}
