import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { OpenWorkStore } from '../state/open-work-store.ts';

/**
 * The upload sessions that are open, of one tenant. While one is, nobody can write to the same name, and it holds
 * quota (onedrive-api-docs 747).
 */
export class OpenSessions {
  readonly #options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock };
  /**
   * Those that somebody of this process is at. It is process-wide and not shared: another server cannot tell these from
   * left ones.
   */
  readonly #active = new Set<string>();
  /** Called when something is left. */
  onLeft: () => void = () => {};

  constructor(options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock }) {
    this.#options = options;
  }

  /** Graph has opened a session; gives the id by which it ends. */
  async opened(url: string): Promise<string> {
    const { store, tenantId, clock } = this.#options;
    const id = randomUUID();
    this.#active.add(id);
    await store.put({ id, tenantId, since: clock.now(), plan: url });
    return id;
  }

  /** It is committed, cancelled or gone. */
  async closed(id: string): Promise<void> {
    await this.#options.store.delete(id);
    this.#active.delete(id);
  }

  /** It could not be cancelled: that is tried again. */
  leave(id: string): void {
    this.#active.delete(id);
    this.onLeft();
  }

  /** Those that were left, by this process or an earlier one. */
  async left(): Promise<readonly { readonly id: string; readonly url: string; readonly since: number }[]> {
    const { store, tenantId } = this.#options;
    const activeBefore = new Set(this.#active);
    const found = await store.list(tenantId);
    return found
      .filter(({ id }) => !activeBefore.has(id) && !this.#active.has(id))
      .map(({ id, plan, since }) => ({ id, url: plan, since }));
  }
}
