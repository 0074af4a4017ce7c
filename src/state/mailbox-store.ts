/** A mailbox that a rule has found. */
export interface KnownMailbox {
  readonly tenantId: string;
  /** The object id, which stays when the address changes. */
  readonly userId: string;
  /** The user principal name as last seen. */
  readonly principal: string;
  /** The groups of rules that contained it when last seen, by object id. */
  readonly groups: readonly string[];
  /** The name of its mount. */
  readonly name: string;
  /** False: it has left. Its name stays reserved, so that a known name never leads to somebody else's files. */
  readonly isMounted: boolean;
}

/** The result of one look into a tenant's directory. */
export interface DiscoveryRecord {
  readonly tenantId: string;
  /** New and changed mailboxes. */
  readonly mailboxes: readonly KnownMailbox[];
  /** Keys of all completely answered rules; they replace the earlier ones, which stay when this is left out. */
  readonly rules?: readonly string[];
  /**
   * Newly known owners of mailboxes with a mount of their own: object ids by the name in the configuration, in lower
   * case.
   */
  readonly owners?: ReadonlyMap<string, string>;
  /** Is asked in the same step, with all mailboxes of all tenants; pure. Absent: it is kept whatever is there. */
  readonly onlyIf?: (stored: readonly KnownMailbox[]) => boolean;
}

/**
 * The mailboxes that rules have found, so that a restart serves them before, or without, querying the directory.
 * `test/contracts/mailbox-store.ts` is the suite of its implementations.
 */
export interface MailboxStore {
  /** Returns those of all tenants, in the order in which they were first kept. */
  list(): Promise<readonly KnownMailbox[]>;
  /** Returns the rules that the last record of the tenant answered. */
  answered(tenantId: string): Promise<ReadonlySet<string>>;
  /** Returns all `owners` kept for the tenant. The first owner of a mailbox stays. */
  owners(tenantId: string): Promise<ReadonlyMap<string, string>>;
  /** Keeps the whole record or, when it rejects, nothing. Returns false, and keeps nothing, when `onlyIf` does. */
  keep(record: DiscoveryRecord): Promise<boolean>;
}
