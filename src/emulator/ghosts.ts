import type { Item } from './drive-reader.ts';

/** Beyond this number the oldest are forgotten; only seconds matter. */
const MAX_GHOSTS = 1000;

/** Recently removed items, which delayed listings still show. Lost at a restart. */
export class Ghosts {
  #removed: { readonly item: Item; readonly at: number }[] = [];

  add(item: Item, at: number): void {
    this.#removed.push({ item, at });
    if (this.#removed.length > MAX_GHOSTS) {
      this.#removed = this.#removed.slice(-MAX_GHOSTS / 2);
    }
  }

  /** Returns the items of that folder that were removed after `since`. */
  in(folder: Item, since: number): Item[] {
    return this.#removed.filter(({ item, at }) => item.parent === folder.key && at > since).map(({ item }) => item);
  }
}
