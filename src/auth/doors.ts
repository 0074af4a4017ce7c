import type { Authenticate } from './authenticate.ts';
import type { CheckDevicePassword, DeviceRefusal } from './device-password-door.ts';
import type { Door, NamedDoor, Verdict } from './door.ts';
import type { User } from './user.ts';

/** Finds the user of a request, by whatever credentials it has. */
export type Identify = (...request: Parameters<Door>) => Promise<Identified>;

/** A refusal names the door that has refused, in the words of the metrics. */
export type Identified =
  | Extract<Verdict, { user: User }>
  | (Extract<Verdict, { refused: string }> & { readonly door?: DoorKind });

/** `none` is the door of a request without credentials. */
type DoorKind = NamedDoor['kind'] | 'none';

const MISSING = { refused: 'missing', door: 'none' } as const satisfies Identified;

/** Gets each verdict: `accepted`, or the kind of the refusal. */
export type CountVerdict = (door: DoorKind, outcome: 'accepted' | Refused) => void;

type Refused = Extract<Verdict, { refused: string }>['refused'];

/** Asks the doors in order; the first that knows this kind of credentials decides. */
export function createIdentify(doors: readonly NamedDoor[], count: CountVerdict = () => {}): Identify {
  return async (request, address) => {
    for (const { kind, ask } of doors) {
      const asked = ask(request, address);
      const verdict = asked === undefined ? undefined : await asked;
      if (verdict !== undefined) {
        count(kind, 'user' in verdict ? 'accepted' : verdict.refused);
        return 'user' in verdict ? verdict : { ...verdict, door: kind };
      }
    }
    count('none', MISSING.refused);
    return MISSING;
  };
}

/**
 * The door for names and passwords (RFC 7617). It comes last of those with an Authorization header: what it cannot read
 * is refused. A device password is tried first; a wrong one goes the way of all wrong passwords, so it counts as a
 * guess, costs as much and is remembered.
 */
export function createBasicDoor(authenticate: Authenticate, checkDevicePassword?: CheckDevicePassword): Door {
  return (request, address) => {
    const { headers, socket } = request;
    if (headers.authorization === undefined) {
      return undefined;
    }
    const client = headers['user-agent'];
    const otherwise = (reason?: DeviceRefusal) =>
      authenticate(headers.authorization, address, socket, { reason, client });
    const verdict = checkDevicePassword?.(request, address);
    return verdict?.then(known => ('wrong' in known ? otherwise(known.wrong) : known)) ?? otherwise();
  };
}
