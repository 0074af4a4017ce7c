import { foldName } from '../drive/path.ts';
import { chooseMountName } from '../lib/mount-names.ts';
import type { KnownMailbox, MailboxStore } from '../state/mailbox-store.ts';
import type { Candidate } from './mailbox-rule.ts';

/** What a look into the directory of a tenant changes. */
export interface Discovery {
  readonly tenantId: string;
  /** Who has a mount, in the order in which new ones get their names. */
  readonly present: readonly Candidate[];
  /** Who has none any more, by object id. */
  readonly gone: readonly string[];
  /** Keys of the rules that it answers. */
  readonly rules: readonly string[];
  /** Owners of single mounts that are newly known, as in `DiscoveryRecord`. */
  readonly owners?: ReadonlyMap<string, string>;
}

/** What is known of one tenant, as it is in the store. */
interface KnownTenant {
  /** By object id. */
  readonly mailboxes: Map<string, KnownMailbox>;
  /** Keys of rules. */
  answered: ReadonlySet<string>;
  owners: ReadonlyMap<string, string>;
}

type Tenants = ReadonlyMap<string, KnownTenant>;

/**
 * The mailboxes that rules have found in all tenants, and the names of their mounts: unique among all that were ever
 * given, and given once for good, whatever the configuration says meanwhile. While a mount of the configuration has the
 * name, the mailbox goes by another one.
 */
export class KnownMailboxes {
  readonly #store: MailboxStore;
  readonly #fixed: ReadonlySet<string>;
  readonly #taken: Set<string>;
  readonly #tenants: ReadonlyMap<string, KnownTenant>;
  /** For this run only: instead of the names that mounts of the configuration have now. */
  readonly #otherNames = new Map<string, string>();

  private constructor(
    store: MailboxStore,
    { kept, tenants, mountNames }: { kept: readonly KnownMailbox[]; tenants: Tenants; mountNames: readonly string[] },
  ) {
    this.#store = store;
    this.#fixed = new Set(mountNames.map(foldName));
    // Also those of tenants and rules that the configuration has not now: they may come back.
    this.#taken = new Set([...this.#fixed, ...kept.map(({ name }) => foldName(name))]);
    this.#tenants = tenants;
    for (const mailbox of kept) {
      tenants.get(mailbox.tenantId)?.mailboxes.set(mailbox.userId, mailbox);
    }
  }

  /**
   * Reads once what earlier runs have found; from then on it is known without asking. So it is process-wide and not
   * shared: of several servers over one state only one may look into the directories.
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

  /** Those of a tenant that had a mount when they were seen last. */
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

  /** As `MailboxStore.owners`. */
  owners(tenantId: string): ReadonlyMap<string, string> {
    return this.#tenant(tenantId).owners;
  }

  /** Keeps what a discovery has shown. Rejects, and changes nothing, when it cannot be kept. */
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

  /** A name that nobody has and, while it is being kept, nobody else gets. */
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
