import { type StillHolds, unchanged } from '../../drive/basis.ts';
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

/** The surroundings of an entry that a client asks for. The others are not looked up. */
export interface Wanted {
  readonly locks: boolean;
  readonly deadProperties: boolean;
  /** The URL that stands for the user who asks; undefined for nobody's user. */
  readonly principal: string | undefined;
}

export interface PlacedEntry {
  readonly path: DrivePath;
  readonly entry: Entry;
  readonly quota: Quota | undefined;
  readonly syncToken?: string | undefined;
  readonly treeTag?: string | undefined;
}

/** Looks up everything that the properties of these entries may need, in few calls. */
export type SourcesOf = (entries: readonly PlacedEntry[]) => Promise<readonly PropertySource[]>;

/**
 * Prepares the sources for the entry at the request's path and its members. They are all in one drive, so their locks
 * are looked up once.
 */
export async function propertySources(
  request: UrlView & RequestPart<'keeping' | 'user' | 'part', 'locks' | 'clock' | 'properties'>,
  wanted: Wanted,
): Promise<SourcesOf> {
  const { drive, services, keeping } = request;
  const now = services.clock.now();
  const noneTaken = unchanged(services.locks.taken);
  const locks = wanted.locks ? await locksAt(request, request.path, { members: true }) : [];
  if (wanted.locks) {
    // A lock is shown with the rest of its time.
    keeping?.add(locks.length === 0 ? noneTaken : undefined);
  }
  if (wanted.deadProperties) {
    keeping?.add(unchangedProperties(services.properties, scopeOf(drive, request.path)));
  }
  const scope = wanted.deadProperties ? await usedScope(drive, services.properties, request.path) : undefined;
  // A lock names its owner, who is no business of those who are nobody's users.
  const render = (path: DrivePath) =>
    reaching(drive, locks, path)
      .filter(({ user }) => request.part === undefined || user === request.user)
      .map(lock => renderActiveLock(lock, { href: lockRootHref(request, path, lock), now }))
      .join('');
  let own: 'read' | 'write' | undefined;
  const accessTo = (path: DrivePath) => {
    // Access to a folder is access to its members, so that a long listing asks once.
    own ??= drive.access(request.path);
    return own === 'write' ? own : drive.access(path);
  };
  return async entries => {
    const dead =
      scope === undefined
        ? NONE
        : await services.properties.listEach(
            scope,
            entries.map(({ entry }) => entry.id),
          );
    return entries.map(({ path, entry, quota, syncToken, treeTag }) => ({
      entry,
      syncToken,
      treeTag,
      tellsChanges: () => {
        keeping?.add(undefined);
        return entry.kind === 'folder' && drive.tellsChanges(path);
      },
      quota: entry.kind === 'folder' ? quota : undefined,
      access: () => accessTo(path),
      principal: wanted.principal,
      activeLocks: () => render(path),
      deadProperties: () => dead.get(entry.id) ?? [],
    }));
  };
}

/** Tells whether the properties in a scope are as they are now. */
export function unchangedProperties({ version }: PropertyStore, scope: string): StillHolds | undefined {
  return unchanged(version && (() => version(scope)));
}

const NONE: ReadonlyMap<string, readonly DeadProperty[]> = new Map();

/**
 * The scope of the dead properties, if there are any. The root of all mounts has none: a listing shows only the names
 * of the mounts, and knowing more would open each mount's drive.
 */
async function usedScope(drive: Drive, properties: PropertyStore, path: DrivePath): Promise<string | undefined> {
  const scope = scopeOf(drive, path);
  return path.length > 0 && (await properties.isUsed(scope)) ? scope : undefined;
}

/** The locks that reach `path`. Most listings have no locks, and then need no places of their entries. */
function reaching(drive: Drive, locks: readonly StoredLock[], path: DrivePath): readonly StoredLock[] {
  if (locks.length === 0) {
    return locks;
  }
  const place = placeOf(drive, path);
  return locks.filter(lock => reaches(lock, place));
}
