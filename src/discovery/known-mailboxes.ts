import { foldName } from '../drive/path.ts';
import { chooseMountName } from '../lib/mount-names.ts';
import type { KnownMailbox, MailboxStore } from '../state/mailbox-store.ts';
import type { Candidate } from './mailbox-rule.ts';

/** Each try fails only when another server has just stored something. */
const MAX_TRIES = 10;

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

/** What the process knows, whatever the configuration says now. */
interface Memory {
  readonly store: MailboxStore;
  readonly tenants: Map<string, KnownTenant>;
  /** All names ever assigned, folded. */
  readonly taken: Set<string>;
  /** Substitutes, for this run only, for names that mounts of the configuration have. */
  readonly otherNames: Map<string, string>;
}

interface Configured {
  readonly tenantIds: readonly string[];
  readonly mountNames: readonly string[];
}

/**
 * The mailboxes that rules have found in all tenants, and the names of their mounts: unique among all names ever
 * assigned, and permanent, even if the configuration changes. While a mount of the configuration has the name, the
 * mailbox uses another one.
 */
export class KnownMailboxes {
  readonly #memory: Memory;
  readonly #fixed: ReadonlySet<string>;

  private constructor(memory: Memory, mountNames: readonly string[]) {
    this.#memory = memory;
    this.#fixed = new Set(mountNames.map(foldName));
  }

  /**
   * Reads the findings of earlier runs, and then keeps them in memory. Of several servers with one state each looks into
   * the directories, and learns what others have found when it records something itself.
   */
  static async open(store: MailboxStore, configured: Configured): Promise<KnownMailboxes> {
    const memory = { store, tenants: new Map(), taken: new Set<string>(), otherNames: new Map() };
    return new KnownMailboxes(memory, []).under(configured);
  }

  /** Returns the same knowledge under another configuration; what one of the two learns, the other knows as well. */
  async under({ tenantIds, mountNames }: Configured): Promise<KnownMailboxes> {
    const { store, tenants, taken } = this.#memory;
    const unknown = tenantIds.filter(tenantId => !tenants.has(tenantId));
    if (unknown.length > 0) {
      const kept = await store.list();
      for (const tenantId of unknown) {
        const [answered, owners] = await Promise.all([store.answered(tenantId), store.owners(tenantId)]);
        const own = kept.filter(mailbox => mailbox.tenantId === tenantId);
        tenants.set(tenantId, { mailboxes: new Map(own.map(each => [each.userId, each])), answered, owners });
      }
      // Includes those of tenants and rules that are not configured now: they may come back.
      for (const { name } of kept) {
        taken.add(foldName(name));
      }
    }
    return new KnownMailboxes(this.#memory, mountNames);
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

  /**
   * Stores the result of a discovery. What other servers have stored meanwhile is learned first, so that no two
   * mailboxes get one name, and none gets two. Rejects, and changes nothing, when storing fails.
   */
  async record(discovery: Discovery): Promise<void> {
    for (let tries = 1; !(await this.#tryRecord(discovery)); tries += 1) {
      if (tries === MAX_TRIES) {
        throw new Error('the mailboxes that were found could not be stored: other servers are storing theirs');
      }
      await this.#learn();
    }
  }

  /** Returns false, and changes nothing, when another server has stored something that is not known here. */
  async #tryRecord({ tenantId, present, gone, rules, owners = new Map() }: Discovery): Promise<boolean> {
    const mailboxes = this.#of(tenantId);
    const reserved = new Set<string>();
    const changed = [
      ...present.map(candidate => this.#seen(candidate, tenantId, reserved)),
      ...gone.map(userId => ({ ...mailboxes.get(userId)!, isMounted: false })),
    ].filter(mailbox => !isSame(mailbox, mailboxes.get(mailbox.userId)));
    const onlyIf = (stored: readonly KnownMailbox[]) => stored.every(each => this.#isNamedSo(each, reserved));
    let isKept = false;
    try {
      isKept = await this.#memory.store.keep({ tenantId, mailboxes: changed, rules, owners, onlyIf });
    } finally {
      if (!isKept) {
        this.#release(reserved);
      }
    }
    if (!isKept) {
      return false;
    }
    const tenant = this.#tenant(tenantId);
    tenant.answered = new Set(rules);
    tenant.owners = new Map([...owners, ...tenant.owners]);
    for (const mailbox of changed) {
      mailboxes.set(mailbox.userId, mailbox);
    }
    return true;
  }

  /** Tenants that are not configured here have mailboxes whose names are taken, and no more is known of them. */
  #isNamedSo({ tenantId, userId, name }: KnownMailbox, reserved: ReadonlySet<string>): boolean {
    const { tenants, taken } = this.#memory;
    const tenant = tenants.get(tenantId);
    const folded = foldName(name);
    return tenant === undefined
      ? taken.has(folded) && !reserved.has(folded)
      : tenant.mailboxes.get(userId)?.name === name;
  }

  async #learn(): Promise<void> {
    const { store, tenants, taken } = this.#memory;
    for (const mailbox of await store.list()) {
      taken.add(foldName(mailbox.name));
      tenants.get(mailbox.tenantId)?.mailboxes.set(mailbox.userId, mailbox);
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
    const name = chooseMountName(principal, each => this.#isTaken(each));
    this.#memory.taken.add(foldName(name));
    reserved.add(foldName(name));
    return name;
  }

  #release(names: ReadonlySet<string>): void {
    for (const name of names) {
      this.#memory.taken.delete(name);
    }
  }

  #shown(mailbox: KnownMailbox): KnownMailbox {
    if (!this.#fixed.has(foldName(mailbox.name))) {
      return mailbox;
    }
    const key = JSON.stringify([mailbox.tenantId, mailbox.userId]);
    const { otherNames, taken } = this.#memory;
    const known = otherNames.get(key);
    const isUsable = known !== undefined && !this.#fixed.has(foldName(known));
    const name = isUsable ? known : chooseMountName(mailbox.principal, each => this.#isTaken(each));
    otherNames.set(key, name);
    taken.add(foldName(name));
    return { ...mailbox, name };
  }

  #isTaken(name: string): boolean {
    return this.#fixed.has(foldName(name)) || this.#memory.taken.has(foldName(name));
  }

  #of(tenantId: string): Map<string, KnownMailbox> {
    return this.#tenant(tenantId).mailboxes;
  }

  #tenant(tenantId: string): KnownTenant {
    return this.#memory.tenants.get(tenantId)!;
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
