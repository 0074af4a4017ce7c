import { createAudit } from './auth/audit.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { createDevicePasswordCheck } from './auth/device-password-door.ts';
import type { Door } from './auth/door.ts';
import { createBasicDoor } from './auth/doors.ts';
import type { Config } from './config/load.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { rightsTo } from './mounts/rights.ts';
import type { People } from './people/people.ts';
import type { State } from './state/state.ts';

export interface DoorParts {
  readonly state: Pick<State, 'devicePasswords'>;
  readonly people: People;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the ways to sign in, in the order in which they are asked. */
export function createDoors({ users, auth }: Pick<Config, 'users' | 'auth'>, parts: DoorParts): Door[] {
  const { state, people, log, clock } = parts;
  const audit = createAudit(log);
  const authenticate = createAuthenticator({
    users: users.map(({ name, passwordHash, mounts, access, download }) => ({
      ...{ name, passwordHash, rights: rightsTo(mounts, access) },
      ...(download === null ? {} : { download }),
    })),
    cacheSeconds: auth.credentialCacheSeconds,
    isPerson: name => people.named(name) !== undefined,
    audit,
    clock,
  });
  const devicePasswords = createDevicePasswordCheck({ store: state.devicePasswords, people, audit, log, clock });
  return [createBasicDoor(authenticate, devicePasswords)];
}
