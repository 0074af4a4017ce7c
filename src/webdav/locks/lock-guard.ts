import type { Drive } from '../../drive/drive.ts';
import { type DrivePath, parentPath, toDrivePath } from '../../drive/path.ts';
import { type Permit, runWith } from '../../lib/permit.ts';
import {
  type Claim,
  type Holder,
  isObstacle,
  type Obstacle,
  type StoredLock,
  type Touched,
} from '../../state/lock-store.ts';
import { tokensInLockTokenHeader } from '../client-quirks.ts';
import { DavError } from '../errors.ts';
import { encodeHref } from '../href.ts';
import { type DavRequest, placeOf, type RequestPart, refuseReadOnly } from '../request.ts';
import { type Change, TOUCHED } from './locks.ts';

type Changes = readonly (readonly [path: DrivePath, change: Change])[];

type TouchedPath = Touched & { readonly path: DrivePath };

/** How a client sees the tree: the URL of its request, and the path that the URL stands for. */
export type UrlView = Pick<DavRequest, 'drive' | 'path' | 'names' | 'prefix'>;

type TokenSource = Pick<DavRequest, 'user' | 'conditions' | 'raw'>;

/** The parts of a request that decide whether a lock is in its way, and how a refusal names the lock. */
export type GuardedRequest = UrlView & TokenSource & RequestPart<never, 'locks' | 'clock'>;

/** Makes `change` if no lock is in its way. A lock requested meanwhile waits until the change is done. Throws 423. */
export async function changing<T>(request: GuardedRequest, changes: Changes, change: () => Promise<T>): Promise<T> {
  const claim = await beginChange(request, changes, holderOf(request));
  try {
    return await runWith(claim, change);
  } finally {
    await claim.end();
  }
}

/**
 * Does the same for a change that checks the locks a last time in its middle: it calls the `begin` that it gets right
 * before it commits. Throws 423.
 */
export async function committing<T>(
  request: GuardedRequest,
  changes: Changes,
  change: (begin: () => Promise<void>) => Promise<T>,
  holder: Holder = holderOf(request),
): Promise<T> {
  let claim: Claim | undefined;
  const begin = async () => {
    claim = await beginChange(request, changes, holder);
  };
  const permit: Permit = {
    isHeld: () => claim?.isHeld() !== false,
    get lost() {
      return claim?.lost;
    },
  };
  try {
    return await runWith(permit, () => change(begin));
  } finally {
    await claim?.end();
  }
}

/**
 * Returns a function that ends the locks of the entry at `path`, of its members and of its companions once the entry is
 * gone. It must be prepared before the change, while all of them can still be found.
 */
export async function endsLocksOf(
  { drive, services }: RequestPart<'drive', 'locks' | 'clock'>,
  path: DrivePath,
): Promise<() => Promise<void>> {
  const companions = await drive.companions(path);
  const places = [path, ...companions].map(each => placeOf(drive, each));
  return () => services.locks.endWithin(places, services.clock.now());
}

async function beginChange(request: GuardedRequest, changes: Changes, holder: Holder): Promise<Claim> {
  const { drive, services } = request;
  const { locks, clock } = services;
  const places = changes.map(([path]) => placeOf(drive, path));
  const answer = await locks.begin(touchedBy(drive, changes), { holder, now: clock.now(), places });
  return isObstacle(answer) ? refuse(request, answer) : answer;
}

/**
 * Throws 423 with the lock's URL when a lock is in the way of the change and the client did not submit its token (RFC
 * 4918 §7, §16).
 */
export async function refuseLocked(request: GuardedRequest, path: DrivePath, change: Change): Promise<void> {
  const { locks, clock } = request.services;
  if (locks.hasNone?.() === true) {
    return;
  }
  const touched = touchedBy(request.drive, [[path, change]]);
  const obstacle = await locks.check(touched, { holder: holderOf(request), now: clock.now() });
  if (obstacle !== undefined) {
    refuse(request, obstacle);
  }
}

function touchedBy(drive: Drive, changes: Changes): TouchedPath[] {
  return changes.flatMap(([path, change]) => {
    const { self, folder } = TOUCHED[change];
    const above = parentPath(path);
    return [
      ...(self === undefined ? [] : [{ path, place: placeOf(drive, path), reach: self }]),
      ...(folder ? [{ path: above, place: placeOf(drive, above), reach: 'entry' as const }] : []),
    ];
  });
}

function refuse(view: UrlView, { lock, touched }: Obstacle<TouchedPath>): never {
  const href = lockRootHref(view, touched.path, lock);
  throw new DavError(423, `${href} is locked, and the request did not submit the token of the lock`, {
    condition: 'lock-token-submitted',
    hrefs: [href],
  });
}

/**
 * The user, and every token in the If header. A token counts as submitted wherever it stands in the header (RFC 4918
 * §10.4.1).
 */
export function holderOf({ user, conditions, raw }: TokenSource): Holder {
  const tokens = (conditions.ifLists ?? []).flatMap(list =>
    list.conditions.flatMap(({ kind, value }) => (kind === 'token' ? [value] : [])),
  );
  return { user, tokens: new Set([...tokens, ...tokensInLockTokenHeader(raw)]) };
}

/**
 * The URL of the lock's root, as this client can use it. `path` is a resource that the lock reaches, or one above its
 * root. Another user may have taken the lock through another mount of the same folder; this client must not learn that
 * mount's name.
 */
export function lockRootHref(view: UrlView, path: DrivePath, { place, root, rootKind }: StoredLock): string {
  const own = placeOf(view.drive, path);
  const names = path === view.path ? view.names : path;
  const above = own.length - place.length;
  const inView =
    above > 0 ? names.slice(0, Math.max(1, names.length - above)) : [...names, ...root.slice(root.length + above)];
  return encodeHref([...view.prefix, ...inView], above > 0 ? 'folder' : rootKind);
}

/**
 * Refuses to end or prolong a lock when its root is read-only for this client: the same user may have taken it with a
 * password for more. Throws 403.
 */
export function refuseReadOnlyLock(
  { drive, path }: Pick<DavRequest, 'drive' | 'path'>,
  { place }: StoredLock,
  action: string,
): void {
  const above = Math.max(0, placeOf(drive, path).length - place.length);
  refuseReadOnly(drive, toDrivePath(path.slice(0, Math.max(1, path.length - above))), action);
}
