import type { Config } from '../config/load.ts';
import { stateKey } from '../config/state.ts';
import { pinName } from '../graph/drive-source.ts';
import { chooseMountName } from '../lib/mount-names.ts';
import { lookAtDatabase } from '../state/postgres/look-at-database.ts';
import { lookAtState } from '../state/sqlite/look-at-state.ts';
import type { StateLook } from '../state/state-look.ts';
import { type Candidate, createRuleFinder } from './mailbox-rule.ts';
import type { MountConfig } from './mount-config.ts';

/** The stored knowledge of a server with this configuration, for read-only commands: creates and changes nothing. */
export interface ServerMemory {
  readonly state: StateLook;
  /** Returns the drive pinned for a mount; undefined when none was found. */
  pinnedDriveId(mount: MountConfig): string | undefined;
  /** Returns the mount of a discovered mailbox, by name. */
  discoveredMount(name: string): MountConfig | undefined;
  /** Returns the mounts as they are or will be, and the owners of their drives, as far as this user may own one. */
  mountsBeside(user: MountedUser): OwnedMount[];
}

/** A user of the directory, or one of the configuration, who has no drive. */
export type MountedUser = (Candidate & { readonly tenantId: string; readonly mayHaveDrive: boolean }) | undefined;

export interface OwnedMount {
  readonly name: string;
  readonly readOnly: boolean;
  /** The object id, in lower case, of the directory user whose OneDrive it is. */
  readonly owner: string | undefined;
}

/** Reads it once. */
export async function recallServer(config: Config): Promise<ServerMemory> {
  const { state: database, dataDir } = config;
  const state =
    database === undefined
      ? lookAtState(dataDir)
      : await lookAtDatabase({
          url: database.url.reveal(),
          caPem: database.caPem,
          key: stateKey(database.key.reveal())!,
        });
  return {
    state,
    pinnedDriveId: ({ source, tenant }) => {
      const { tenantId } = config.tenants.find(({ name }) => name === tenant)!;
      return source.kind === 'drive' ? undefined : state.driveId({ tenantId, mailbox: pinName(source).toLowerCase() });
    },
    mountsBeside: user => mountsBeside(config, state, user),
    discoveredMount: name => {
      const found = state.mailboxes().find(mailbox => mailbox.isMounted && isSameName(mailbox.name, name));
      const rules = config.mailboxRules.filter(({ tenant }) => found?.tenantId.startsWith(tenantIdOf(config, tenant)));
      const rule = found && createRuleFinder(rules, [])(found);
      const source = found && ({ kind: 'mailbox', mailbox: found.userId, address: found.principal } as const);
      return rule && source && { ...rule, name: found.name, source };
    },
  };
}

function mountsBeside(config: Config, state: StateLook, user: MountedUser): OwnedMount[] {
  const fixed = config.mounts.map(mount => ({
    name: mount.name,
    readOnly: mount.readOnly,
    owner: user && ownsFixed(mount, user, { config, state }) ? user.userId : undefined,
  }));
  const rulesOf = (tenantId: string) =>
    config.mailboxRules.filter(({ tenant }) => tenantId.startsWith(tenantIdOf(config, tenant)));
  const found = state.mailboxes().flatMap(mailbox => {
    const rule = mailbox.isMounted ? createRuleFinder(rulesOf(mailbox.tenantId), [])(mailbox) : undefined;
    return rule === undefined
      ? []
      : [{ name: mailbox.name, readOnly: rule.readOnly, owner: mailbox.userId.toLowerCase() }];
  });
  const known = [...fixed, ...found];
  if (user === undefined || !user.mayHaveDrive || known.some(({ owner }) => owner === user.userId)) {
    return known;
  }
  const singles = config.mounts.flatMap(({ source }) => (source.kind === 'mailbox' ? [source.mailbox] : []));
  const rule = createRuleFinder(rulesOf(user.tenantId), singles)(user);
  const isTaken = (name: string) => known.some(mount => isSameName(mount.name, name));
  const name = chooseMountName(user.principal, isTaken);
  return rule === undefined ? known : [...known, { name, readOnly: rule.readOnly, owner: user.userId }];
}

/**
 * A mount by address is that of the user whose drive it has. Before the server has compared the two drives, it is
 * presumed to be that of the user with the address.
 */
function ownsFixed(
  { source, tenant }: MountConfig,
  user: NonNullable<MountedUser>,
  { config, state }: { readonly config: Config; readonly state: StateLook },
): boolean {
  const { tenantId } = config.tenants.find(({ name }) => name === tenant)!;
  if (source.kind !== 'mailbox' || tenantId.toLowerCase() !== user.tenantId) {
    return false;
  }
  const mailbox = source.mailbox.toLowerCase();
  const [pinned, own] = [mailbox, user.userId].map(name => state.driveId({ tenantId, mailbox: name }));
  const isCompared = pinned !== undefined && own !== undefined;
  return mailbox === user.userId || (isCompared ? pinned === own : mailbox === user.principal.toLowerCase());
}

function tenantIdOf({ tenants }: Config, tenant: string): string {
  return tenants.find(({ name }) => name === tenant)!.tenantId.toLowerCase();
}

function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
