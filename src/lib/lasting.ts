import { isPlain, stableText } from './stable-text.ts';

/** How a part ends. */
export interface Ending<T> {
  /** Called once, when no configuration uses the part any more. */
  readonly end?: (part: T) => void | Promise<void>;
  /**
   * The part does work of its own, and requests only read from it: it ends as soon as a configuration without it has
   * taken effect, not with the last request.
   */
  readonly isBackground?: boolean;
}

/**
 * Gives a configuration its parts: those of an earlier one that were made with the same key, and new ones. A key is a
 * list of what the part is made from. Parts in it, and objects of classes, count as themselves; all else by its values,
 * secrets as well.
 */
export interface Keep {
  use<T extends object>(kind: string, key: readonly unknown[], make: () => T, ending?: Ending<T>): T;
  /** Like `use`, for parts whose making takes its time. Calls must follow one another. */
  open<T extends object>(kind: string, key: readonly unknown[], make: () => Promise<T>, ending?: Ending<T>): Promise<T>;
  /**
   * Calls `change` in the step in which the configuration takes effect. What an earlier one uses as well must not
   * change before: this one may still fail.
   */
  whenTaken(change: () => void): void;
  /** Does not use a part any more; it ends if no other configuration uses it. */
  drop(part: object): void;
}

/** The parts that one configuration uses. */
export interface Holding extends Keep {
  /** Makes the noted changes. */
  take(): void;
  /** Ends the background parts that no other holding uses. Rejects with the first error when all have ended. */
  retire(): Promise<void>;
  /** Ends the parts that no other holding uses. Rejects with the first error when all have ended. */
  release(): Promise<void>;
}

interface Entry {
  readonly place: string;
  readonly part: object;
  readonly end: () => void | Promise<void>;
  readonly isBackground: boolean;
  /** The number of holdings. */
  users: number;
}

/** The parts that last longer than one configuration: each stays until the last configuration that uses it has ended. */
export class Lasting {
  readonly #entries = new Map<string, Entry>();
  /** The names of parts and other objects in keys. */
  readonly #names = new WeakMap<object, string>();
  #named = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Ends all background parts, whoever uses them. */
  async endBackground(): Promise<void> {
    await allEnded([...this.#entries.values()].filter(entry => entry.isBackground && this.#forget(entry)));
  }

  /** Ends all parts, whoever uses them. Rejects with the first error when all have ended. */
  async end(): Promise<void> {
    const entries = [...this.#entries.values()].reverse();
    this.#entries.clear();
    await allEnded(entries);
  }

  /** Begins the parts of a configuration. */
  hold(): Holding {
    const held = new Set<Entry>();
    const changes: (() => void)[] = [];
    const add = (entry: Entry) => {
      if (!held.has(entry)) {
        held.add(entry);
        entry.users += 1;
      }
    };
    const find = <T extends object>(place: string): T | undefined => {
      const entry = this.#entries.get(place);
      if (entry !== undefined) {
        add(entry);
      }
      // Only the same kind of part has this place.
      return entry?.part as T | undefined;
    };
    const enter = <T extends object>(place: string, part: T, ending: Ending<T> = {}): T => {
      add(this.#enter(place, part, ending));
      return part;
    };
    const placeOf = (kind: string, key: readonly unknown[]) =>
      `${kind} ${stableText(key, value => this.#nameOf(value))}`;
    return {
      use: (kind, key, make, ending) => {
        const place = placeOf(kind, key);
        return find(place) ?? enter(place, make(), ending);
      },
      open: async (kind, key, make, ending) => {
        const place = placeOf(kind, key);
        return find(place) ?? enter(place, await make(), ending);
      },
      whenTaken: change => void changes.push(change),
      drop: part => void this.#release(held, entry => entry.part === part),
      take: () => {
        for (const change of changes.splice(0)) {
          change();
        }
      },
      retire: () => this.#release(held, ({ isBackground, users }) => isBackground && users === 1),
      release: () => this.#release(held, () => true),
    };
  }

  #enter<T extends object>(place: string, part: T, { end, isBackground = false }: Ending<T>): Entry {
    const entry = { place, part, end: () => end?.(part), isBackground, users: 0 };
    this.#entries.set(place, entry);
    this.#name(part);
    return entry;
  }

  #nameOf(value: object): string | undefined {
    return this.#names.get(value) ?? (isPlain(value) ? undefined : this.#name(value));
  }

  #name(value: object): string {
    this.#named += 1;
    const name = `object ${this.#named}`;
    this.#names.set(value, name);
    return name;
  }

  async #release(held: Set<Entry>, isMeant: (entry: Entry) => boolean): Promise<void> {
    const unused: Entry[] = [];
    for (const entry of [...held].filter(isMeant).reverse()) {
      held.delete(entry);
      entry.users -= 1;
      if (entry.users === 0 && this.#forget(entry)) {
        unused.push(entry);
      }
    }
    await allEnded(unused);
  }

  /** Returns false when it was forgotten before. */
  #forget({ place, part }: Entry): boolean {
    if (this.#entries.get(place)?.part !== part) {
      return false;
    }
    return this.#entries.delete(place);
  }
}

async function allEnded(entries: readonly Entry[]): Promise<void> {
  const results = await Promise.allSettled(entries.map(async entry => entry.end()));
  const failed = results.find(result => result.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}

/** Returns a keep for parts that no other configuration follows: what is noted for later happens at once. */
export function keepAlone(): Keep {
  return { ...new Lasting().hold(), whenTaken: change => change() };
}
