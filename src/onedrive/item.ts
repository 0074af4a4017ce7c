import { createHash } from 'node:crypto';
import type { Entry } from '../drive/entry.ts';
import type { DriveItem } from '../graph/normalize.ts';

/** Enough of a SHA-256 to keep two versions of a file from sharing a tag. */
const ETAG_CHARACTERS = 27;

/** A cached item is shown many times: hashing its tag once is enough. */
const shown = new WeakMap<DriveItem, Entry>();
const shownAsRoot = new WeakMap<DriveItem, Entry>();

/** Returns the entry that the layers above see. `isRoot`: the item is the mount's root, whose name stays hidden. */
export function toEntry(item: DriveItem, isRoot: boolean): Entry {
  const entries = isRoot ? shownAsRoot : shown;
  const entry = entries.get(item) ?? makeEntry(item, isRoot);
  entries.set(item, entry);
  return entry;
}

function makeEntry(item: DriveItem, isRoot: boolean): Entry {
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
 * Uses the cTag for files: their eTag changes with every background change. Hashed, because both contain quotes and
 * braces.
 */
function etagOf(item: DriveItem): string {
  const tag = item.cTag ?? item.eTag;
  return createHash('sha256').update(`${item.id} ${tag}`).digest('base64url').slice(0, ETAG_CHARACTERS);
}
