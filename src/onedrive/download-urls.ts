import { LRUCache } from 'lru-cache';
import type { StillHolds } from '../drive/basis.ts';
import { type DriveItem, versionKeyOf } from '../graph/drive-item.ts';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';

/** A URL works for about an hour after Graph has created it (reports range from 60 to 90 minutes). */
const KEEP_MS = 30 * 60_000;
/** A caller whose URL failed gets one no older than this, so that repeated attempts do not cost a call each. */
const FRESH_MS = 1_000;
/** A URL is about a kilobyte. */
const MAX_URLS = 10_000;

/**
 * The pre-authenticated URLs of files, each for one version of the content: players request one for each seek. A URL
 * revoked early is only noticed when it is used.
 */
export class DownloadUrls {
  readonly #urls: LRUCache<string, { readonly url: string; readonly since: number }>;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    // A bound by size takes memory as entries come.
    this.#urls = new LRUCache(atMost(MAX_URLS));
  }

  /**
   * Returns the URL of this version when it is known and recent enough. `fresh`: the caller's last URL did not work.
   */
  get(item: DriveItem, { fresh = false }: { fresh?: boolean } = {}): string | undefined {
    const known = this.#urls.get(versionKeyOf(item));
    if (known === undefined) {
      return item.downloadUrl;
    }
    return this.#isYounger(known.since, fresh ? FRESH_MS : KEEP_MS) ? known.url : undefined;
  }

  /** Returns what tells whether `get` would return `url` again. */
  stillIs(url: string, item: DriveItem, { fresh = false }: { fresh?: boolean }): StillHolds {
    const key = versionKeyOf(item);
    const keepMs = fresh ? FRESH_MS : KEEP_MS;
    return () => {
      const known = this.#urls.get(key);
      return known?.url === url && this.#isYounger(known.since, keepMs);
    };
  }

  /** Notes an item that Graph has just returned. A known URL stays as long as it is valid. */
  seen(item: DriveItem): void {
    const known = this.#urls.get(versionKeyOf(item));
    if (known === undefined || !this.#isYounger(known.since, KEEP_MS)) {
      this.replace(item);
    }
  }

  /** Notes an item and replaces its known URL, which may no longer work. */
  replace(item: DriveItem): void {
    if (item.downloadUrl !== undefined) {
      this.#urls.set(versionKeyOf(item), { url: item.downloadUrl, since: this.#clock.now() });
    }
  }

  #isYounger(since: number, milliseconds: number): boolean {
    return since + milliseconds > this.#clock.now();
  }
}
