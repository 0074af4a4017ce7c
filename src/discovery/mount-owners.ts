import type { Config, TenantConfig } from '../config/load.ts';
import { isGuid } from '../lib/guid.ts';
import type { MailboxStore } from '../state/mailbox-store.ts';
import type { MountConfig } from './mount-config.ts';

/** A user of a directory. */
export interface Holder {
  /** Object id. */
  readonly userId: string;
  readonly principal: string;
}

type Mounted = Pick<Config, 'tenants' | 'mounts'>;
/** Object ids by tenant id, in lower case, then by address, in lower case. */
type Owners = Map<string, ReadonlyMap<string, string>>;

/**
 * The owners of the drives of mounts, by object id. A mount by address belongs to the first user who was seen with the
 * address: another one who gets it later does not own that drive.
 */
export class MountOwners {
  readonly #store: MailboxStore;
  readonly #config: Mounted;
  readonly #owners: Owners;

  private constructor(store: MailboxStore, config: Mounted, owners: Owners) {
    this.#store = store;
    this.#config = config;
    this.#owners = owners;
  }

  static async open(store: MailboxStore, config: Mounted): Promise<MountOwners> {
    const owners: Owners = new Map();
    for (const tenantId of new Set(config.tenants.map(idOf))) {
      owners.set(tenantId, new Map(await store.owners(tenantId)));
    }
    return new MountOwners(store, config, owners);
  }

  /** Returns the object id, in lower case; undefined when it is not known, or the drive is nobody's own. */
  ownerOf({ source, tenant }: Pick<MountConfig, 'source' | 'tenant'>): string | undefined {
    if (source.kind !== 'mailbox') {
      return undefined;
    }
    const name = source.mailbox.toLowerCase();
    return isGuid(name) ? name : this.#of(tenant).get(name)?.toLowerCase();
  }

  /** Learns the owners of addresses from all users of a tenant's directory. Returns true when there are new ones. */
  async learn(tenant: string, holders: readonly Holder[]): Promise<boolean> {
    const wanted = new Set(this.#addressesOf(tenant));
    const known = this.#of(tenant);
    const found = holders
      .map(({ principal, userId }) => [principal.toLowerCase(), userId] as const)
      .filter(([address]) => wanted.has(address) && !known.has(address));
    if (found.length === 0) {
      return false;
    }
    const tenantId = this.#idOf(tenant);
    await this.#store.keep({ tenantId, mailboxes: [], owners: new Map(found) });
    // Another look may have been first.
    this.#owners.set(tenantId, new Map(await this.#store.owners(tenantId)));
    return true;
  }

  #addressesOf(tenant: string): string[] {
    const id = this.#idOf(tenant);
    return this.#config.mounts.flatMap(({ source, tenant: name }) =>
      source.kind === 'mailbox' && source.mailbox.includes('@') && this.#idOf(name) === id
        ? [source.mailbox.toLowerCase()]
        : [],
    );
  }

  #of(tenant: string): ReadonlyMap<string, string> {
    return this.#owners.get(this.#idOf(tenant)) ?? new Map();
  }

  #idOf(tenant: string): string {
    return idOf(this.#config.tenants.find(({ name }) => name === tenant)!);
  }
}

function idOf({ tenantId }: TenantConfig): string {
  return tenantId.toLowerCase();
}
