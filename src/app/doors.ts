import type { AccountPages } from '../account/account-pages.ts';
import { createAnonymousDoor } from '../auth/anonymous-door.ts';
import { type Audit, createAudit } from '../auth/audit.ts';
import { createAuthenticator, prepareUser, type UserRecord } from '../auth/authenticate.ts';
import { createDevicePasswordCheck } from '../auth/device-password-door.ts';
import type { NamedDoor } from '../auth/door.ts';
import { createBasicDoor } from '../auth/doors.ts';
import { GuessGate } from '../auth/guess-gate.ts';
import { GuessMemory } from '../auth/guess-memory.ts';
import type { User } from '../auth/user.ts';
import type { HashedUser, UserSource } from '../auth/user-source.ts';
import { UsersFile } from '../auth/users-file.ts';
import type { Config } from '../config/load.ts';
import { splitBasePath } from '../http/origin.ts';
import type { Clock } from '../lib/clock.ts';
import { foldName } from '../lib/fold-name.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { compileJunkRules } from '../mounts/junk-rules.ts';
import { completeLimits } from '../mounts/limits.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import { type Rights, rightsTo } from '../mounts/rights.ts';
import { VisibleMounts } from '../mounts/visible-mounts.ts';
import type { People } from '../people/people.ts';
import type { State } from '../state/state.ts';
import type { OuterDoors } from './outer-doors.ts';

type DoorConfig = Pick<Config, 'users' | 'auth' | 'listen' | 'junk' | 'limits'>;

export interface DoorParts {
  readonly state: Pick<State, 'devicePasswords' | 'peers'>;
  readonly people: People;
  /** Those of tokens and of proxies in front, where the configuration has them. */
  readonly outerDoors?: OuterDoors | undefined;
  /** Where people sign in with a browser; their sessions open the files, too. */
  readonly pages?: Pick<AccountPages, 'askSession'> | undefined;
  /** Users of a file beside those of the configuration. */
  readonly usersFile?: UserSource;
  readonly mounts: MountTable;
  readonly keep: Keep;
  /** Absent: the log. */
  readonly audit?: Audit | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** Opens the file of users, if the configuration names one. Throws when it cannot be used. */
export async function openUsersFile(
  { users, auth: { usersFile }, limits: { perUser } }: Pick<Config, 'users' | 'auth' | 'limits'>,
  { keep, log, clock }: { keep: Keep; log: Log; clock: Clock },
): Promise<UsersFile | undefined> {
  if (usersFile === null) {
    return undefined;
  }
  const { path, mounts, access, download, limits } = usersFile;
  const names = new Set(users.map(({ name }) => name.toLowerCase()));
  const isTaken = (name: string) => names.has(name);
  const rights = { rights: rightsTo(mounts, access), ...settingsOf({ download, limits }, perUser) };
  const open = () => UsersFile.open({ path, rights, isTaken, log, clock });
  const ending = { end: (file: UsersFile) => file.stop(), isBackground: true };
  const file = await keep.open('users file', [path, rights], open, ending);
  file.checkNames(isTaken);
  keep.whenTaken(() => file.reserve(isTaken));
  return file;
}

/** Creates the ways to sign in, in the order in which they are asked. */
export function createDoors(config: DoorConfig, parts: DoorParts): NamedDoor[] {
  const { state, people, outerDoors, pages, usersFile, mounts, keep, log, clock } = parts;
  const audit = parts.audit ?? createAudit(log, clock).record;
  const users = configuredUsers(config);
  const authenticate = createAuthenticator({
    users,
    more: usersFile,
    cacheSeconds: config.auth.credentialCacheSeconds,
    guesses: guessesFor(config, parts),
    prepare: user => keep.use('user', [user], () => prepareUser(user)),
    whenTaken: keep.whenTaken,
    isPerson: name => people.named(name) !== undefined,
    audit,
    auditRefusal: audit,
    clock,
  });
  const devicePasswords = keep.use('check of device passwords', [people], () =>
    createDevicePasswordCheck({ store: state.devicePasswords, people, audit, log, clock }),
  );
  const outer = outerDoors?.({ users, people, audit, clock }) ?? [];
  const session = pages && ({ kind: 'session', ask: pages.askSession } as const);
  const basic = { kind: 'basic', ask: createBasicDoor(authenticate, devicePasswords) } as const;
  return [...outer, basic, ...(session === undefined ? [] : [session]), ...createGuestDoors(config, mounts)];
}

/** Returns the users of the configuration; new objects each time. */
export function configuredUsers({ users, limits }: Pick<Config, 'users' | 'limits'>): UserRecord[] {
  return users.map(({ name, passwordHash, mounts, access, ...settings }) => ({
    ...{ name, passwordHash, rights: rightsTo(mounts, access) },
    ...settingsOf(settings, limits.perUser),
  }));
}

/** Guesses count on, whatever the configuration says; with another time of caching all passwords are hashed anew. */
function guessesFor({ auth }: DoorConfig, { state: { peers }, keep, clock }: DoorParts) {
  const cacheSeconds = auth.credentialCacheSeconds;
  return {
    gate: keep.use('gate of guesses', [], () => new GuessGate(clock, { shared: { peers, gate: 'users' } }), {
      end: each => each.end(),
    }),
    memory: keep.use('memory of guesses', [cacheSeconds], () => new GuessMemory<HashedUser>({ cacheSeconds, clock })),
  };
}

/** Returns what a user has besides rights. */
function settingsOf(
  { download, limits, operator = false }: Pick<Config['users'][number], 'download' | 'limits'> & { operator?: boolean },
  perUser: Config['limits']['perUser'],
): Pick<User, 'download' | 'limits' | 'isOperator'> {
  return {
    ...(operator ? { isOperator: true } : {}),
    ...(download === null ? {} : { download }),
    ...(limits === null ? {} : { limits: completeLimits(limits, perUser) }),
  };
}

function createGuestDoors({ auth: { anonymous }, listen, junk }: DoorConfig, mounts: MountTable): NamedDoor[] {
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
  return [{ kind: 'anonymous', ask: createAnonymousDoor({ name: 'anonymous', rights }, isOpen) }];
}

function isVisible(mounts: VisibleMounts, name: string): boolean {
  try {
    return mounts.find(name) !== undefined;
  } catch {
    // Nobody can tell yet; the answer will be 503.
    return true;
  }
}
