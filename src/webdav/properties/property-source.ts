import type { Drive } from '../../drive/drive.ts';
import type { Entry, Quota } from '../../drive/entry.ts';
import type { DrivePath } from '../../drive/path.ts';
import { reaches } from '../../state/lock-rules.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import type { DeadProperty, PropertyStore } from '../../state/property-store.ts';
import { lockRootHref, type UrlView } from '../locks/lock-guard.ts';
import { renderActiveLock } from '../locks/lock-xml.ts';
import { locksAt } from '../locks/locks-at.ts';
import { placeOf, type RequestPart, scopeOf } from '../request.ts';
import type { PropertySource } from './live-properties.ts';

/** What of an entry's surroundings somebody will ask for; what nobody does is not looked up. */
export interface Wanted {
  readonly locks: boolean;
  readonly deadProperties: boolean;
}

export interface PlacedEntry {
  readonly path: DrivePath;
  readonly entry: Entry;
  readonly quota: Quota | undefined;
}

/** Everything that the properties of entries may need; for many entries it is looked up together. */
export type SourcesOf = (entries: readonly PlacedEntry[]) => Promise<readonly PropertySource[]>;

/** For the entry at the request's path and its members, which are in one drive: their locks are looked up once. */
export async function propertySources(
  request: UrlView & RequestPart<never, 'locks' | 'clock' | 'properties'>,
  wanted: Wanted,
): Promise<SourcesOf> {
  const { drive, services } = request;
  const now = services.clock.now();
  const locks = wanted.locks ? await locksAt(request, request.path, { members: true }) : [];
  const scope = wanted.deadProperties ? await usedScope(drive, services.properties, request.path) : undefined;
  const render = (path: DrivePath) =>
    reaching(drive, locks, path)
      .map(lock => renderActiveLock(lock, { href: lockRootHref(request, path, lock), now }))
      .join('');
  return async entries => {
    const dead =
      scope === undefined
        ? NONE
        : await services.properties.listEach(
            scope,
            entries.map(({ entry }) => entry.id),
          );
    return entries.map(({ path, entry, quota }) => ({
      entry,
      quota: entry.kind === 'folder' ? quota : undefined,
      access: drive.access(path),
      activeLocks: () => render(path),
      deadProperties: () => dead.get(entry.id) ?? [],
    }));
  };
}

const NONE: ReadonlyMap<string, readonly DeadProperty[]> = new Map();

/**
 * Where the dead properties are, if there are any. Of mounts that are but listed only the names are known: to know more
 * would make the drive of each.
 */
async function usedScope(drive: Drive, properties: PropertyStore, path: DrivePath): Promise<string | undefined> {
  const scope = scopeOf(drive, path);
  return path.length > 0 && (await properties.isUsed(scope)) ? scope : undefined;
}

/** Those of the locks that reach `path`. Most listings have none, and need not know where their entries are. */
function reaching(drive: Drive, locks: readonly StoredLock[], path: DrivePath): readonly StoredLock[] {
  if (locks.length === 0) {
    return locks;
  }
  const place = placeOf(drive, path);
  return locks.filter(lock => reaches(lock, place));
}
