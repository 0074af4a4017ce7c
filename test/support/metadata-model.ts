import { type DrivePath, foldName, isWithin, parentPath, pathKey, toDrivePath } from '../../src/drive/path.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';
import type { Seen, SeenMembers } from '../../src/onedrive/metadata-tree.ts';

interface Entry extends Seen {
  readonly path: DrivePath;
}

/** What `MetadataTree` promises, as flat maps that are gone through from end to end. It forgets nothing by itself. */
export class MetadataModel {
  readonly #known = new Map<string, Entry>();
  readonly #listed = new Map<string, { readonly path: DrivePath; readonly at: number }>();

  find(path: DrivePath): Seen | undefined {
    const entry = this.#known.get(pathKey(path));
    if (entry !== undefined) {
      return { item: entry.item, at: entry.at };
    }
    const listed = path.length === 0 ? undefined : this.#listed.get(pathKey(parentPath(path)));
    return listed === undefined ? undefined : { item: null, at: listed.at };
  }

  members(path: DrivePath): SeenMembers | undefined {
    const listed = this.#listed.get(pathKey(path));
    const items = this.#below(path)
      .filter(entry => entry.path.length === path.length + 1)
      .flatMap(({ item }) => item ?? []);
    return listed === undefined ? undefined : { items, at: listed.at };
  }

  set(path: DrivePath, item: DriveItem | null, at: number): void {
    const before = this.#known.get(pathKey(path));
    if ((before !== undefined && before.item?.id !== item?.id) || item?.kind !== 'folder') {
      this.#forgetBelow(path);
    }
    if (before === undefined && item !== null) {
      this.#forgetOthersOf(path, item);
    }
    this.#doubtAbove(path);
    for (const other of [...this.#known.values()]) {
      if (item !== null && other.item?.id === item.id && pathKey(other.path) !== pathKey(path)) {
        this.forget(other.path);
      }
    }
    this.#known.set(pathKey(path), { path, item, at });
  }

  setMembers(path: DrivePath, items: readonly DriveItem[], at: number): void {
    for (const item of items) {
      this.#forgetAbove(path, item);
    }
    for (const { path: member } of [...this.#all()]) {
      if (member.length > path.length && isWithin(member, path)) {
        const child = toDrivePath(member.slice(0, path.length + 1));
        const item = items.find(({ name }) => foldName(name) === foldName(child.at(-1)!));
        const known = this.#known.get(pathKey(child));
        if (item === undefined || (known !== undefined && known.item?.id !== item.id)) {
          this.#forgetAt(child);
        }
      }
    }
    this.#doubtAbove(toDrivePath([...path, 'member']));
    this.#listed.set(pathKey(path), { path, at });
    for (const item of items) {
      this.set(toDrivePath([...path, item.name]), item, at);
    }
  }

  forget(path: DrivePath): void {
    this.#forgetAt(path);
    if (path.length > 0) {
      this.#listed.delete(pathKey(parentPath(path)));
    }
  }

  /** Below a name of which nothing was known, what does not say that it lies in this folder may lie in another. */
  #forgetOthersOf(path: DrivePath, { id }: DriveItem): void {
    for (const { path: other } of [...this.#below(path)]) {
      const child = toDrivePath(other.slice(0, path.length + 1));
      if (this.#known.get(pathKey(child))?.item?.parentId !== id) {
        this.#forgetAt(child);
      }
    }
  }

  /** An item that is listed in the folder at `path` cannot be one of those above its members. */
  #forgetAbove(path: DrivePath, item: DriveItem): void {
    for (const other of [...this.#known.values()]) {
      if (other.item?.id === item.id && isWithin(path, other.path)) {
        this.forget(other.path);
      }
    }
  }

  /** A name of which nothing is known has something below it: its folder was listed without it. */
  #doubtAbove(path: DrivePath): void {
    for (let above = parentPath(path); above.length > 0; above = parentPath(above)) {
      if (!this.#known.has(pathKey(above))) {
        this.#listed.delete(pathKey(parentPath(above)));
      }
    }
  }

  #forgetAt(path: DrivePath): void {
    this.#forgetBelow(path);
    this.#known.delete(pathKey(path));
  }

  #forgetBelow(path: DrivePath): void {
    for (const { path: other } of this.#below(path)) {
      this.#known.delete(pathKey(other));
      this.#listed.delete(pathKey(other));
    }
    this.#listed.delete(pathKey(path));
  }

  #below(path: DrivePath): Entry[] {
    const below = this.#all().filter(other => other.path.length > path.length && isWithin(other.path, path));
    return below as Entry[];
  }

  #all(): { path: DrivePath }[] {
    return [...this.#known.values(), ...this.#listed.values()];
  }
}
