import { hash } from 'node:crypto';
import type { Entry } from '../drive/entry.ts';
import { type DriveItem, shortTagOf } from '../graph/drive-item.ts';

/** Enough of a SHA-256 to keep two versions of a file from sharing a tag. */
const ETAG_CHARACTERS = 27;

/** Returns the entry that the layers above see. `isRoot`: the item is the mount's root, whose name stays hidden. */
export function toEntry(item: DriveItem, isRoot: boolean): Entry {
  return {
    kind: item.kind,
    name: isRoot ? '' : item.name,
    id: item.id,
    etag: etagOf(item),
    size: item.size,
    treeSize: item.treeSize,
    created: item.created,
    modified: item.modified,
    contentType: item.mimeType,
    quickXorHash: item.quickXorHash,
    ...(item.isShortcut ? { isShortcut: true } : {}),
  };
}

/**
 * Uses the cTag for files: their eTag changes with every background change. A tag of another form than OneDrive's is
 * hashed, because it may contain quotes and braces.
 */
function etagOf(item: DriveItem): string {
  const { id } = item;
  const short = shortTagOf(item);
  if (short !== undefined) {
    return `${id}-${short}`;
  }
  return hash('sha256', `${id} ${item.cTag ?? item.eTag}`, 'base64url').slice(0, ETAG_CHARACTERS);
}
