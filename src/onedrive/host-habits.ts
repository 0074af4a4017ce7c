import { LRUCache } from 'lru-cache';
import { type StillHolds, unchanged } from '../drive/basis.ts';
import { changedItem, type DriveItem, versionKeyOf } from '../graph/drive-item.ts';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';

/**
 * A host that has sent Graph's tags within this time is expected to send them still; afterwards its other tags are
 * accepted again.
 */
const REMEMBER_MS = 60 * 60_000;
const MAX_HOSTS = 1_000;
const MAX_SIZES = 10_000;

/** Observed behaviour of content hosts: whether they send Graph's tags, and file sizes that differ from Graph's. */
export class HostHabits {
  readonly #clock: Clock;
  readonly #tellUntil: LRUCache<string, number>;
  readonly #sizes: LRUCache<string, number>;
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    // A bound by size takes memory as entries come.
    this.#tellUntil = new LRUCache(atMost(MAX_HOSTS));
    this.#sizes = new LRUCache(atMost(MAX_SIZES));
  }

  /** Returns what tells whether `withSize` still returns what it returns now, for any item. */
  unchanged(): StillHolds | undefined {
    return unchanged(() => this.#version);
  }

  /** Notes that the host of `url` has sent an item's tag. */
  told(url: string): void {
    this.#tellUntil.set(new URL(url).host, this.#clock.now() + REMEMBER_MS);
  }

  /** Returns true when the host of `url` sends Graph's tags. */
  tells(url: string): boolean {
    return (this.#tellUntil.get(new URL(url).host) ?? 0) > this.#clock.now();
  }

  /** Returns the item with the size seen on its host. */
  withSize(item: DriveItem): DriveItem {
    // Asked for each item of a listing, and most files have no other size.
    const size = this.#sizes.size === 0 ? undefined : this.#sizes.get(versionKeyOf(item));
    return size === undefined || size === item.size ? item : changedItem(item, { size });
  }

  /** Notes the size that the host has for this version, and returns the item with it. */
  learnSize(item: DriveItem, size: number): DriveItem {
    if (size !== item.size) {
      this.#sizes.set(versionKeyOf(item), size);
      this.#version += 1;
    }
    return this.withSize(item);
  }
}
