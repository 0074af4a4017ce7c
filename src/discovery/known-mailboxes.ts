import { foldName } from '../drive/path.ts';
import { chooseMountName } from '../lib/mount-names.ts';
import type { KnownMailbox, MailboxStore } from '../state/mailbox-store.ts';
import type { Candidate } from './mailbox-rule.ts';

/** The changes after a look into a tenant's directory. */
export interface Discovery {
  readonly tenantId: string;
  /** The users with a mount, in the order in which new ones get their names. */
  readonly present: readonly Candidate[];
  /** The users whose mount is gone, by object id. */
  readonly gone: readonly string[];
  /** Keys of the rules that the look answers. */
  readonly rules: readonly string[];
  /** Newly known owners of single mounts, as in `DiscoveryRecord`. */
  readonly owners?: ReadonlyMap<string, string>;
}

/** The stored knowledge about one tenant. */
interface KnownTenant {
  /** By object id. */
  readonly mailboxes: Map<string, KnownMailbox>;
  /** Keys of rules. */
  answered: ReadonlySet<string>;
  owners: ReadonlyMap<string, string>;
}

type Tenants = ReadonlyMap<string, KnownTenant>;

/**
 * The mailboxes that rules have found in all tenants, and the names of their mounts: unique among all names ever
 * assigned, and permanent, even if the configuration changes. While a mount of the configuration has the name, the
 * mailbox uses another one.
 */
export class KnownMailboxes {
  readonly #store: MailboxStore;
  readonly #fixed: ReadonlySet<string>;
  readonly #taken: Set<string>;
  readonly #tenants: ReadonlyMap<string, KnownTenant>;
  /** Substitutes, for this run only, for names that mounts of the configuration have now. */
  readonly #otherNames = new Map<string, string>();

  private constructor(
    store: MailboxStore,
    { kept, tenants, mountNames }: { kept: readonly KnownMailbox[]; tenants: Tenants; mountNames: readonly string[] },
  ) {
    this.#store = store;
    this.#fixed = new Set(mountNames.map(foldName));
    // Includes those of tenants and rules that are not configured now: they may come back.
    this.#taken = new Set([...this.#fixed, ...kept.map(({ name }) => foldName(name))]);
    this.#tenants = tenants;
    for (const mailbox of kept) {
      tenants.get(mailbox.tenantId)?.mailboxes.set(mailbox.userId, mailbox);
    }
  }

  /**
   * Reads the findings of earlier runs once, and then keeps them in memory. So they are process-wide and not shared: of
   * several servers with one state, only one may look into the directories.
   */
  static async open(
    store: MailboxStore,
    { tenantIds, mountNames }: { tenantIds: readonly string[]; mountNames: readonly string[] },
  ): Promise<KnownMailboxes> {
    const tenants = tenantIds.map(async (tenantId): Promise<[string, KnownTenant]> => {
      const [answered, owners] = await Promise.all([store.answered(tenantId), store.owners(tenantId)]);
      return [tenantId, { mailboxes: new Map(), answered, owners }];
    });
    return new KnownMailboxes(store, {
      kept: await store.list(),
      tenants: new Map(await Promise.all(tenants)),
      mountNames,
    });
  }

  /** Returns a tenant's mailboxes that had a mount when last seen. */
  mounted(tenantId: string): readonly KnownMailbox[] {
    const mailboxes = [...this.#of(tenantId).values()].filter(({ isMounted }) => isMounted);
    return mailboxes.map(mailbox => this.#shown(mailbox));
  }

  isMounted(tenantId: string, userId: string): boolean {
    return this.#of(tenantId).get(userId)?.isMounted ?? false;
  }

  isAnswered(tenantId: string, rule: string): boolean {
    return this.#tenant(tenantId).answered.has(rule);
  }

  /** See `MailboxStore.owners`. */
  owners(tenantId: string): ReadonlyMap<string, string> {
    return this.#tenant(tenantId).owners;
  }

  /** Stores the result of a discovery. Rejects, and changes nothing, when storing fails. */
  async record({ tenantId, present, gone, rules, owners = new Map() }: Discovery): Promise<void> {
    const mailboxes = this.#of(tenantId);
    const reserved = new Set<string>();
    const changed = [
      ...present.map(candidate => this.#seen(candidate, tenantId, reserved)),
      ...gone.map(userId => ({ ...mailboxes.get(userId)!, isMounted: false })),
    ].filter(mailbox => !isSame(mailbox, mailboxes.get(mailbox.userId)));
    try {
      await this.#store.keep({ tenantId, mailboxes: changed, rules, owners });
    } catch (error) {
      this.#release(reserved);
      throw error;
    }
    const tenant = this.#tenant(tenantId);
    tenant.answered = new Set(rules);
    tenant.owners = new Map([...owners, ...tenant.owners]);
    for (const mailbox of changed) {
      mailboxes.set(mailbox.userId, mailbox);
    }
  }

  #seen({ userId, principal, groups }: Candidate, tenantId: string, reserved: Set<string>): KnownMailbox {
    const known = this.#of(tenantId).get(userId);
    const name = known?.name ?? this.#reserve(principal, reserved);
    const seen = { tenantId, userId, principal, groups, name, isMounted: true };
    return known !== undefined && isSame(known, seen) ? known : seen;
  }

  /** Returns a free name, and reserves it until it is stored. */
  #reserve(principal: string, reserved: Set<string>): string {
    const name = chooseMountName(principal, each => this.#taken.has(foldName(each)));
    this.#taken.add(foldName(name));
    reserved.add(foldName(name));
    return name;
  }

  #release(names: ReadonlySet<string>): void {
    for (const name of names) {
      this.#taken.delete(name);
    }
  }

  #shown(mailbox: KnownMailbox): KnownMailbox {
    if (!this.#fixed.has(foldName(mailbox.name))) {
      return mailbox;
    }
    const key = JSON.stringify([mailbox.tenantId, mailbox.userId]);
    const name =
      this.#otherNames.get(key) ?? chooseMountName(mailbox.principal, each => this.#taken.has(foldName(each)));
    this.#otherNames.set(key, name);
    this.#taken.add(foldName(name));
    return { ...mailbox, name };
  }

  #of(tenantId: string): Map<string, KnownMailbox> {
    return this.#tenant(tenantId).mailboxes;
  }

  #tenant(tenantId: string): KnownTenant {
    return this.#tenants.get(tenantId)!;
  }
}

function isSame(left: KnownMailbox, right: KnownMailbox | undefined): boolean {
  return (
    right !== undefined &&
    left.principal === right.principal &&
    left.name === right.name &&
    left.isMounted === right.isMounted &&
    left.groups.join() === right.groups.join()
  );
}
