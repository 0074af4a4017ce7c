import type { Authenticate } from './authenticate.ts';
import type { Door, Verdict } from './door.ts';

/** Finds the user of a request, by whatever credentials it has. */
export type Identify = (...request: Parameters<Door>) => Promise<Verdict>;

const MISSING: Verdict = { refused: 'missing' };

/** Asks the doors in order; the first that knows this kind of credentials decides. */
export function createIdentify(doors: readonly Door[]): Identify {
  return async (request, address) => {
    for (const door of doors) {
      const verdict = door(request, address);
      if (verdict !== undefined) {
        return verdict;
      }
    }
    return MISSING;
  };
}

/** The door for names and passwords (RFC 7617). It comes last: what it cannot read is refused. */
export function createBasicDoor(authenticate: Authenticate): Door {
  return ({ headers, socket }, address) =>
    headers.authorization === undefined ? undefined : authenticate(headers.authorization, address, socket);
}
