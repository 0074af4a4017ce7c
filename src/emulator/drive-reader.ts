import { GraphFault } from './graph-error.ts';
import { itemGuid, itemId, ROOT_GUID } from './ids.ts';
import { checkName, checkPathLength, foldName } from './names.ts';
import type { ItemRow, ItemStore } from './store/item-store.ts';

export type ConflictBehavior = 'fail' | 'replace' | 'rename';

/** A snapshot of an item; it does not follow later changes. */
export type Item = ItemRow;

/** The place of a new entry: its name, and the item that it replaces. */
export interface Place {
  readonly name: string;
  readonly taken: Item | undefined;
}

/** Looks up items of one drive by id and by path, and places for new items. */
export class DriveReader {
  readonly key: number;
  readonly store: ItemStore;
  readonly #tag: Uint8Array;

  /** `tag`: the four bytes that all item ids of the drive have in common. */
  constructor(key: number, store: ItemStore, tag: Uint8Array) {
    this.key = key;
    this.store = store;
    this.#tag = tag;
  }

  get root(): Item {
    return this.store.byGuid(this.key, ROOT_GUID)!;
  }

  idOf(item: Item): string {
    return itemId(this.#tag, item.guid);
  }

  idOfGuid(guid: string): string {
    return itemId(this.#tag, guid);
  }

  /** Returns the item, or throws `itemNotFound`. Ids are case-sensitive. */
  get(id: string): Item {
    const item = id === 'root' ? this.root : this.find(id);
    if (item === undefined) {
      throw notFound();
    }
    return item;
  }

  find(id: string): Item | undefined {
    const guid = itemGuid(this.#tag, id);
    return guid === undefined ? undefined : this.store.byGuid(this.key, guid);
  }

  /** Returns the current item of that key. */
  fresh(item: Item): Item | undefined {
    return this.store.byKey(item.key);
  }

  parentOf(item: Item): Item | undefined {
    return item.parent === null ? undefined : this.store.byKey(item.parent);
  }

  child(parent: Item, name: string): Item | undefined {
    return parent.kind === 'file' ? undefined : this.store.child(parent.key, foldName(name));
  }

  /** Returns the item at `names` below `from`, or throws `itemNotFound`. */
  walk(from: Item, names: readonly string[]): Item {
    let item: Item | undefined = from;
    for (const name of names) {
      item = item && this.child(item, name);
    }
    if (item === undefined) {
      throw notFound();
    }
    return item;
  }

  /** Returns the names from the root down; none for the root. */
  pathOf(item: Item): string[] {
    const names: string[] = [];
    for (let at: Item | undefined = item; at?.parent != null; at = this.parentOf(at)) {
      names.unshift(at.name);
    }
    return names;
  }

  isInside(item: Item, ancestor: Item): boolean {
    for (let at: Item | undefined = item; at !== undefined; at = this.parentOf(at)) {
      if (at.key === ancestor.key) {
        return true;
      }
    }
    return false;
  }

  /**
   * Finds the place of a new entry: throws for a bad name, a long path or a parent that is no folder; settles a clash
   * as `conflict` tells. `taken` is the item to be replaced.
   */
  place(parent: Item, name: string, options: { isFolder: boolean; conflict: ConflictBehavior; self?: Item }): Place {
    if (parent.kind !== 'folder') {
      throw new GraphFault('invalidRequest', 'The parent is not a folder.', { status: 409 });
    }
    checkName(name, { isFolder: options.isFolder, inRoot: parent.parent === null });
    checkPathLength([...this.pathOf(parent), name]);
    const taken = this.child(parent, name);
    if (taken === undefined || taken.key === options.self?.key) {
      return { name, taken: undefined };
    }
    if (options.conflict === 'rename') {
      return { name: this.#freeName(parent, name), taken: undefined };
    }
    if (options.conflict === 'fail' || taken.kind !== 'file' || options.isFolder) {
      throw nameTaken();
    }
    return { name, taken };
  }

  #freeName(parent: Item, name: string): string {
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let number = 1;
    while (this.child(parent, `${stem} ${number}${extension}`) !== undefined) {
      number += 1;
    }
    return `${stem} ${number}${extension}`;
  }
}

export function notFound(): GraphFault {
  return new GraphFault('itemNotFound', 'The resource could not be found.');
}

export function nameTaken(): GraphFault {
  return new GraphFault('nameAlreadyExists', 'The specified item name already exists.');
}
