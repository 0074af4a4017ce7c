import { LRUCache } from 'lru-cache';
import { pathKey } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { ShareStore } from '../state/share-store.ts';
import { DavError } from '../webdav/errors.ts';
import { type ClientOfShare, clientKey } from './own-uploads.ts';
import type { ReadCounter } from './rooted-drive.ts';

/** The parts of a file that a client fetches within this time after its first one are one download. */
const SAME_DOWNLOAD_MS = 4 * 60 * 60_000;
const MAX_CLIENTS = 10_000;
/** A client that downloads more files is counted again for further parts of the first ones. */
const MAX_FILES = 100;

interface Counted {
  readonly until: number;
  readonly isCounted: Promise<boolean>;
}

const NOTHING_TO_TAKE_BACK = async () => {};

/**
 * Counts the downloads of shares that have a limit. A whole file counts each time. Parts of a file, as players and
 * download managers fetch them, count once for a client. It is process-wide and not shared what a client has begun;
 * the numbers are in the state.
 */
export class DownloadCounts {
  readonly #store: Pick<ShareStore, 'countDownload' | 'uncountDownload'>;
  readonly #clock: Clock;
  readonly #clients = new LRUCache<string, LRUCache<string, Counted>>({ max: MAX_CLIENTS });

  constructor(store: Pick<ShareStore, 'countDownload' | 'uncountDownload'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Returns true when the client may go on with a download that was counted. */
  hasBegun(share: string, client: ClientOfShare): boolean {
    const files = this.#clients.get(clientKey(share, client));
    return files !== undefined && [...files.values()].some(({ until }) => until > this.#clock.now());
  }

  /** Returns the counter of one request, which counts each file once, however often it is opened. */
  forRequest(share: string, most: number, client: ClientOfShare): ReadCounter {
    const seen = new Set<string>();
    return {
      count: async (path, isPart) => {
        const file = pathKey(path);
        if (seen.has(file) || (isPart && (await this.#isBegun(share, client, file)))) {
          return NOTHING_TO_TAKE_BACK;
        }
        seen.add(file);
        await this.#count(share, most, { client, file });
        return async () => {
          seen.delete(file);
          this.#filesOf(share, client).delete(file);
          await this.#store.uncountDownload(share);
        };
      },
    };
  }

  async #isBegun(share: string, client: ClientOfShare, file: string): Promise<boolean> {
    const begun = this.#filesOf(share, client).get(file);
    return begun !== undefined && begun.until > this.#clock.now() && (await begun.isCounted);
  }

  async #count(share: string, most: number, { client, file }: { client: ClientOfShare; file: string }): Promise<void> {
    const files = this.#filesOf(share, client);
    const before = files.get(file);
    const counted = {
      until: this.#clock.now() + SAME_DOWNLOAD_MS,
      isCounted: this.#store.countDownload(share, most),
    };
    files.set(file, counted);
    try {
      if (await counted.isCounted) {
        return;
      }
    } catch (error) {
      this.#restore(files, file, { counted, before });
      throw error;
    }
    this.#restore(files, file, { counted, before });
    throw new DavError(410, 'this share has been downloaded as often as it may be');
  }

  /** What was begun before can be gone on with. */
  #restore(
    files: LRUCache<string, Counted>,
    file: string,
    { counted, before }: { counted: Counted; before: Counted | undefined },
  ): void {
    if (files.get(file) === counted) {
      files.delete(file);
      if (before !== undefined) {
        files.set(file, before);
      }
    }
  }

  #filesOf(share: string, client: ClientOfShare): LRUCache<string, Counted> {
    const key = clientKey(share, client);
    const files = this.#clients.get(key) ?? new LRUCache<string, Counted>({ max: MAX_FILES });
    this.#clients.set(key, files);
    return files;
  }
}
