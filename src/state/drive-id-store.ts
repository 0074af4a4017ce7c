/** A mailbox of a tenant; the key of its drive. */
export interface DriveIdKey {
  readonly tenantId: string;
  /** The name in the configuration, in lower case. */
  readonly mailbox: string;
}

/**
 * The drive of each mailbox. Found once and kept: a user's address can change, a drive's id does not.
 * `test/contracts/drive-id-store.ts` is the suite of its implementations.
 */
export interface DriveIdStore {
  get(key: DriveIdKey): Promise<string | undefined>;
  /** Returns all drive ids of a tenant, by mailbox. */
  list(tenantId: string): Promise<ReadonlyMap<string, string>>;
  set(key: DriveIdKey, driveId: string): Promise<void>;
  delete(key: DriveIdKey): Promise<void>;
}
