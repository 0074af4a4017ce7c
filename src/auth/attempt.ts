import type { IncomingMessage } from 'node:http';
import { parseAuthorization } from './basic.ts';
import { readDevicePassword } from './device-password.ts';

/** Bounds what a guess puts into the log. */
const MAX_NAME_LENGTH = 200;

/** Returns the name in refused credentials, which nothing has proven, for the log; undefined: they have none. */
export function attemptedIn({ authorization }: IncomingMessage['headers']): string | undefined {
  const parsed = authorization === undefined ? undefined : parseAuthorization(authorization);
  return parsed?.kind === 'basic' ? attemptedName(parsed.readings[0]!.name) : undefined;
}

/** The name of an attempt. Some people paste the password into the field of the name. */
export function attemptedName(name: string): string {
  return readDevicePassword(name) === undefined ? name.slice(0, MAX_NAME_LENGTH) : '[a device password]';
}
