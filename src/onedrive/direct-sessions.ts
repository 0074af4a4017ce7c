import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { OpenWork, OpenWorkStore } from '../state/open-work-store.ts';

/** 128 bits: an id cannot be guessed. */
const ID_BYTES = 16;

/** What is kept of an upload whose bytes go straight from a client to OneDrive. */
export interface DirectPlan {
  readonly url: string;
  readonly owner: string;
  readonly driveId: string;
  /** The target's path from the drive's root, as `pathKey` writes it. */
  readonly key: string;
  readonly parentId: string;
  readonly size: number;
  /** Only where nothing is. */
  readonly isNew: boolean;
  /** One of these must be the target's entity tag; undefined: any. */
  readonly etags?: readonly string[];
  /** When the session ends unless bytes come, in milliseconds since 1970. */
  readonly expires: number;
}

export interface DirectSession extends DirectPlan {
  readonly id: string;
  readonly since: number;
}

/**
 * The open upload sessions of one tenant that clients use themselves. They survive a restart of this server. They are in
 * the store of all upload sessions, with a plan in JSON in place of a URL.
 */
export class DirectSessions {
  readonly #options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock };
  /** Called when a session is opened: somebody must look when it ends. */
  onOpened: () => void = () => {};

  constructor(options: { readonly store: OpenWorkStore; readonly tenantId: string; readonly clock: Clock }) {
    this.#options = options;
  }

  /** Records a session that Graph has opened; returns its id. */
  async opened(plan: DirectPlan): Promise<string> {
    const id = randomBytes(ID_BYTES).toString('base64url');
    await this.#put(id, plan, this.#options.clock.now());
    this.onOpened();
    return id;
  }

  /** Records that the session ends later. */
  async prolonged({ id, since, ...plan }: DirectSession, expires: number): Promise<void> {
    await this.#put(id, { ...plan, expires }, since);
  }

  /** Removes a session that is committed, cancelled or gone. */
  async closed({ id }: Pick<DirectSession, 'id'>): Promise<void> {
    await this.#options.store.delete(id);
  }

  /** Gives up a session that could not be cancelled: it is like any other that was left. */
  async left({ id, since, url }: DirectSession): Promise<void> {
    const { store, tenantId } = this.#options;
    await store.put({ id, tenantId, since, plan: url });
    this.onOpened();
  }

  /** Returns the open sessions, oldest first: a client may go on with its own at any server. */
  async list(): Promise<readonly DirectSession[]> {
    const { store, tenantId } = this.#options;
    return toDirect(await store.all(tenantId));
  }

  /** Returns those of them whose end this server has to look for. */
  async own(): Promise<readonly DirectSession[]> {
    const { store, tenantId } = this.#options;
    return toDirect(await store.list(tenantId));
  }

  async #put(id: string, plan: DirectPlan, since: number): Promise<void> {
    const { store, tenantId } = this.#options;
    await store.put({ id, tenantId, since, plan: JSON.stringify(plan) });
  }
}

function toDirect(found: readonly OpenWork[]): DirectSession[] {
  return found
    .filter(({ plan }) => isDirectPlan(plan))
    .map(({ id, since, plan }) => ({ ...(JSON.parse(plan) as DirectPlan), id, since }));
}

/** The plan of any other session is its URL. */
export function isDirectPlan(plan: string): boolean {
  return plan.startsWith('{');
}
