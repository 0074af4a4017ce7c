import type { StillHolds } from '../drive/basis.ts';
import type { DrivePath } from '../drive/path.ts';
import type { FolderDates } from './folder-dates.ts';
import type { Freshness } from './freshness.ts';
import type { MetadataTree } from './metadata-tree.ts';

/** The result of a load, and whether it is still known; undefined: it was not kept. */
export interface Loaded<T> {
  readonly value: T;
  readonly holds: StillHolds | undefined;
}

/**
 * Tells whether what was read from a drive's metadata is still known, and still believed. It goes by the objects in the
 * tree, not by their content: what is known again after it was unknown, even if it is the same, does not count.
 */
export class StillKnown {
  readonly #tree: MetadataTree;
  readonly #freshness: Freshness;
  readonly #dates: FolderDates;

  constructor({ tree, freshness, dates }: { tree: MetadataTree; freshness: Freshness; dates: FolderDates }) {
    this.#tree = tree;
    this.#freshness = freshness;
    this.#dates = dates;
  }

  /** The item at `path` as it is known now, a folder with its date in `FolderDates`; undefined: none is. */
  item(path: DrivePath): StillHolds | undefined {
    const item = this.#tree.find(path)?.item;
    if (!item) {
      return undefined;
    }
    const dateOf = () => (item.kind === 'folder' ? this.#dates.at(path) : undefined);
    const date = dateOf();
    return () => {
      const seen = this.#tree.find(path);
      return seen?.item === item && this.#freshness.isStillTrue(seen.at) && dateOf() === date;
    };
  }

  /** All members of the folder at `path` as they are known now; undefined: not all are. */
  members(path: DrivePath): StillHolds | undefined {
    const stamp = this.#tree.stampOf(path);
    return (
      stamp &&
      (() => {
        const at = this.#tree.unchangedSince(path, stamp);
        return at !== undefined && this.#freshness.isStillTrue(at);
      })
    );
  }
}
