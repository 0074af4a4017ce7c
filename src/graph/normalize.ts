import { GraphError } from './errors.ts';
import type { WireItem } from './types.ts';

/** A driveItem with Graph's oddities taken out. */
export interface DriveItem {
  readonly kind: 'file' | 'folder';
  readonly id: string;
  readonly name: string;
  /** Bytes; 0 for folders, whose size Graph reports as a sum, sometimes negative. */
  readonly size: number;
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
  /** `/drives/…/root:/a/b`, decoded; absent where Graph leaves it out. */
  readonly parentPath: string | undefined;
  /** Absent unless it was asked for. */
  readonly downloadUrl: string | undefined;
  /** A shortcut to an item in another drive; following it would leave the mailbox. */
  readonly isShortcut: boolean;
}

/** Turns Graph's item into ours, once, at the edge. Throws GraphError `protocol` when it has no id. */
export function normalizeItem(wire: WireItem | undefined): DriveItem {
  if (typeof wire?.id !== 'string') {
    throw new GraphError('protocol', 'Graph answered an item without an id');
  }
  const isFile = wire.file !== undefined;
  return {
    kind: isFile ? 'file' : 'folder',
    id: wire.id,
    name: wire.name ?? '',
    size: isFile ? Math.max(0, wire.size ?? 0) : 0,
    treeSize: isFile || wire.size === undefined || wire.size < 0 ? undefined : wire.size,
    eTag: wire.eTag ?? '',
    cTag: wire.cTag,
    created: readDate(wire.fileSystemInfo?.createdDateTime, wire.createdDateTime),
    modified: readDate(wire.fileSystemInfo?.lastModifiedDateTime, wire.lastModifiedDateTime),
    mimeType: wire.file?.mimeType,
    quickXorHash: wire.file?.hashes?.quickXorHash,
    parentId: wire.parentReference?.id,
    parentPath: decodePath(wire.parentReference?.path),
    downloadUrl: wire['@microsoft.graph.downloadUrl'] ?? wire['@content.downloadUrl'],
    isShortcut: wire.remoteItem !== undefined,
  };
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

function decodePath(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : decodeURIComponent(path);
  } catch {
    // Not encoded after all, and with a percent sign of its own.
    return path;
  }
}
