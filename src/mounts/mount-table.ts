import type { Drive } from '../drive/drive.ts';
import { foldName } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';

export interface MountSpec {
  readonly name: string;
  readonly drive: Drive;
  readonly readOnly: boolean;
}

/** What a table that is not complete is waiting for. */
export interface Wait {
  /** After which it makes sense to ask again. */
  readonly retryAfterSeconds: number;
}

export interface MountTableOptions<M extends MountSpec> {
  /** Mounts that are always there. */
  readonly fixed: readonly M[];
  /** Undefined when there are no other mounts than those of the table; else it may not be known whether there are. */
  readonly pending?: () => Wait | undefined;
  /** When the fixed ones were mounted. */
  readonly since: Date;
  readonly clock: Clock;
}

/**
 * Every mount of the server, as it is now: those of the configuration, and those that come and go as the directory
 * says. A mount that stays is the same object for as long as it is there, with its drive, the cache and the locks of
 * that.
 */
export class MountTable<M extends MountSpec = MountSpec> {
  readonly #options: MountTableOptions<M>;
  readonly #mounts = new Map<string, M>();
  readonly #listeners: (() => void)[] = [];
  #changed: Date;
  #version = 0;

  constructor(options: MountTableOptions<M>) {
    this.#options = options;
    this.#changed = options.since;
    for (const mount of options.fixed) {
      this.#mounts.set(foldName(mount.name), mount);
    }
  }

  /** The mount of this name, which is folded (`foldName`). */
  get(name: string): M | undefined {
    return this.#mounts.get(name);
  }

  /** As they are shown. */
  names(): string[] {
    return [...this.#mounts.values()].map(({ name }) => name);
  }

  get size(): number {
    return this.#mounts.size;
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  /** When a mount came or went last. */
  get changed(): Date {
    return this.#changed;
  }

  /** Undefined when the table holds every mount that there is. */
  pending(): Wait | undefined {
    return this.#options.pending?.();
  }

  /** Takes mounts out and puts others in, in one step. */
  change({ remove, add }: { readonly remove: readonly M[]; readonly add: readonly M[] }): void {
    if (remove.length === 0 && add.length === 0) {
      return;
    }
    for (const { name } of remove) {
      this.#mounts.delete(foldName(name));
    }
    for (const mount of add) {
      this.#mounts.set(foldName(mount.name), mount);
    }
    this.#version += 1;
    this.#changed = new Date(this.#options.clock.now());
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** `listener` hears of every change that comes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
