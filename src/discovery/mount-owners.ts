import type { Config, TenantConfig } from '../config/load.ts';
import type { CallGraph } from '../graph/client.ts';
import { getUserDrive } from '../graph/drives.ts';
import { isGraphError } from '../graph/errors.ts';
import { isGuid } from '../lib/guid.ts';
import type { State } from '../state/state.ts';
import type { MountConfig } from './mount-config.ts';

/** A user of a directory. */
export interface Holder {
  /** Object id. */
  readonly userId: string;
  readonly principal: string;
}

/** The tenant, by its name, and the connection to its directory. */
export interface OwnersTenant {
  readonly tenant: string;
  readonly call: CallGraph;
}

type Mounted = Pick<Config, 'tenants' | 'mounts'>;
type Stores = Pick<State, 'mailboxes' | 'driveIds'>;
/** By tenant id, in lower case, then by address, in lower case. */
type Owners = Map<string, Map<string, string>>;

/** Drives are asked for this many at a time. */
const AT_ONCE = 4;

/**
 * The owners of the drives of mounts, by object id. A mount by address belongs to the first user who was seen with the
 * address, and only if the mount's drive is that user's: when the address has passed on to another user, before or
 * after the drive was first opened, the mount is nobody's own.
 */
export class MountOwners {
  readonly #stores: Stores;
  readonly #config: Mounted;
  /** Only the proven ones. */
  readonly #owners: Owners = new Map();

  private constructor(stores: Stores, config: Mounted) {
    this.#stores = stores;
    this.#config = config;
  }

  /** Begins with the owners that an earlier run has proven; makes no calls. */
  static async open(stores: Stores, config: Mounted): Promise<MountOwners> {
    const owners = new MountOwners(stores, config);
    for (const tenantId of new Set(config.tenants.map(idOf))) {
      const [first, pins] = [
        await stores.mailboxes.owners(tenantId),
        await stores.driveIds.list(owners.#asWritten(tenantId)),
      ];
      const proven = [...first].filter(([address, userId]) =>
        isSame(pins.get(address), pins.get(userId.toLowerCase())),
      );
      owners.#owners.set(tenantId, new Map(proven));
    }
    return owners;
  }

  /** Returns the object id, in lower case; undefined when it is not proven, or the drive is nobody's own. */
  ownerOf({ source, tenant }: Pick<MountConfig, 'source' | 'tenant'>): string | undefined {
    if (source.kind !== 'mailbox') {
      return undefined;
    }
    const name = source.mailbox.toLowerCase();
    return isGuid(name) ? name : this.#provenIn(this.#idOf(tenant)).get(name)?.toLowerCase();
  }

  /** Returns the addresses, in lower case, of a tenant's mounts. */
  addressesOf(tenant: string): string[] {
    return this.#addressesIn(this.#idOf(tenant));
  }

  /**
   * Learns the owners of addresses from all users of a tenant's directory, with a call for each one that is not proven.
   * Returns true when there are new ones. Throws GraphError.
   */
  async learn({ tenant, call }: OwnersTenant, holders: readonly Holder[], signal: AbortSignal): Promise<boolean> {
    const tenantId = this.#idOf(tenant);
    const proven = this.#provenIn(tenantId);
    const unproven = this.#addressesIn(tenantId).filter(address => !proven.has(address));
    if (unproven.length === 0) {
      return false;
    }
    const holderOf = new Map(holders.map(({ principal, userId }) => [principal.toLowerCase(), userId.toLowerCase()]));
    await this.#keepFirst(tenantId, unproven, holderOf);
    const first = await this.#stores.mailboxes.owners(tenantId);
    const before = proven.size;
    for (let start = 0; start < unproven.length; start += AT_ONCE) {
      const some = unproven.slice(start, start + AT_ONCE);
      await Promise.all(
        some.map(async address => {
          const owner = first.get(address)?.toLowerCase();
          const isHolder = owner === holderOf.get(address);
          if (owner !== undefined && (await this.#isOwn({ tenantId, address, owner, isHolder }, call, signal))) {
            proven.set(address, owner);
          }
        }),
      );
    }
    return proven.size > before;
  }

  /** Keeps the users who have the addresses now, for those addresses that nobody was seen with before. */
  async #keepFirst(tenantId: string, addresses: readonly string[], holderOf: ReadonlyMap<string, string>) {
    const owners = new Map(
      addresses.flatMap(address => {
        const userId = holderOf.get(address);
        return userId === undefined ? [] : [[address, userId] as const];
      }),
    );
    await this.#stores.mailboxes.keep({ tenantId, mailboxes: [], owners });
  }

  /**
   * Returns true when the drive of the mount is the owner's. The drive of a mount that was never opened is pinned now,
   * so that it does not become that of a later holder of the address.
   */
  async #isOwn(
    { tenantId, address, owner, isHolder }: { tenantId: string; address: string; owner: string; isHolder: boolean },
    call: CallGraph,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { driveIds } = this.#stores;
    const asWritten = this.#asWritten(tenantId);
    const [mount, own] = [address, owner].map(mailbox => ({ tenantId: asWritten, mailbox })) as [DriveKey, DriveKey];
    if ((await driveIds.get(mount)) === undefined && !isHolder) {
      return false;
    }
    const driveId = (await driveIds.get(own)) ?? (await driveOf(call, owner, signal));
    if (driveId === undefined) {
      return false;
    }
    await driveIds.set(own, driveId);
    if ((await driveIds.get(mount)) === undefined) {
      await driveIds.set(mount, driveId);
    }
    return isSame(await driveIds.get(mount), driveId);
  }

  #addressesIn(tenantId: string): string[] {
    const ofMount = ({ source, tenant }: MountConfig) =>
      source.kind === 'mailbox' && source.mailbox.includes('@') && this.#idOf(tenant) === tenantId
        ? [source.mailbox.toLowerCase()]
        : [];
    return [...new Set(this.#config.mounts.flatMap(ofMount))];
  }

  /** Drives are kept by the tenant's id as the configuration writes it. */
  #asWritten(tenantId: string): string {
    return this.#config.tenants.find(tenant => idOf(tenant) === tenantId)!.tenantId;
  }

  #provenIn(tenantId: string): Map<string, string> {
    return this.#owners.get(tenantId)!;
  }

  #idOf(tenant: string): string {
    return idOf(this.#config.tenants.find(({ name }) => name === tenant)!);
  }
}

interface DriveKey {
  readonly tenantId: string;
  readonly mailbox: string;
}

/** Returns the id of a user's drive; undefined when Graph refuses it, as for a user without one. Throws GraphError. */
async function driveOf(call: CallGraph, userId: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await getUserDrive(call, userId, signal)).id;
  } catch (error) {
    if (isGraphError(error, 'answer') && [400, 403, 404, 423].includes(error.status)) {
      return undefined;
    }
    throw error;
  }
}

function isSame(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left === right;
}

function idOf({ tenantId }: TenantConfig): string {
  return tenantId.toLowerCase();
}
