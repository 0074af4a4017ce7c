import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { OpenWorkStore } from '../state/open-work-store.ts';

/** Tidying up goes on although the client has gone. */
const TIDY_TIMEOUT_MS = 60_000;

/** Times as an item had them, so that a rename does not reset them. */
export interface KeptTimes {
  readonly created: string;
  readonly modified: string;
}

/** A change of several steps, as it is written down before its first one. */
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
   * Something is made under a name of our own, to be moved to its place when it is whole; it may appear until then
   * (milliseconds).
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

/** Changes of several steps that this process has under way, and what is done after a failure; all of one tenant. */
export class Intents {
  readonly #options: IntentOptions;
  /**
   * Those that somebody of this process is at: whoever tidies up after others leaves them alone. It is process-wide and
   * not shared: another server cannot tell these from left ones.
   */
  readonly #active = new Set<string>();
  readonly #tidying = new Set<Promise<unknown>>();
  /** Called when something is left. */
  onLeft: () => void = () => {};

  constructor(options: IntentOptions) {
    this.#options = options;
  }

  /** Writes a plan down; gives the id by which it ends. */
  async begin(plan: Plan): Promise<string> {
    const id = randomUUID();
    const { store, tenantId, clock } = this.#options;
    this.#active.add(id);
    await store.put({ id, tenantId, since: clock.now(), plan: JSON.stringify(plan) });
    return id;
  }

  /** Nothing of it is left. */
  async end(id: string): Promise<void> {
    await this.#options.store.delete(id);
    this.#active.delete(id);
  }

  /** Something of it may be left, and nobody is at it any more: it is tidied up later, by this process or the next. */
  leave(id: string): void {
    this.#active.delete(id);
    this.onLeft();
  }

  /** Those that were left, by this process or an earlier one. */
  async left(): Promise<readonly { readonly id: string; readonly plan: Plan }[]> {
    const { store, tenantId } = this.#options;
    const activeBefore = new Set(this.#active);
    const found = await store.list(tenantId);
    return found
      .filter(({ id }) => !activeBefore.has(id) && !this.#active.has(id))
      .map(({ id, plan }) => ({ id, plan: JSON.parse(plan) as Plan }));
  }

  /**
   * Runs `work`, which puts things right, for whomever it is: it has time of its own. Gives undefined when it fails,
   * and logs that.
   */
  async tidy<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const running = work(AbortSignal.timeout(TIDY_TIMEOUT_MS)).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, `could not ${what} yet; it is tried again`);
      return undefined;
    });
    this.#tidying.add(running);
    try {
      return await running;
    } finally {
      this.#tidying.delete(running);
    }
  }

  /** Resolves when nothing is being put right any more, or after `milliseconds`. */
  async settled(milliseconds: number): Promise<void> {
    if (this.#tidying.size === 0) {
      return;
    }
    const giveUp = new AbortController();
    const all = Promise.all([...this.#tidying]).then(() => giveUp.abort());
    await Promise.race([all, this.#options.clock.sleep(milliseconds, giveUp.signal).catch(() => {})]);
  }
}
