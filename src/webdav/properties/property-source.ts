import type { Entry, Quota } from '../../drive/entry.ts';
import type { DrivePath } from '../../drive/path.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import { lockRootHref } from '../lock-guard.ts';
import { renderActiveLock } from '../lock-xml.ts';
import type { Place } from '../locks.ts';
import { type DavRequest, keyOf, placeOf } from '../request.ts';
import type { PropertySource } from './live-properties.ts';

/** Everything that the properties of an entry may need, each looked up when it is asked for. */
export type SourceOf = (path: DrivePath, entry: Entry, quota?: Quota) => PropertySource;

/** For the entry at the request's path and its members: their locks are looked up together, once. */
export function propertySources(request: DavRequest): SourceOf {
  const { properties, clock } = request.services;
  const now = clock.now();
  const locksAt = lazily(() => findLocks(request, now));
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
      locksAt()(path)
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

/** The locks that reach the request's path or are below it, as a function that gives those of one path among them. */
function findLocks(request: DavRequest, now: number): (path: DrivePath) => readonly StoredLock[] {
  const { locks } = request.services;
  const own = placeOf(request, request.path);
  const found = [...locks.covering(own, now), ...locks.within(own, now).filter(lock => lock.place.length > own.length)];
  // Most listings have none, and need not know where their entries are.
  return path => (found.length === 0 ? [] : reaching(found, placeOf(request, path)));
}

function reaching(locks: readonly StoredLock[], place: Place): StoredLock[] {
  return locks.filter(
    ({ place: root, depth }) =>
      root.every((name, index) => name === place[index]) && (depth === 'infinity' || root.length === place.length),
  );
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
