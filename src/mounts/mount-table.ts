import type { Drive } from '../drive/drive.ts';
import { foldName } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';

export interface MountSpec {
  readonly name: string;
  readonly drive: Drive;
  readonly readOnly: boolean;
  /** The object id, in lower case, of the directory user whose OneDrive it is, as far as known. */
  readonly owner?: string | undefined;
}

/** The wait for a table that is not complete. */
export interface Wait {
  /** The time after which a retry makes sense. */
  readonly retryAfterSeconds: number;
}

export interface MountTableOptions<M extends MountSpec> {
  /** Mounts that always exist. */
  readonly fixed: readonly M[];
  /** Returns undefined when the table has all mounts; otherwise there may be unknown ones. */
  readonly pending?: () => Wait | undefined;
  /** When the fixed mounts were mounted. */
  readonly since: Date;
  readonly clock: Clock;
}

/**
 * All current mounts of the server: those of the configuration, and those that come and go with the directory. A mount
 * stays the same object while it exists, with its drive, cache and locks.
 */
export class MountTable<M extends MountSpec = MountSpec> {
  readonly #options: MountTableOptions<M>;
  readonly #mounts = new Map<string, M>();
  readonly #listeners: (() => void)[] = [];
  #changed: Date;
  #version = 0;
  /** The owners of a version of the table. */
  #owners: { readonly version: number; readonly ids: ReadonlySet<string | undefined> } = {
    version: -1,
    ids: new Set(),
  };

  constructor(options: MountTableOptions<M>) {
    this.#options = options;
    this.#changed = options.since;
    for (const mount of options.fixed) {
      this.#mounts.set(foldName(mount.name), mount);
    }
  }

  /** Returns the mount with this folded name (`foldName`). */
  get(name: string): M | undefined {
    return this.#mounts.get(name);
  }

  all(): readonly M[] {
    return [...this.#mounts.values()];
  }

  /** Returns true when a mount has this owner. */
  hasMountOf(owner: string): boolean {
    if (this.#owners.version !== this.#version) {
      this.#owners = { version: this.#version, ids: new Set(this.all().map(mount => mount.owner)) };
    }
    return this.#owners.ids.has(owner);
  }

  get size(): number {
    return this.#mounts.size;
  }

  /** Changes with each change of the table. */
  get version(): number {
    return this.#version;
  }

  /** When a mount last came or went. */
  get changed(): Date {
    return this.#changed;
  }

  /** Returns undefined when the table has all mounts. */
  pending(): Wait | undefined {
    return this.#options.pending?.();
  }

  /** Removes and adds mounts in one step. */
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

  /** Takes the date of an earlier table with the same names: for those who see them, nothing has changed. */
  continues(before: { readonly names: ReadonlySet<string>; readonly changed: Date } | undefined): void {
    if (before !== undefined) {
      const isSame = before.names.size === this.size && this.all().every(({ name }) => before.names.has(name));
      this.#changed = isSame ? before.changed : new Date(this.#options.clock.now());
    }
  }

  /** Returns the names of all mounts. */
  names(): ReadonlySet<string> {
    return new Set(this.all().map(({ name }) => name));
  }

  /** Counts as a change, though no mount came or went: the owner of one has become known. */
  ownersChanged(): void {
    this.#version += 1;
  }

  /** Calls `listener` after every further change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
