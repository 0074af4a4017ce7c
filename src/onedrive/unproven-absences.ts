import { LRUCache } from 'lru-cache';
import { type DrivePath, pathKey } from '../drive/path.ts';
import { atMost } from '../lib/at-most.ts';

/**
 * An absence reported by one answer. About one in a hundred of these is wrong (onedrive-go), so it counts only for the
 * callers that asked, and for others once a second look agrees.
 */
export const UNPROVEN = Symbol('absent, as one answer says');

/** Paths of requests under way; a request that finds no room here asks once more. */
const MAX_PATHS = 1_000;

/** Paths where one look has found nothing, with the requests that got this answer, each identified by its signal. */
export class UnprovenAbsences {
  readonly #paths = new LRUCache<string, { readonly expires: number; readonly askers: WeakSet<AbortSignal> }>(
    atMost(MAX_PATHS),
  );

  /** Returns true when there has been one look that has not expired at `now`. */
  has(path: DrivePath, now: number): boolean {
    const seen = this.#paths.get(pathKey(path));
    return seen !== undefined && seen.expires > now;
  }

  add(path: DrivePath, expires: number): void {
    this.#paths.set(pathKey(path), { expires, askers: new WeakSet() });
  }

  /** Makes the absence, if there is one, count for `asker` from now on. */
  tell(path: DrivePath, asker: AbortSignal): void {
    this.#paths.get(pathKey(path))?.askers.add(asker);
  }

  wasTold(path: DrivePath, asker: AbortSignal | undefined, now: number): boolean {
    const seen = this.#paths.get(pathKey(path));
    return asker !== undefined && seen !== undefined && seen.expires > now && seen.askers.has(asker);
  }

  delete(path: DrivePath): void {
    this.#paths.delete(pathKey(path));
  }

  deleteTree(path: DrivePath): void {
    const key = pathKey(path);
    for (const known of this.#paths.keys()) {
      if (key === '' || known === key || known.startsWith(`${key}/`)) {
        this.#paths.delete(known);
      }
    }
  }

  clear(): void {
    this.#paths.clear();
  }
}
