import { LRUCache } from 'lru-cache';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';

/** A URL works for about an hour after Graph has made it ("about": reported from 60 minutes to one and a half hours). */
const KEEP_MS = 30 * 60_000;
/** A URL is about a kilobyte. */
const MAX_URLS = 10_000;

/**
 * The pre-authenticated URLs of files, each for one version of the content: players come back for each seek. A URL that is revoked before
 * its time is found out by whoever follows it.
 */
export class DownloadUrls {
  readonly #urls: LRUCache<string, { readonly url: string; readonly until: number }>;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    // A bound by size takes memory as entries come.
    this.#urls = new LRUCache({ maxSize: MAX_URLS, sizeCalculation: () => 1 });
  }

  /** The URL of this version, when it is known and fresh. An item that has just come with one brings it along. */
  get(item: DriveItem): string | undefined {
    const known = this.#urls.get(keyOf(item));
    if (known !== undefined && known.until > this.#clock.now()) {
      return known.url;
    }
    this.keep(item);
    return item.downloadUrl;
  }

  keep(item: DriveItem): void {
    if (item.downloadUrl !== undefined) {
      this.#urls.set(keyOf(item), { url: item.downloadUrl, until: this.#clock.now() + KEEP_MS });
    }
  }
}

function keyOf({ id, cTag }: DriveItem): string {
  return `${id} ${cTag}`;
}
