import { hash } from 'node:crypto';
import { pathKey } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { ShareStore } from '../state/share-store.ts';
import { DavError } from '../webdav/errors.ts';
import { type ClientOfShare, clientKey } from './own-uploads.ts';
import type { ReadCounter } from './rooted-drive.ts';

/** The parts of a file that a client fetches within this time after its first one are one download. */
const SAME_DOWNLOAD_MS = 4 * 60 * 60_000;

const NOTHING_TO_TAKE_BACK = async () => {};

/**
 * Counts the downloads of shares that have a limit. A whole file counts each time. Parts of a file, as players and
 * download managers fetch them, count once for a client, whichever servers they come from.
 */
export class DownloadCounts {
  readonly #store: Pick<ShareStore, 'countDownload' | 'uncountDownload' | 'hasBegun'>;
  readonly #clock: Clock;

  constructor(store: Pick<ShareStore, 'countDownload' | 'uncountDownload' | 'hasBegun'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Returns true when the client may go on with a download that was counted. */
  hasBegun(share: string, client: ClientOfShare): Promise<boolean> {
    return this.#store.hasBegun(share, nameOf(share, client), this.#clock.now());
  }

  /**
   * Returns the counter of one request, which is one download, however many files it opens: a zip that reached the limit
   * half-way would use all of it up, and be no use.
   */
  forRequest(share: string, most: number, client: ClientOfShare): ReadCounter {
    let isCounted = false;
    return {
      count: async (path, isPart) => {
        if (isCounted) {
          return NOTHING_TO_TAKE_BACK;
        }
        const download = { client: nameOf(share, client), file: hash('sha256', pathKey(path)) };
        const now = this.#clock.now();
        const asked = { ...download, isPart, now, ends: now + SAME_DOWNLOAD_MS };
        const outcome = await this.#store.countDownload(share, most, asked);
        if (outcome === 'over') {
          throw new DavError(410, 'this share has been downloaded as often as it may be');
        }
        if (outcome === 'begun') {
          return NOTHING_TO_TAKE_BACK;
        }
        isCounted = true;
        return async () => {
          isCounted = false;
          await this.#store.uncountDownload(share, download);
        };
      },
    };
  }
}

function nameOf(share: string, client: ClientOfShare): string {
  return hash('sha256', clientKey(share, client));
}
