import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { OpenWorkStore } from '../state/open-work-store.ts';
import { isDirectPlan } from './direct-sessions.ts';

/**
 * The open upload sessions of one tenant. An open session blocks other writes to the same name, and holds quota
 * (onedrive-api-docs 747).
 */
export class OpenSessions {
  readonly #options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock };
  /**
   * The sessions that this process is using. The set is not shared between processes: another server cannot tell these
   * from abandoned ones.
   */
  readonly #active = new Set<string>();
  /** Called when a session is left open. */
  onLeft: () => void = () => {};

  constructor(options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock }) {
    this.#options = options;
  }

  /** The number of sessions that this process is using. */
  get inUse(): number {
    return this.#active.size;
  }

  /** Records a session that Graph has opened; returns the id to close it with. */
  async opened(url: string): Promise<string> {
    const { store, tenantId, clock } = this.#options;
    const id = randomUUID();
    this.#active.add(id);
    await store.put({ id, tenantId, since: clock.now(), plan: url });
    return id;
  }

  /** Removes a session that is committed, cancelled or gone. */
  async closed(id: string): Promise<void> {
    await this.#options.store.delete(id);
    this.#active.delete(id);
  }

  /** Leaves a session that could not be cancelled: this is tried again. */
  leave(id: string): void {
    this.#active.delete(id);
    this.onLeft();
  }

  /** The number of sessions that this process is using. */
  get active(): number {
    return this.#active.size;
  }

  /** Returns the sessions left by this process or an earlier one. */
  async left(): Promise<readonly { readonly id: string; readonly url: string; readonly since: number }[]> {
    const { store, tenantId } = this.#options;
    const activeBefore = new Set(this.#active);
    const found = await store.list(tenantId);
    return found
      .filter(({ id, plan }) => !isDirectPlan(plan) && !activeBefore.has(id) && !this.#active.has(id))
      .map(({ id, plan, since }) => ({ id, url: plan, since }));
  }
}
