import type { Entry, Quota } from '../drive/entry.ts';
import type { DrivePath } from '../drive/path.ts';
import { reaches } from '../state/lock-rules.ts';
import type { StoredLock } from '../state/lock-store.ts';
import { lockRootHref } from './locks/lock-guard.ts';
import { renderActiveLock } from './locks/lock-xml.ts';
import { locksAt } from './locks/locks-at.ts';
import type { PropertySource } from './properties.ts';
import { type DavRequest, keyOf, placeOf } from './request.ts';

/** Everything that the properties of an entry may need, each looked up when it is asked for. */
export type SourceOf = (path: DrivePath, entry: Entry, quota?: Quota) => PropertySource;

/** For the entry at the request's path and its members: their locks are looked up together, once, where they are asked for. */
export async function propertySources(request: DavRequest, { withLocks }: { withLocks: boolean }): Promise<SourceOf> {
  const { properties, clock } = request.services;
  const now = clock.now();
  const found = withLocks ? await locksAt(request, request.path, { members: true }) : [];
  const isUsed = new Map<string, boolean>();
  const hasDead = (scope: string) => {
    const known = isUsed.get(scope) ?? properties.isUsed(scope);
    isUsed.set(scope, known);
    return known;
  };
  return (path, entry, quota) => ({
    entry,
    quota: entry.kind === 'folder' ? quota : undefined,
    access: request.drive.access?.(path) ?? 'write',
    activeLocks: () =>
      reaching(request, found, path)
        .map(lock => renderActiveLock(lock, { href: lockRootHref(request, path, lock), now }))
        .join(''),
    deadProperties: () => {
      if (request.path.length === 0) {
        // Of mounts that are but listed only the names are known: to know more would make the drive of each.
        return [];
      }
      const { scope, itemId } = keyOf(request, path, entry);
      return hasDead(scope) ? properties.list(scope, itemId) : [];
    },
  });
}

/** Those of the locks that reach `path`. Most listings have none, and need not know where their entries are. */
function reaching(request: DavRequest, locks: readonly StoredLock[], path: DrivePath): readonly StoredLock[] {
  if (locks.length === 0) {
    return locks;
  }
  const place = placeOf(request, path);
  return locks.filter(lock => reaches(lock, place));
}
