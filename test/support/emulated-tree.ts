import { baseName, type DrivePath, foldName, isWithin, parentPath, ROOT } from '../../src/drive/path.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';

/** An item that has changed, as it is `now`; undefined when it is gone. */
export interface Change {
  readonly id: string;
  readonly now: DriveItem | undefined;
}

/** A drive as plain rows, with a feed of its changes: what is true, for tests of what is remembered of it. */
export class EmulatedTree {
  readonly #items = new Map<string, DriveItem>([['root', rowOf('root', '', 'folder', undefined)]]);
  #changed: string[] = [];
  #made = 0;

  find(path: DrivePath): DriveItem | null {
    if (path.length === 0) {
      return this.#items.get('root')!;
    }
    const folder = this.find(parentPath(path));
    const name = foldName(baseName(path));
    return this.#membersOf(folder).find(item => foldName(item.name) === name) ?? null;
  }

  members(path: DrivePath): DriveItem[] {
    return this.#membersOf(this.find(path));
  }

  /** Makes an item, where there is a folder for it and the name is free. */
  make(path: DrivePath, kind: 'file' | 'folder'): void {
    const folder = this.find(parentPath(path));
    if (folder?.kind === 'folder' && this.find(path) === null) {
      this.#made += 1;
      this.#put(rowOf(`id ${this.#made}`, baseName(path), kind, folder.id));
    }
  }

  /** Moves an item, where there is one and its new name is free. */
  move(from: DrivePath, to: DrivePath): void {
    const [item, folder] = [this.find(from), this.find(parentPath(to))];
    if (item !== null && folder?.kind === 'folder' && this.find(to) === null && !isWithin(to, from)) {
      this.#put({ ...item, name: baseName(to), parentId: folder.id });
    }
  }

  /** Gives an item another version. */
  touch(path: DrivePath): void {
    const item = this.find(path);
    if (item !== null) {
      this.#put({ ...item, eTag: `${Number(item.eTag) + 1}` });
    }
  }

  remove(path: DrivePath): void {
    const item = path === ROOT ? null : this.find(path);
    if (item !== null) {
      this.#remove(item);
    }
  }

  /** What has changed since this was asked last: each item once, by its last change, as it is now. */
  takeChanges(): Change[] {
    const last = [...new Set(this.#changed.toReversed())].toReversed();
    this.#changed = [];
    return last.map(id => ({ id, now: this.#items.get(id) }));
  }

  #put(item: DriveItem): void {
    this.#items.set(item.id, item);
    this.#changed.push(item.id);
  }

  #remove(item: DriveItem): void {
    for (const member of this.#membersOf(item)) {
      this.#remove(member);
    }
    this.#items.delete(item.id);
    this.#changed.push(item.id);
  }

  #membersOf(folder: DriveItem | null): DriveItem[] {
    return [...this.#items.values()].filter(item => folder !== null && item.parentId === folder.id);
  }
}

function rowOf(id: string, name: string, kind: 'file' | 'folder', parentId: string | undefined): DriveItem {
  return { id, name, kind, parentId, eTag: '1' } as DriveItem;
}
