import { LRUCache } from 'lru-cache';
import { type DrivePath, pathKey, toDrivePath } from '../drive/path.ts';
import { atMost } from '../lib/at-most.ts';

export interface FolderDatesOptions {
  readonly maxEntries: number;
  /** Called with each folder whose date may be another one now. */
  readonly changed: (folder: DrivePath) => void;
}

/**
 * When the members of a folder were last seen to come or go, by path; kept longer than the members themselves. OneDrive
 * does not change the folder's date then, and Finder looks for new names only in a folder whose date has changed
 * (webdavfs, `webdav_vnops.c`).
 */
export class FolderDates {
  readonly #changed: (folder: DrivePath) => void;
  readonly #dates: LRUCache<string, number>;

  constructor({ maxEntries, changed }: FolderDatesOptions) {
    this.#changed = changed;
    // A bound by size takes memory as entries come; `max` would take all of it at once, for each mount.
    this.#dates = new LRUCache({ ...atMost(maxEntries), dispose: (_, key) => changed(pathOfKey(key)) });
  }

  get(folder: DrivePath): Date | undefined {
    const at = this.at(folder);
    return at === undefined ? undefined : new Date(Math.floor(at / 1000) * 1000);
  }

  /** Returns the same, in milliseconds. */
  at(folder: DrivePath): number | undefined {
    return this.#dates.get(pathKey(folder));
  }

  /** Notes that a member of the folder has come or gone. */
  set(folder: DrivePath, at: number): void {
    this.#dates.set(pathKey(folder), at);
    this.#changed(folder);
  }

  /** Does the same for a folder by its `pathKey`. */
  setByKey(key: string, at: number): void {
    this.#dates.set(key, at);
    this.#changed(pathOfKey(key));
  }

  forget(folder: DrivePath): void {
    this.#dates.delete(pathKey(folder));
  }
}

function pathOfKey(key: string): DrivePath {
  return toDrivePath(key === '' ? [] : key.split('/'));
}
