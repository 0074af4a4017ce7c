import { baseName, type DrivePath, foldName, isWithin, parentPath, ROOT } from '../../src/drive/path.ts';
import type { DriveChange } from '../../src/graph/delta.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';

/** A drive as plain rows, with a feed of its changes: the truth, for tests of parts that remember a drive. */
export class EmulatedTree {
  readonly #items = new Map<string, DriveItem>([['root', rowOf('root', '', 'folder', undefined)]]);
  #changed: DriveChange[] = [];
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
      this.#put(item);
    }
  }

  withId(id: string): DriveItem | undefined {
    return this.#items.get(id);
  }

  remove(path: DrivePath): void {
    const item = path === ROOT ? null : this.find(path);
    if (item !== null) {
      this.#remove(item);
    }
  }

  /** The lines of the feed since this was asked last: one for each change, with the item as it was then. */
  takeChanges(): DriveChange[] {
    const changes = this.#changed;
    this.#changed = [];
    return changes;
  }

  #put(item: DriveItem): void {
    const version = Number.parseInt(item.eTag.split(',')[1]!, 10) + 1;
    const next = { ...item, eTag: `"{${item.id}},${version}"` };
    this.#items.set(item.id, next);
    this.#note(next, next);
  }

  #remove(item: DriveItem): void {
    for (const member of this.#membersOf(item)) {
      this.#remove(member);
    }
    this.#items.delete(item.id);
    this.#note(item, undefined);
  }

  #note({ id, kind, parentId }: DriveItem, now: DriveItem | undefined): void {
    this.#changed.push({ id, kind, parentId, isRoot: id === 'root', item: now });
  }

  #membersOf(folder: DriveItem | null): DriveItem[] {
    return [...this.#items.values()].filter(item => folder !== null && item.parentId === folder.id);
  }
}

function rowOf(id: string, name: string, kind: 'file' | 'folder', parentId: string | undefined): DriveItem {
  return { id, name, kind, parentId, eTag: `"{${id}},0"` } as DriveItem;
}
