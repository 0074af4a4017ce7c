import { type DrivePath, parentPath } from '../drive/path.ts';
import type { StoredLock } from '../state/lock-store.ts';
import { tokensInLockTokenHeader } from './client-quirks.ts';
import { DavError } from './errors.ts';
import { encodeHref } from './href.ts';
import { type Holder, obstacleAt, obstacleWithin, releaseWithin } from './locks.ts';
import { type DavRequest, placeOf } from './request.ts';

/**
 * What a method is about to change (RFC 4918 §7): `entry` its content or properties, `tree` it with all its members, `new` a name that its
 * folder does not have yet, `gone` a name that its folder will not have any more, `own` what the user may do to an entry that is locked, too.
 */
export type Change = 'entry' | 'tree' | 'new' | 'gone' | 'own';

/** Does `change` where no lock is in its way; a lock that is asked for meanwhile waits until it is done. Throws 423. */
export async function changing<T>(
  request: DavRequest,
  changes: readonly (readonly [path: DrivePath, change: Change])[],
  change: () => Promise<T>,
): Promise<T> {
  const end = beginChange(request, changes);
  try {
    return await change();
  } finally {
    end();
  }
}

/**
 * What ends the locks of the entry at `path`, of its members, and of what goes along with it, once it is not there any more. Made before the
 * change, as long as all of that can be found.
 */
export function endsLocksOf(request: DavRequest, path: DrivePath): () => void {
  const { drive, services } = request;
  const places = [path, ...(drive.companions?.(path) ?? [])].map(each => placeOf(request, each));
  return () => {
    for (const place of places) {
      releaseWithin(services.locks, place, services.clock.now());
    }
  };
}

/** The first half of `changing`, for a change whose last look at the locks comes in its middle. The caller calls what comes back. */
export function beginChange(
  request: DavRequest,
  changes: readonly (readonly [path: DrivePath, change: Change])[],
): () => void {
  for (const [path, change] of changes) {
    refuseLocked(request, path, change);
  }
  return request.services.changesUnderWay.begin(changes.map(([path]) => placeOf(request, path)));
}

/** Throws 423 with the lock's URL when a lock, whose token was not submitted, is in the way of the change (RFC 4918 §7, §16). */
export function refuseLocked(request: DavRequest, path: DrivePath, change: Change): void {
  if (change === 'own') {
    return;
  }
  const { locks, clock } = request.services;
  const holder = holderOf(request);
  const now = clock.now();
  const changesTree = change === 'tree' || change === 'gone';
  const place = placeOf(request, path);
  const own = changesTree ? obstacleWithin(locks, place, holder, now) : obstacleAt(locks, place, holder, now);
  refuse(request, path, own);
  if (change === 'new' || change === 'gone') {
    const folder = parentPath(path);
    refuse(request, folder, obstacleAt(locks, placeOf(request, folder), holder, now));
  }
}

function refuse(request: DavRequest, path: DrivePath, obstacle: StoredLock | undefined): void {
  if (obstacle === undefined) {
    return;
  }
  const href = lockRootHref(request, path, obstacle);
  throw new DavError(423, `there is a lock on ${href}, and its token was not sent`, {
    condition: 'lock-token-submitted',
    hrefs: [href],
  });
}

/** The user, and every token in the If header: to name one is to submit it, wherever it stands (RFC 4918 §10.4.1). */
export function holderOf(request: DavRequest): Holder {
  const tokens = (request.conditions.ifLists ?? []).flatMap(list =>
    list.conditions.flatMap(({ kind, value }) => (kind === 'token' ? [value] : [])),
  );
  return { user: request.user, tokens: new Set([...tokens, ...tokensInLockTokenHeader(request)]) };
}

/**
 * The URL of what a lock is on, as this client can use it, seen from `path`, which the lock reaches or which it is below. The lock may have been
 * taken through another mount of the same folder, which is not this user's to know.
 */
export function lockRootHref(request: DavRequest, path: DrivePath, { place, root, rootKind }: StoredLock): string {
  const own = placeOf(request, path);
  const names = path === request.path ? request.names : path;
  const above = own.length - place.length;
  const inView =
    above > 0 ? names.slice(0, Math.max(1, names.length - above)) : [...names, ...root.slice(root.length + above)];
  return encodeHref([...request.prefix, ...inView], above > 0 ? 'folder' : rootKind);
}
