import { type DrivePath, parentPath } from '../drive/path.ts';
import type { StoredLock } from '../state/lock-store.ts';
import { tokensInLockTokenHeader } from './client-quirks.ts';
import { DavError } from './errors.ts';
import { type Holder, obstacleAt, obstacleWithin } from './locks.ts';
import { encodeHref } from './multistatus.ts';
import { type DavRequest, placeOf } from './request.ts';

/**
 * What a method is about to change (RFC 4918 §7): `entry` its content or properties, `tree` it with all its members, `new` a name that its
 * folder does not have yet, `gone` a name that its folder will not have any more.
 */
export type Change = 'entry' | 'tree' | 'new' | 'gone';

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
  const { locks, clock } = request.services;
  const holder = holderOf(request);
  const now = clock.now();
  const place = placeOf(request, path);
  const changesTree = change === 'tree' || change === 'gone';
  const own = changesTree ? obstacleWithin(locks, place, holder, now) : obstacleAt(locks, place, holder, now);
  const isMembership = change === 'new' || change === 'gone';
  const obstacle =
    own ?? (isMembership ? obstacleAt(locks, placeOf(request, parentPath(path)), holder, now) : undefined);
  if (obstacle !== undefined) {
    throw new DavError(423, `there is a lock on ${lockRootHref(request, obstacle)}, and its token was not sent`, {
      condition: 'lock-token-submitted',
      hrefs: [lockRootHref(request, obstacle)],
    });
  }
}

/** The user, and every token in the If header: to name one is to submit it, wherever it stands (RFC 4918 §10.4.1). */
export function holderOf(request: DavRequest): Holder {
  const tokens = (request.conditions.ifLists ?? []).flatMap(list =>
    list.conditions.flatMap(({ kind, value }) => (kind === 'token' ? [value] : [])),
  );
  return { user: request.user, tokens: new Set([...tokens, ...tokensInLockTokenHeader(request)]) };
}

/** The URL that a lock was taken on, as this client can use it. */
export function lockRootHref({ prefix }: DavRequest, { root }: StoredLock): string {
  return encodeHref([...prefix, ...root], 'file');
}
