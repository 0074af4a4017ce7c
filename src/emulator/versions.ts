import type { DriveState } from './drive.ts';
import { type Item, notFound } from './drive-reader.ts';
import { time } from './driveitem.ts';
import type { VersionRow } from './store/item-store.ts';

export interface Version extends VersionRow {
  readonly isCurrent: boolean;
}

/** Returns all versions of a file, newest first. */
export function versionsOf({ store }: DriveState, item: Item): Version[] {
  if (item.blob === null || item.hash === null) {
    return [];
  }
  const { versionNumber: number, blob, size, hash, modified, modifiedBy } = item;
  const current = { number, blob, size, hash, modified, modifiedBy, isCurrent: true };
  return [...store.versions(item.key).map(row => ({ ...row, isCurrent: false })), current].reverse();
}

/** Returns the version named `2.0`, or throws `itemNotFound`. */
export function findVersion(drive: DriveState, item: Item, id: string): Version {
  const found = versionsOf(drive, item).find(({ number }) => id === `${number}.0`);
  if (found === undefined) {
    throw notFound();
  }
  return found;
}

/** Renders a version as Graph does ("driveItemVersion resource type"). */
export function renderVersion({ store }: DriveState, version: Version): Record<string, unknown> {
  return {
    id: `${version.number}.0`,
    lastModifiedDateTime: time(version.modified),
    size: version.size,
    lastModifiedBy: JSON.parse(store.identity(version.modifiedBy)),
  };
}
