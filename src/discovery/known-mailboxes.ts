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

/**
 * The mailboxes that rules have found in all tenants, and the names of their mounts: unique among all that were ever given, and given once for
 * good, whatever the configuration says meanwhile. While a mount of the configuration has the name, the mailbox goes by another one.
 */
export class KnownMailboxes {
  readonly #store: MailboxStore;
  readonly #fixed: ReadonlySet<string>;
  readonly #taken: Set<string>;
  readonly #tenants = new Map<string, Map<string, KnownMailbox>>();
  /** For this run only: instead of the names that mounts of the configuration have now. */
  readonly #otherNames = new Map<string, string>();

  constructor(
    store: MailboxStore,
    { tenantIds, mountNames }: { tenantIds: readonly string[]; mountNames: readonly string[] },
  ) {
    this.#store = store;
    const kept = store.list();
    this.#fixed = new Set(mountNames.map(foldName));
    // Also those of tenants and rules that the configuration has not now: they may come back.
    this.#taken = new Set([...this.#fixed, ...kept.map(({ name }) => foldName(name))]);
    for (const tenantId of tenantIds) {
      this.#tenants.set(tenantId, new Map());
    }
    for (const mailbox of kept) {
      this.#tenants.get(mailbox.tenantId)?.set(mailbox.userId, mailbox);
    }
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
    return this.#store.isAnswered(tenantId, rule);
  }

  /** As `MailboxStore.owners`. */
  owners(tenantId: string): ReadonlyMap<string, string> {
    return this.#store.owners(tenantId);
  }

  /** Keeps what a discovery has shown. Throws, and changes nothing, when it cannot be kept. */
  record({ tenantId, present, gone, rules, owners }: Discovery): void {
    const mailboxes = this.#of(tenantId);
    const taken = new Set(this.#taken);
    const changed = [
      ...present.map(candidate => this.#seen(candidate, tenantId, taken)),
      ...gone.map(userId => ({ ...mailboxes.get(userId)!, isMounted: false })),
    ].filter(mailbox => !isSame(mailbox, mailboxes.get(mailbox.userId)));
    this.#store.keep({ tenantId, mailboxes: changed, rules, owners });
    for (const mailbox of changed) {
      mailboxes.set(mailbox.userId, mailbox);
      this.#taken.add(foldName(mailbox.name));
    }
  }

  #seen({ userId, principal, groups }: Candidate, tenantId: string, taken: Set<string>): KnownMailbox {
    const known = this.#of(tenantId).get(userId);
    const name = known?.name ?? chooseMountName(principal, each => taken.has(foldName(each)));
    taken.add(foldName(name));
    const seen = { tenantId, userId, principal, groups, name, isMounted: true };
    return known !== undefined && isSame(known, seen) ? known : seen;
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
