import { compactItem, type DriveItem } from '../graph/drive-item.ts';
import type { SyncItem, SyncPath } from '../state/sync-store.ts';

/** The shown properties of an item, without those that differ from one answer of Graph to the next. */
type Shown = Omit<DriveItem, 'parentPath' | 'downloadUrl' | 'target' | 'created' | 'modified'> & {
  readonly created: number;
  readonly modified: number;
};

/** Returns an item as a journal keeps it. */
export function toSyncItem(item: DriveItem, folder: SyncPath): SyncItem {
  const { kind, id, name, size, childCount, treeSize, eTag, cTag } = item;
  const { mimeType, quickXorHash, parentId, isShortcut } = item;
  const shown: Shown = {
    ...{ kind, id, name, size, childCount, treeSize, eTag, cTag },
    ...{ created: item.created.getTime(), modified: item.modified.getTime() },
    ...{ mimeType, quickXorHash, parentId, isShortcut },
  };
  const path = folder === '' ? name : `${folder}/${name}`;
  return { path, itemId: id, kind, tag: eTag, shown: JSON.stringify(shown) };
}

/** Returns the item that was kept. */
export function fromShown(text: string): DriveItem {
  const shown = JSON.parse(text) as Shown;
  // JSON leaves out undefined properties.
  const absent = {
    ...{ size: undefined, treeSize: undefined, cTag: undefined, mimeType: undefined, quickXorHash: undefined },
    ...{ parentId: undefined, parentPath: undefined, downloadUrl: undefined, target: undefined },
  };
  const times = { created: new Date(shown.created), modified: new Date(shown.modified) };
  return compactItem({ ...absent, ...shown, ...times });
}

export function namesOf(path: SyncPath): readonly string[] {
  return path === '' ? [] : path.split('/');
}

/** Returns the path of the folder that has the member. */
export function folderOf(path: SyncPath): SyncPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
