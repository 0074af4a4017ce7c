import type { DriveState } from './drive.ts';
import type { Item } from './drive-reader.ts';
import { GraphFault } from './graph-error.ts';
import { decodePath } from './item-path.ts';

/** The destination of an item (Graph docs, "itemReference resource type"). */
export interface ParentReference {
  readonly driveId?: string;
  readonly id?: string;
  /** `/drive/root:/a/b`, `/drives/{id}/root:/a/b`; percent-encoded. */
  readonly path?: string;
}

/** Reads a parent reference; undefined where there is none. */
export function readParentReference(json: unknown): ParentReference | undefined {
  if (json === undefined) {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new GraphFault('invalidRequest', 'The parentReference must be an object.');
  }
  const { driveId, id, path } = json as Record<string, unknown>;
  if ([driveId, id, path].some(value => value !== undefined && value !== null && typeof value !== 'string')) {
    throw new GraphFault('invalidRequest', 'The members of parentReference must be strings.');
  }
  return { driveId: textOf(driveId), id: textOf(id), path: textOf(path) };
}

/** Returns the folder by its id or, without one, by its path; undefined if neither is given. */
export function referencedFolder(drive: DriveState, { id, path }: ParentReference): Item | undefined {
  if (id !== undefined) {
    return drive.get(id);
  }
  if (path === undefined) {
    return undefined;
  }
  const match = /^(?:\/drives?(?:\/[^/:]+)?)?\/?root:?(\/[^:]*)?:?$/.exec(path);
  if (match === null) {
    throw new GraphFault('invalidRequest', 'The path of parentReference is not one of a drive.');
  }
  return drive.walk(drive.root, decodePath(match[1] ?? ''));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
