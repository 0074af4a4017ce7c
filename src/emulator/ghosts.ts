import type { Item } from './drive-reader.ts';

/** Beyond this the oldest are forgotten; only seconds count. */
const MAX_GHOSTS = 1000;

/** Items that were removed a moment ago, as listings that lag behind still show them. Not kept over a restart. */
export class Ghosts {
  #removed: { readonly item: Item; readonly at: number }[] = [];

  add(item: Item, at: number): void {
    this.#removed.push({ item, at });
    if (this.#removed.length > MAX_GHOSTS) {
      this.#removed = this.#removed.slice(-MAX_GHOSTS / 2);
    }
  }

  /** Those that were in that folder and were removed after `since`. */
  in(folder: Item, since: number): Item[] {
    return this.#removed.filter(({ item, at }) => item.parent === folder.key && at > since).map(({ item }) => item);
  }
}
