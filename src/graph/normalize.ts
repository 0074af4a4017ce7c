import { EMPTY_QUICK_XOR_HASH } from '../lib/quick-xor-hash.ts';
import { compactItem, type DriveItem, type RemoteItem } from './drive-item.ts';
import { GraphError } from './errors.ts';
import type { WireItem } from './types.ts';

export type { DriveItem, RemoteItem };

/** Converts Graph's item to ours, once, at the edge. Throws GraphError `protocol` when it has no id. */
export function normalizeItem(wire: WireItem | undefined): DriveItem {
  if (typeof wire?.id !== 'string') {
    throw new GraphError('protocol', 'Graph returned an item without an id');
  }
  const { remoteItem } = wire;
  const isFile = (wire.file ?? remoteItem?.file) !== undefined;
  return compactItem({
    kind: isFile ? 'file' : 'folder',
    id: wire.id,
    name: isName(wire.name) ? wire.name : wire.id + NAMELESS,
    size: isFile ? readSize(remoteItem === undefined ? wire : { ...remoteItem, name: wire.name }) : 0,
    childCount: wire.folder?.childCount,
    treeSize: isFile || wire.size === undefined || wire.size < 0 ? undefined : wire.size,
    eTag: wire.eTag ?? '',
    cTag: wire.cTag,
    created: readDate(wire.fileSystemInfo?.createdDateTime, wire.createdDateTime),
    modified: readDate(wire.fileSystemInfo?.lastModifiedDateTime, wire.lastModifiedDateTime),
    mimeType: (wire.file ?? remoteItem?.file)?.mimeType,
    quickXorHash: wire.file?.hashes?.quickXorHash,
    parentId: wire.parentReference?.id,
    parentPath: wire.parentReference?.path,
    downloadUrl: wire['@microsoft.graph.downloadUrl'] ?? wire['@content.downloadUrl'],
    isShortcut: remoteItem !== undefined,
    target: readTarget(remoteItem),
  });
}

function readTarget(remoteItem: WireItem['remoteItem']): RemoteItem | undefined {
  const { id, parentReference: { driveId } = {} } = remoteItem ?? {};
  return id === undefined || driveId === undefined ? undefined : { driveId, id };
}

/** Returns true for a name that a path can have. */
function isName(name: string | undefined): name is string {
  return name !== undefined && !/^\.{0,2}$|[/\\\u0000-\u001f\u007f]/.test(name);
}

/** The end of the name that an item without one gets. */
export const NAMELESS = ' (no name)';

/**
 * Graph always reports wrong sizes for these files: 170 bytes for 10 MB, or negative ones (onedrive-api-docs 926,
 * 1053).
 */
const SIZELESS = /\.(one|onetoc2)$/i;

/**
 * Returns undefined for a size that is negative, absent, or 0 beside the hash of a non-empty file: it is unknown until
 * the bytes arrive.
 */
function readSize({ name = '', size, file }: Pick<WireItem, 'name' | 'size' | 'file'>): number | undefined {
  const hash = file?.hashes?.quickXorHash;
  const isEmptyOfSomething = size === 0 && hash !== undefined && hash !== EMPTY_QUICK_XOR_HASH;
  const isPossible = Number.isSafeInteger(size) && size! >= 0 && !isEmptyOfSomething && !SIZELESS.test(name);
  return isPossible ? size : undefined;
}
/** Windows file times begin here; times before 1970 are valid too. */
const FIRST_TIME = Date.UTC(1601, 0, 1);

/** Returns the first plausible date, in whole seconds; the year 0001 does occur. */
export function readDate(...texts: (string | undefined)[]): Date {
  for (const text of texts) {
    const time = Date.parse(text ?? '');
    if (time >= FIRST_TIME) {
      return new Date(Math.floor(time / 1000) * 1000);
    }
  }
  return new Date(0);
}
