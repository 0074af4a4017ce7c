/** Something that was begun in the cloud and must be finished or undone, also by another process. */
export interface OpenWork {
  readonly id: string;
  readonly tenantId: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What has to be known of it; whoever has put it there understands it. */
  readonly plan: string;
}

/**
 * What is under way in the cloud: kept before it begins, and forgotten when nothing of it is left.
 * `test/contracts/open-work-store.ts` is the suite of its implementations.
 */
export interface OpenWorkStore {
  /** Keeps `work`, instead of what has its id. It is kept when this resolves. */
  put(work: OpenWork): Promise<void>;
  delete(id: string): Promise<void>;
  /** What was put there and not deleted, the oldest first. */
  list(tenantId: string): Promise<readonly OpenWork[]>;
}
