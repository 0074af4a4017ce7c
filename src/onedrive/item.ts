import { hash } from 'node:crypto';
import type { Entry } from '../drive/entry.ts';
import { type DriveItem, shortTagOf, versionKeyOf } from '../graph/drive-item.ts';

/** Enough of a SHA-256 to keep two versions of a file from sharing a tag. */
const ETAG_CHARACTERS = 27;

/** A listing is often repeated at once. An entry takes more memory than its item, so only the last ones are kept. */
const MAX_ENTRIES = 10_000;

/** The last entries, up to twice as many: those of the items shown lately, and those shown before them. */
let shown = { count: 0, entries: new WeakMap<DriveItem, Entry>() };
let shownBefore = shown;

/** Returns the entry that the layers above see. `isRoot`: the item is the mount's root, whose name stays hidden. */
export function toEntry(item: DriveItem, isRoot: boolean): Entry {
  if (isRoot) {
    return { ...makeEntry(item), name: '' };
  }
  return shown.entries.get(item) ?? keep(item, shownBefore.entries.get(item) ?? makeEntry(item));
}

function keep(item: DriveItem, entry: Entry): Entry {
  if (shown.count === MAX_ENTRIES) {
    shownBefore = shown;
    shown = { count: 0, entries: new WeakMap() };
  }
  shown.entries.set(item, entry);
  shown.count += 1;
  return entry;
}

function makeEntry(item: DriveItem): Entry {
  return {
    kind: item.kind,
    name: item.name,
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
  return shortTagOf(item) === undefined
    ? hash('sha256', `${item.id} ${item.cTag ?? item.eTag}`, 'base64url').slice(0, ETAG_CHARACTERS)
    : versionKeyOf(item);
}
