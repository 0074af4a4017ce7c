import { LRUCache } from 'lru-cache';
import { type DrivePath, pathKey } from '../drive/path.ts';

/**
 * One answer says that there is nothing. About one in a hundred of these is wrong (onedrive-go), so that it counts for
 * those who have asked, and for others when a second look says the same.
 */
export const UNPROVEN = Symbol('absent, as one answer says');

/** Of requests that are under way; whoever finds no place here asks once more. */
const MAX_PATHS = 1_000;

/** Paths at which one look has found nothing, with the askers who were told so: a request has one signal. */
export class UnprovenAbsences {
  readonly #paths = new LRUCache<string, { readonly expires: number; readonly askers: WeakSet<AbortSignal> }>({
    max: MAX_PATHS,
  });

  /** Whether there has been one look; `now` is before it expires. */
  has(path: DrivePath, now: number): boolean {
    const seen = this.#paths.get(pathKey(path));
    return seen !== undefined && seen.expires > now;
  }

  add(path: DrivePath, expires: number): void {
    this.#paths.set(pathKey(path), { expires, askers: new WeakSet() });
  }

  /** The absence counts for `asker` from now on, if there is one. */
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
