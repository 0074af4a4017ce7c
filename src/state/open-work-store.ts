/** Work that was begun in the cloud and must be finished or undone, possibly by another process. */
export interface OpenWork {
  readonly id: string;
  readonly tenantId: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The details, in a format known to the code that stored them. */
  readonly plan: string;
}

/**
 * Work under way in the cloud: stored before it begins, and deleted when no part of it is left.
 * `test/contracts/open-work-store.ts` is the suite of its implementations.
 */
export interface OpenWorkStore {
  /** Stores `work`, replacing any with the same id. It is durable once this resolves. */
  put(work: OpenWork): Promise<void>;
  delete(id: string): Promise<void>;
  /** Returns the work not yet deleted, oldest first. */
  list(tenantId: string): Promise<readonly OpenWork[]>;
}
