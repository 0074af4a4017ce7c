import { clientFamily } from '../downloads/clients.ts';

/** More than a server's people use; a client can invent others, so the memory is emptied when it is full. */
const MAX_REMEMBERED = 500;
/** Longer ones are rare, and would fill the memory. */
const MAX_LENGTH = 300;

/** Returns a function that names the family of a client by its User-Agent; the families are few. */
export function createFamilies(): (userAgent: string | undefined) => string {
  let known = new Map<string, string>();
  return userAgent => {
    if (userAgent === undefined) {
      return 'none';
    }
    if (userAgent.length > MAX_LENGTH) {
      return clientFamily(userAgent);
    }
    let family = known.get(userAgent);
    if (family === undefined) {
      family = clientFamily(userAgent);
      known = known.size < MAX_REMEMBERED ? known : new Map();
      known.set(userAgent, family);
    }
    return family;
  };
}
