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
  get(key: DriveIdKey): string | undefined;
  set(key: DriveIdKey, driveId: string): void;
  delete(key: DriveIdKey): void;
}

/** Nothing survives the process; for tests. */
export function createMemoryDriveIdStore(): DriveIdStore {
  const ids = new Map<string, string>();
  const textOf = ({ tenantId, mailbox }: DriveIdKey) => JSON.stringify([tenantId, mailbox]);
  return {
    get: key => ids.get(textOf(key)),
    set: (key, driveId) => void ids.set(textOf(key), driveId),
    delete: key => void ids.delete(textOf(key)),
  };
}
