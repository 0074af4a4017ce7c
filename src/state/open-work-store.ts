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
  /**
   * Returns the work not yet deleted that this server has put, and that of servers which are not there any more, oldest
   * first. From then on the latter is this server's, and no other one gets it.
   */
  list(tenantId: string): Promise<readonly OpenWork[]>;
  /** Returns all work not yet deleted, also that of other servers, oldest first. */
  all(tenantId: string): Promise<readonly OpenWork[]>;
}
