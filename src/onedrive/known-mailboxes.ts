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
}

/**
 * The mailboxes that rules have found in all tenants, and the names of their mounts: unique among all mounts, and given once for good. The
 * mounts of the configuration come first, then whoever was first.
 */
export class KnownMailboxes {
  readonly #store: MailboxStore;
  readonly #taken: Set<string>;
  readonly #tenants = new Map<string, Map<string, KnownMailbox>>();
  /** Their name has become that of a mount of the configuration; kept with the next discovery. */
  readonly #renamed = new Set<KnownMailbox>();

  constructor(
    store: MailboxStore,
    { tenantIds, mountNames }: { tenantIds: readonly string[]; mountNames: readonly string[] },
  ) {
    this.#store = store;
    this.#taken = new Set(mountNames.map(foldName));
    for (const tenantId of tenantIds) {
      this.#tenants.set(tenantId, new Map());
    }
    for (const kept of store.list().filter(({ tenantId }) => this.#tenants.has(tenantId))) {
      this.#restore(kept);
    }
  }

  /** Those of a tenant that had a mount when they were seen last. */
  mounted(tenantId: string): readonly KnownMailbox[] {
    return [...this.#of(tenantId).values()].filter(({ isMounted }) => isMounted);
  }

  isAnswered(tenantId: string, rule: string): boolean {
    return this.#store.isAnswered(tenantId, rule);
  }

  /** Keeps what a discovery has shown. Throws, and changes nothing, when it cannot be kept. */
  record({ tenantId, present, gone, rules }: Discovery): void {
    const mailboxes = this.#of(tenantId);
    const taken = new Set(this.#taken);
    const changed = [
      ...present.map(candidate => this.#seen(candidate, tenantId, taken)),
      ...gone.map(userId => ({ ...mailboxes.get(userId)!, isMounted: false })),
    ].filter(mailbox => !isSame(mailbox, mailboxes.get(mailbox.userId)) || this.#renamed.has(mailbox));
    this.#store.keep({ tenantId, mailboxes: changed, rules });
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

  #restore(kept: KnownMailbox): void {
    const isFree = !this.#taken.has(foldName(kept.name));
    const name = isFree ? kept.name : chooseMountName(kept.principal, each => this.#taken.has(foldName(each)));
    const mailbox = isFree ? kept : { ...kept, name };
    if (!isFree) {
      this.#renamed.add(mailbox);
    }
    this.#taken.add(foldName(name));
    this.#of(kept.tenantId).set(kept.userId, mailbox);
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
