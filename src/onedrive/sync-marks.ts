import type { SyncLevel } from '../drive/changes.ts';
import type { DriveChange } from '../graph/delta.ts';
import type { SyncMarks, SyncMember, SyncPath } from '../state/sync-store.ts';
import { folderOf, namesOf } from './sync-item.ts';

/**
 * Turns the lines of a feed into marks of a journal. A line only says where to look; its data is never believed
 * (docs/decisions/0020). `known`: the members with the ids of the lines, and of their folders.
 */
export function marksOf(
  changes: readonly DriveChange[],
  known: readonly SyncMember[],
  level: SyncLevel,
): Omit<SyncMarks, 'link'> {
  const byId = Map.groupBy(known, ({ itemId }) => itemId);
  const marks = { look: new Set<SyncPath>(), list: new Set<SyncPath>(), touched: new Set<SyncPath>() };
  const isListed = ({ kind, path }: SyncMember) => kind === 'folder' && (level === 'infinite' || path === '');
  for (const change of changes) {
    const places = (byId.get(change.id) ?? []).filter(({ path }) => path !== '');
    const inPlace = places.filter(member => isInPlace(change, member));
    for (const { path } of places.filter(member => !inPlace.includes(member))) {
      marks.list.add(folderOf(path));
    }
    for (const { path, tag, kind } of inPlace) {
      const isAsKnown = tag !== '' && tag === change.item?.eTag;
      if (!isAsKnown) {
        marks.look.add(path);
      } else if (kind === 'folder') {
        // A line about a folder in its known version means a change below it.
        marks.touched.add(path);
      }
    }
    if (change.item !== undefined && inPlace.length === 0) {
      for (const { path } of (byId.get(change.parentId ?? '') ?? []).filter(isListed)) {
        marks.list.add(path);
      }
    }
  }
  return { look: [...marks.look], list: [...marks.list], touched: [...marks.touched] };
}

function isInPlace({ item, parentId }: DriveChange, { path, parentId: folderId }: SyncMember): boolean {
  return item !== undefined && parentId === folderId && item.name === namesOf(path).at(-1);
}
