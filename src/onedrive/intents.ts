import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { OpenWorkStore } from '../state/open-work-store.ts';

/** Cleanup continues after the client has gone. */
const TIDY_TIMEOUT_MS = 60_000;

/** The original times of an item, so that a rename does not reset them. */
export interface KeptTimes {
  readonly created: string;
  readonly modified: string;
}

/** A change of several steps, recorded before its first step. */
export type Plan =
  /** `takenId` is called `aside` while `incomingId` gets its name and place. */
  | {
      readonly kind: 'swap';
      readonly driveId: string;
      readonly parentId: string;
      readonly name: string;
      readonly takenId: string;
      readonly takenTimes: KeptTimes;
      readonly aside: string;
      readonly incomingId: string;
    }
  /**
   * An item is made under a temporary name, and moved to its place when it is complete. It may still appear until
   * `mayAppearUntil` (milliseconds).
   */
  | {
      readonly kind: 'scratch';
      readonly driveId: string;
      readonly parentId: string;
      readonly name: string;
      readonly mayAppearUntil: number;
    };

export interface IntentOptions {
  readonly store: OpenWorkStore;
  readonly tenantId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The multi-step changes that this process has under way in one tenant, and the cleanup after failures. */
export class Intents {
  readonly #options: IntentOptions;
  /**
   * The changes that this process is working on; cleanup skips them. The set is not shared between processes: another
   * server cannot tell these from abandoned ones.
   */
  readonly #active = new Set<string>();
  readonly #tidying = new Set<Promise<unknown>>();
  /** Called when a change is left unfinished. */
  onLeft: () => void = () => {};

  constructor(options: IntentOptions) {
    this.#options = options;
  }

  /** Records a plan; returns the id to end it with. */
  async begin(plan: Plan): Promise<string> {
    const id = randomUUID();
    const { store, tenantId, clock } = this.#options;
    this.#active.add(id);
    await store.put({ id, tenantId, since: clock.now(), plan: JSON.stringify(plan) });
    return id;
  }

  /** Removes a plan that needs no more cleanup. */
  async end(id: string): Promise<void> {
    await this.#options.store.delete(id);
    this.#active.delete(id);
  }

  /** Leaves a plan that may need cleanup: this process or the next does it later. */
  leave(id: string): void {
    this.#active.delete(id);
    this.onLeft();
  }

  /** Returns the plans left by this process or an earlier one. */
  async left(): Promise<readonly { readonly id: string; readonly plan: Plan }[]> {
    const { store, tenantId } = this.#options;
    const activeBefore = new Set(this.#active);
    const found = await store.list(tenantId);
    return found
      .filter(({ id }) => !activeBefore.has(id) && !this.#active.has(id))
      .map(({ id, plan }) => ({ id, plan: JSON.parse(plan) as Plan }));
  }

  /**
   * Runs the cleanup `work` with its own timeout, independent of the client. Returns undefined and logs when it fails.
   */
  async tidy<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const running = work(AbortSignal.timeout(TIDY_TIMEOUT_MS)).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, `could not ${what} yet; will try again`);
      return undefined;
    });
    this.#tidying.add(running);
    try {
      return await running;
    } finally {
      this.#tidying.delete(running);
    }
  }

  /** Resolves when no cleanup is running any more, or after `milliseconds`. */
  async settled(milliseconds: number): Promise<void> {
    if (this.#tidying.size === 0) {
      return;
    }
    const giveUp = new AbortController();
    const all = Promise.all([...this.#tidying]).then(() => giveUp.abort());
    await Promise.race([all, this.#options.clock.sleep(milliseconds, giveUp.signal).catch(() => {})]);
  }
}
