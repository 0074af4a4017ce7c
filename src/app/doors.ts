import { createAnonymousDoor } from '../auth/anonymous-door.ts';
import { type Audit, createAudit } from '../auth/audit.ts';
import { createAuthenticator } from '../auth/authenticate.ts';
import { createDevicePasswordCheck } from '../auth/device-password-door.ts';
import type { Door } from '../auth/door.ts';
import { createBasicDoor } from '../auth/doors.ts';
import type { UserSource } from '../auth/user-source.ts';
import { UsersFile } from '../auth/users-file.ts';
import type { Config } from '../config/load.ts';
import { splitBasePath } from '../http/origin.ts';
import type { Clock } from '../lib/clock.ts';
import { foldName } from '../lib/fold-name.ts';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { compileJunkRules } from '../mounts/junk-rules.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import { type Rights, rightsTo } from '../mounts/rights.ts';
import { VisibleMounts } from '../mounts/visible-mounts.ts';
import type { People } from '../people/people.ts';
import type { State } from '../state/state.ts';
import type { OuterDoors } from './outer-doors.ts';

type DoorConfig = Pick<Config, 'users' | 'auth' | 'listen' | 'junk'>;

export interface DoorParts {
  readonly state: Pick<State, 'devicePasswords'>;
  readonly people: People;
  /** Those of tokens and of proxies in front, where the configuration has them. */
  readonly outerDoors?: OuterDoors | undefined;
  /** Users of a file beside those of the configuration. */
  readonly usersFile?: UserSource;
  readonly mounts: MountTable;
  /** Absent: the log. */
  readonly audit?: Audit | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** Opens the file of users, if the configuration names one. Throws when it cannot be used. */
export async function openUsersFile(
  { users, auth: { usersFile } }: Pick<Config, 'users' | 'auth'>,
  { log, clock }: { log: Log; clock: Clock },
): Promise<UsersFile | undefined> {
  if (usersFile === null) {
    return undefined;
  }
  const { path, mounts, access, download } = usersFile;
  const names = new Set(users.map(({ name }) => name.toLowerCase()));
  const rights = { rights: rightsTo(mounts, access), ...(download === null ? {} : { download }) };
  return await UsersFile.open({ path, rights, isTaken: name => names.has(name), log, clock });
}

/** Creates the ways to sign in, in the order in which they are asked. */
export function createDoors(config: DoorConfig, parts: DoorParts): Door[] {
  const { state, people, outerDoors, usersFile, mounts, log, clock } = parts;
  const audit = parts.audit ?? createAudit(log, clock);
  const users = config.users.map(({ name, passwordHash, mounts, access, download }) => ({
    ...{ name, passwordHash, rights: rightsTo(mounts, access) },
    ...(download === null ? {} : { download }),
  }));
  const authenticate = createAuthenticator({
    users,
    more: usersFile,
    cacheSeconds: config.auth.credentialCacheSeconds,
    isPerson: name => people.named(name) !== undefined,
    audit,
    clock,
  });
  const devicePasswords = createDevicePasswordCheck({ store: state.devicePasswords, people, audit, log, clock });
  const outer = outerDoors?.({ users, people, audit, clock }) ?? [];
  return [...outer, createBasicDoor(authenticate, devicePasswords), ...createGuestDoors(config, mounts)];
}

function createGuestDoors({ auth: { anonymous }, listen, junk }: DoorConfig, mounts: MountTable): Door[] {
  if (anonymous === null) {
    return [];
  }
  const rights: Rights = { ...rightsTo(anonymous.mounts, 'read'), readOnly: true };
  const visible = new VisibleMounts(mounts, rights);
  const junkPolicyOf = compileJunkRules(junk);
  const isOpen = (target: string): boolean => {
    const [name] = decodeUrlPath(splitBasePath(target, listen.basePath)?.rest ?? '/').names;
    // Whoever looks for files such as .DS_Store was not sent here by a person, and must not ask one for a password.
    return name === undefined || junkPolicyOf(name) !== undefined || isVisible(visible, foldName(name));
  };
  return [createAnonymousDoor({ name: 'anonymous', rights }, isOpen)];
}

function isVisible(mounts: VisibleMounts, name: string): boolean {
  try {
    return mounts.find(name) !== undefined;
  } catch {
    // Nobody can tell yet; the answer will be 503.
    return true;
  }
}
