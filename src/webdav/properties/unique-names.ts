import { DavError } from '../errors.ts';
import { keyOfName, type PropertyName } from './live-properties.ts';

/** More properties than all clients together ask for. */
const MAX_NAMES = 500;

/** Each name once. The answer names each of them for each entry, even if no entry has it. Throws 400 for too many. */
export function uniqueNames(names: readonly PropertyName[]): PropertyName[] {
  if (names.length > MAX_NAMES) {
    throw new DavError(400, `a request may name at most ${MAX_NAMES} properties`);
  }
  const byKey = new Map(names.map(({ namespace, name }) => [keyOfName({ namespace, name }), { namespace, name }]));
  return [...byKey.values()];
}
