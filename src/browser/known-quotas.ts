import { LRUCache } from 'lru-cache';
import type { Drive } from '../drive/drive.ts';
import type { Quota } from '../drive/entry.ts';
import { foldName } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type DavRequest, scopeOf } from '../webdav/request.ts';

/** Free space is an extra: a walk through folders must not ask for it each time. */
const KEPT_MS = 60_000;
const MAX_PLACES = 1_000;

interface Known {
  readonly at: number;
  readonly quota: Quota | undefined;
}

/** The space of the drives that folders were shown of lately, as each user may see it. */
export class KnownQuotas {
  readonly #clock: Clock;
  readonly #log: Log;
  /** A view with the rights of a user is a drive of its own. */
  readonly #byView = new WeakMap<Drive, LRUCache<string, Known>>();

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Returns the space at the request's path; undefined when it is not known, or cannot be known now. */
  async at(request: Pick<DavRequest, 'drive' | 'path' | 'signal'>): Promise<Quota | undefined> {
    const places = this.#placesOf(request.drive);
    const known = places.get(placeOf(request));
    if (known !== undefined && known.at + KEPT_MS > this.#clock.now()) {
      return known.quota;
    }
    const quota = await this.#ask(request);
    // Only now is it certain which drive this is.
    places.set(placeOf(request), { at: this.#clock.now(), quota });
    return quota;
  }

  async #ask({ drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>): Promise<Quota | undefined> {
    try {
      return await drive.quota(path, { signal });
    } catch (error) {
      // A drive that cannot tell it now must still show its content.
      this.#log.warn({ err: error }, 'a folder is shown without the free space of its drive');
      return undefined;
    }
  }

  #placesOf(drive: Drive): LRUCache<string, Known> {
    let places = this.#byView.get(drive);
    if (places === undefined) {
      places = new LRUCache({ max: MAX_PLACES });
      this.#byView.set(drive, places);
    }
    return places;
  }
}

/** Two mounts of one drive may have limits of their own, and one mount may lead to two drives. */
function placeOf({ drive, path }: Pick<DavRequest, 'drive' | 'path'>): string {
  return `${scopeOf(drive, path)}/${foldName(path[0] ?? '')}`;
}
