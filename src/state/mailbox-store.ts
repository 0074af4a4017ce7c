/** A mailbox that a rule has found. */
export interface KnownMailbox {
  readonly tenantId: string;
  /** Object id: stays what it is when the address changes. */
  readonly userId: string;
  /** The user principal name as it was seen last. */
  readonly principal: string;
  /** Those of the rules' groups that it was in when it was seen last, by object id. */
  readonly groups: readonly string[];
  /** Of its mount. */
  readonly name: string;
  /**
   * False: it has left. Its name stays its own, so that what somebody knows by the name never becomes somebody else's.
   */
  readonly isMounted: boolean;
}

/** What one look into the directory of a tenant has shown. */
export interface DiscoveryRecord {
  readonly tenantId: string;
  /** New ones, and those of which anything has changed. */
  readonly mailboxes: readonly KnownMailbox[];
  /** Keys of all the rules that were answered completely; those of before are forgotten. */
  readonly rules: readonly string[];
  /**
   * Whose the mailboxes with a mount of their own are, as far as it is newly known: object ids, by what the
   * configuration says, in lower case.
   */
  readonly owners?: ReadonlyMap<string, string>;
}

/**
 * Which mailboxes rules have found, so that a restart serves them before, or without, asking anybody.
 * `test/contracts/mailbox-store.ts` is the suite of its implementations.
 */
export interface MailboxStore {
  /** Those of all tenants, in the order in which they were first kept. */
  list(): Promise<readonly KnownMailbox[]>;
  /** The rules that the last record of the tenant answered. */
  answered(tenantId: string): Promise<ReadonlySet<string>>;
  /** All `owners` that were kept for the tenant. The first one of a mailbox is its owner for good. */
  owners(tenantId: string): Promise<ReadonlyMap<string, string>>;
  /** Keeps all of it or, when it rejects, nothing. */
  keep(record: DiscoveryRecord): Promise<void>;
}
