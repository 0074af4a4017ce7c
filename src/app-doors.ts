import { createOuterDoors, type Issuers } from './app-outer-doors.ts';
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
  readonly issuers: Issuers;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the ways to sign in, in the order in which they are asked. */
export function createDoors(config: Pick<Config, 'users' | 'auth' | 'listen'>, parts: DoorParts): Door[] {
  const { auth, listen } = config;
  const { state, people, issuers, log, clock } = parts;
  const audit = createAudit(log);
  const users = config.users.map(({ name, passwordHash, mounts, access, download }) => ({
    ...{ name, passwordHash, rights: rightsTo(mounts, access) },
    ...(download === null ? {} : { download }),
  }));
  const authenticate = createAuthenticator({
    users,
    cacheSeconds: auth.credentialCacheSeconds,
    isPerson: name => people.named(name) !== undefined,
    audit,
    clock,
  });
  const devicePasswords = createDevicePasswordCheck({ store: state.devicePasswords, people, audit, log, clock });
  const outer = createOuterDoors({ auth, listen }, { issuers, users, people, audit, clock });
  return [...outer, createBasicDoor(authenticate, devicePasswords)];
}
