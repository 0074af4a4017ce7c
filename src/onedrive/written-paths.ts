import { type DrivePath, dropNames, isWithin } from '../drive/path.ts';

/** Further paths are not remembered: the feed reports their changes as well, only later. */
const MAX_PATHS = 1_000;

/** The paths written in a drive lately, by anybody here, so that their change is known before the feed reports it. */
export class WrittenPaths {
  readonly #seenBy = new Map<number, number>();
  #paths: DrivePath[] = [];
  #dropped = 0;

  add(path: DrivePath): void {
    this.#paths.push(path);
    if (this.#paths.length > 2 * MAX_PATHS) {
      this.#dropped += this.#paths.length - MAX_PATHS;
      this.#paths = this.#paths.slice(-MAX_PATHS);
    }
  }

  /** Returns the paths written below `folder` since the journal last took them over, as names below the folder. */
  news(journal: number, folder: DrivePath): { readonly written: readonly DrivePath[]; readonly seen: () => void } {
    const end = this.#dropped + this.#paths.length;
    const news = this.#paths.slice(Math.max(0, (this.#seenBy.get(journal) ?? 0) - this.#dropped));
    return {
      written: news
        .filter(path => path.length > folder.length && isWithin(path, folder))
        .map(path => dropNames(path, folder.length)),
      seen: () => void this.#seenBy.set(journal, end),
    };
  }
}
