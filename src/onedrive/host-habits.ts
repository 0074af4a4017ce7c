import { LRUCache } from 'lru-cache';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';

/** Whoever has given Graph's tags within this time still does; a host that stops is believed again after it. */
const REMEMBER_MS = 60 * 60_000;
const MAX_HOSTS = 1_000;
const MAX_SIZES = 10_000;

/**
 * What content hosts were seen to do: whether their tags are Graph's, and the sizes of files of which Graph says
 * others.
 */
export class HostHabits {
  readonly #clock: Clock;
  readonly #tellUntil: LRUCache<string, number>;
  readonly #sizes: LRUCache<string, number>;

  constructor(clock: Clock) {
    this.#clock = clock;
    // A bound by size takes memory as entries come.
    this.#tellUntil = new LRUCache({ maxSize: MAX_HOSTS, sizeCalculation: () => 1 });
    this.#sizes = new LRUCache({ maxSize: MAX_SIZES, sizeCalculation: () => 1 });
  }

  /** The host of `url` has given the tag of an item. */
  told(url: string): void {
    this.#tellUntil.set(new URL(url).host, this.#clock.now() + REMEMBER_MS);
  }

  /** Whether the tags of the host of `url` are Graph's. */
  tells(url: string): boolean {
    return (this.#tellUntil.get(new URL(url).host) ?? 0) > this.#clock.now();
  }

  /** The item with the size that its host has been seen to have. */
  withSize(item: DriveItem): DriveItem {
    const size = this.#sizes.get(keyOf(item));
    return size === undefined || size === item.size ? item : { ...item, size };
  }

  /** The host has this version in a size that Graph does not report. */
  learnSize(item: DriveItem, size: number): DriveItem {
    if (size !== item.size) {
      this.#sizes.set(keyOf(item), size);
    }
    return this.withSize(item);
  }
}

function keyOf({ id, cTag, eTag }: DriveItem): string {
  return `${id} ${cTag ?? eTag}`;
}
