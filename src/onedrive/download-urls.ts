import { LRUCache } from 'lru-cache';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';

/**
 * A URL works for about an hour after Graph has made it ("about": reported from 60 minutes to one and a half hours).
 */
const KEEP_MS = 30 * 60_000;
/**
 * Whoever says that a URL does not work gets one that is no older than this; so a client that tries again and again
 * does not cost a call each time.
 */
const FRESH_MS = 1_000;
/** A URL is about a kilobyte. */
const MAX_URLS = 10_000;

/**
 * The pre-authenticated URLs of files, each for one version of the content: players come back for each seek. A URL that
 * is revoked before its time is found out by whoever follows it.
 */
export class DownloadUrls {
  readonly #urls: LRUCache<string, { readonly url: string; readonly since: number }>;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    // A bound by size takes memory as entries come.
    this.#urls = new LRUCache({ maxSize: MAX_URLS, sizeCalculation: () => 1 });
  }

  /** The URL of this version, when it is known and young enough; `fresh`: for whom the last one did not work. */
  get(item: DriveItem, { fresh = false }: { fresh?: boolean } = {}): string | undefined {
    const known = this.#urls.get(keyOf(item));
    if (known === undefined) {
      return item.downloadUrl;
    }
    return this.#isYounger(known.since, fresh ? FRESH_MS : KEEP_MS) ? known.url : undefined;
  }

  /** Graph has just given this item. A URL that is known already stays, as long as it works. */
  seen(item: DriveItem): void {
    const known = this.#urls.get(keyOf(item));
    if (known === undefined || !this.#isYounger(known.since, KEEP_MS)) {
      this.replace(item);
    }
  }

  /** The same, and the URL that was known may not work any more. */
  replace(item: DriveItem): void {
    if (item.downloadUrl !== undefined) {
      this.#urls.set(keyOf(item), { url: item.downloadUrl, since: this.#clock.now() });
    }
  }

  #isYounger(since: number, milliseconds: number): boolean {
    return since + milliseconds > this.#clock.now();
  }
}

function keyOf({ id, cTag }: DriveItem): string {
  return `${id} ${cTag}`;
}
