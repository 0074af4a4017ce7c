import { EMPTY_QUICK_XOR_HASH } from '../lib/quick-xor-hash.ts';
import { GraphError } from './errors.ts';
import type { WireItem } from './types.ts';

/** A driveItem with Graph's oddities taken out. */
export interface DriveItem {
  readonly kind: 'file' | 'folder';
  readonly id: string;
  /** Made of the id where Graph gives none (onedrive-api-docs 580), or one that no path can have. */
  readonly name: string;
  /**
   * Bytes; 0 for folders, whose size Graph reports as a sum, sometimes negative. Undefined for a file of which it
   * says nothing that can be true; what it says of others may still be another than that of the bytes that come.
   */
  readonly size: number | undefined;
  /** Bytes of a folder's whole tree, when Graph gives a sum that can be true. */
  readonly treeSize: number | undefined;
  readonly eTag: string;
  /** Changes with the content only; files have one. */
  readonly cTag: string | undefined;
  readonly created: Date;
  readonly modified: Date;
  readonly mimeType: string | undefined;
  readonly quickXorHash: string | undefined;
  readonly parentId: string | undefined;
  /** `/drives/…/root:/a/b` as Graph writes it, which is sometimes percent-encoded; absent where Graph leaves it out. */
  readonly parentPath: string | undefined;
  /** Absent unless it was asked for. */
  readonly downloadUrl: string | undefined;
  /** A shortcut to an item in another drive. */
  readonly isShortcut: boolean;
  /** What a shortcut leads to, where Graph says it (Graph docs, "remoteItem resource type"). */
  readonly target: RemoteItem | undefined;
}

/** An item of any drive. */
export interface RemoteItem {
  readonly driveId: string;
  readonly id: string;
}

/** Turns Graph's item into ours, once, at the edge. Throws GraphError `protocol` when it has no id. */
export function normalizeItem(wire: WireItem | undefined): DriveItem {
  if (typeof wire?.id !== 'string') {
    throw new GraphError('protocol', 'Graph answered an item without an id');
  }
  const { remoteItem } = wire;
  const isFile = (wire.file ?? remoteItem?.file) !== undefined;
  return {
    kind: isFile ? 'file' : 'folder',
    id: wire.id,
    name: isName(wire.name) ? wire.name : wire.id + NAMELESS,
    size: isFile ? readSize(remoteItem === undefined ? wire : { ...remoteItem, name: wire.name }) : 0,
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
  };
}

function readTarget(remoteItem: WireItem['remoteItem']): RemoteItem | undefined {
  const { id, parentReference: { driveId } = {} } = remoteItem ?? {};
  return id === undefined || driveId === undefined ? undefined : { driveId, id };
}

/** One that a path can have. */
function isName(name: string | undefined): name is string {
  return name !== undefined && !/^\.{0,2}$|[/\\\u0000-\u001f\u007f]/.test(name);
}

/** The ending of the name of an item that has none. */
export const NAMELESS = ' (no name)';

/**
 * Of these Graph always reports sizes that are not true: 170 bytes of 10 MB, or less than none (onedrive-api-docs
 * 926, 1053).
 */
const SIZELESS = /\.(one|onetoc2)$/i;

/** Negative, absent, or 0 beside the hash of something: then nobody knows before the bytes come. */
function readSize({ name = '', size, file }: Pick<WireItem, 'name' | 'size' | 'file'>): number | undefined {
  const hash = file?.hashes?.quickXorHash;
  const isEmptyOfSomething = size === 0 && hash !== undefined && hash !== EMPTY_QUICK_XOR_HASH;
  const isPossible = Number.isSafeInteger(size) && size! >= 0 && !isEmptyOfSomething && !SIZELESS.test(name);
  return isPossible ? size : undefined;
}
/** Windows' file times begin here; a time before 1970 is one as well. */
const FIRST_TIME = Date.UTC(1601, 0, 1);

/** The first date that makes sense, in whole seconds; years of 0001 do occur. */
function readDate(...texts: (string | undefined)[]): Date {
  for (const text of texts) {
    const time = Date.parse(text ?? '');
    if (time >= FIRST_TIME) {
      return new Date(Math.floor(time / 1000) * 1000);
    }
  }
  return new Date(0);
}
