/** A mailbox of a tenant and the drive that it was found to have. */
export interface DriveIdKey {
  readonly tenantId: string;
  /** As the config names it, in lower case. */
  readonly mailbox: string;
}

/**
 * Which drive a mailbox has. Found once and kept: a user's address can change, a drive's id does not.
 * `test/contracts/drive-id-store.ts` is the suite of its implementations.
 */
export interface DriveIdStore {
  get(key: DriveIdKey): Promise<string | undefined>;
  /** All of a tenant, by mailbox. */
  list(tenantId: string): Promise<ReadonlyMap<string, string>>;
  set(key: DriveIdKey, driveId: string): Promise<void>;
  delete(key: DriveIdKey): Promise<void>;
}
