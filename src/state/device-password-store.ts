/** A password that a person has made for one device or program. */
export interface DevicePassword {
  /** Random; in URLs and logs it stands for the password. */
  readonly id: string;
  /** The owner: object id, and the tenant's id, both in lower case. */
  readonly tenantId: string;
  readonly userId: string;
  /** The owner's principal name when the password was made: clients that saved it may go on with it. */
  readonly principal: string;
  /** The name that the owner gave it. */
  readonly name: string;
  /** SHA-256 of the password's characters without separators, in lower case, in hexadecimal. */
  readonly digest: string;
  /** Times in milliseconds since 1970. */
  readonly created: number;
  /** When it ends; undefined: never. */
  readonly expires: number | undefined;
  readonly readOnly: boolean;
  /** The names of the only folder that it opens, from the root of the tree; undefined: everything. */
  readonly below: readonly string[] | undefined;
  readonly lastUse: DevicePasswordUse | undefined;
}

export interface DevicePasswordUse {
  readonly at: number;
  readonly address: string;
  /** The User-Agent. */
  readonly client: string;
}

/** Expired passwords are listed for so long, so that people see why a device is refused. */
export const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60_000;
/** The number of addresses known per password; a phone has a new one each day. */
export const ADDRESSES_KEPT = 100;

/**
 * The device passwords of people. A removed one is not found by the next call, in whatever process it was removed.
 * `test/contracts/device-password-store.ts` is the suite of its implementations.
 */
export interface DevicePasswordStore {
  /** Finds a password by its digest, also an expired one. */
  find(digest: string): Promise<DevicePassword | undefined>;
  /** Returns a person's passwords, oldest first; without `userId`, everybody's. */
  list(userId?: string): Promise<readonly DevicePassword[]>;
  /**
   * Adds a password; returns false, and adds nothing, when the person has `max` unexpired ones. Drops those of the
   * person that ended more than `EXPIRED_KEPT_MS` ago.
   */
  add(password: DevicePassword, limit: { readonly max: number; readonly now: number }): Promise<boolean>;
  /**
   * Records a use. Returns true when the password was never used from this address before, as far as the
   * `ADDRESSES_KEPT` latest ones tell; false when there is no such password.
   */
  used(id: string, use: DevicePasswordUse): Promise<boolean>;
  /** Removes a person's password; returns false when the person has none with this id. */
  remove(userId: string, id: string): Promise<boolean>;
  /** Removes all passwords of a person; returns their number. */
  removeAll(userId: string): Promise<number>;
}
