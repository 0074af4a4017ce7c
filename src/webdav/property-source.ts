import type { Entry, Quota } from '../drive/entry.ts';
import type { DrivePath } from '../drive/path.ts';
import { lockRootHref } from './lock-guard.ts';
import { renderActiveLock } from './lock-xml.ts';
import type { PropertySource } from './properties.ts';
import { type DavRequest, keyOf, placeOf } from './request.ts';

/** Everything that the properties of an entry may need, each looked up when it is asked for. */
export function propertySource(request: DavRequest, path: DrivePath, entry: Entry, quota?: Quota): PropertySource {
  const { locks, properties, clock } = request.services;
  const now = clock.now();
  return {
    entry,
    quota: entry.kind === 'folder' ? quota : undefined,
    access: request.drive.access?.(path) ?? 'write',
    activeLocks: () =>
      locks
        .covering(placeOf(request, path), now)
        .map(lock => renderActiveLock(lock, { href: lockRootHref(request, lock), now }))
        .join(''),
    deadProperties: () => {
      const { scope, itemId } = keyOf(request, path, entry);
      return properties.isUsed(scope) ? properties.list(scope, itemId) : [];
    },
  };
}
