import type { ServerResponse } from 'node:http';
import type { Entry } from '../../drive/entry.ts';
import { isDriveError } from '../../drive/errors.ts';
import { isHeldBy } from '../../state/lock-rules.ts';
import type { LockOutcome, StoredLock } from '../../state/lock-store.ts';
import { checkConditions, statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseTimeout } from '../headers/timeout.ts';
import { encodeHref } from '../href.ts';
import {
  committing,
  type GuardedRequest,
  holderOf,
  lockRootHref,
  refuseLocked,
  refuseReadOnlyLock,
  type UrlView,
} from '../locks/lock-guard.ts';
import { type LockInfo, readLockInfo, renderActiveLock } from '../locks/lock-xml.ts';
import { LOCK_LIMITS, newToken } from '../locks/locks.ts';
import { locksAt } from '../locks/locks-at.ts';
import {
  type DavRequest,
  type DavServices,
  headerOf,
  placeOf,
  type RequestPart,
  refuseCollectionUrl,
  refuseReadOnly,
  treeNames,
} from '../request.ts';
import { renderCondition, sendMultistatus, sendXml } from '../respond.ts';
import { readXml } from '../xml/xml-reader.ts';
import { escapeXml } from '../xml/xml-writer.ts';

/**
 * LOCK (RFC 4918 §9.10). With a body it takes a new lock: 200, or 201 on a free name. Without a body it refreshes one.
 */
export async function lock(request: DavRequest, response: ServerResponse): Promise<void> {
  const body = await readXml(request, request.services.maxXmlBytes);
  if (request.path.length === 0) {
    throw new DavError(403, 'cannot lock the root: its members are the mounts of the configuration', {
      condition: 'need-privileges',
    });
  }
  await (body === undefined ? refresh(request, response) : create(request, response, readLockInfo(body)));
}

async function create(request: DavRequest, response: ServerResponse, info: LockInfo): Promise<void> {
  const { drive, path, signal } = request;
  const depth = parseDepth(headerOf(request.raw, 'depth')) ?? 'infinity';
  if (depth === 1) {
    throw new DavError(400, 'LOCK takes Depth 0 or infinity (RFC 4918 §9.10.3)');
  }
  const entry = await statOrNull(drive, path, { signal, beforeWrite: true });
  refuseReadOnly(drive, path, 'lock');
  await checkConditions(request, entry);
  if (entry === null) {
    refuseCollectionUrl(path, request.endsWithSlash);
    await refuseLocked(request, path, 'new');
  }
  const wish = newLock(request, { ...info, depth, rootKind: entry?.kind ?? 'file' });
  const taken = await take(request.services, wish);
  if (taken.kind === 'conflict') {
    refuseConflict(request, response, taken.lock);
    return;
  }
  const created = await settleOrWithdraw(request, { before: entry, lock: wish, underWay: taken.underWay });
  sendLock(request, response, { status: created ? 201 : 200, lock: wish, isNew: true });
}

function newLock(
  request: RequestPart<'drive' | 'path' | 'names' | 'part' | 'user' | 'raw', 'clock' | 'lockTimeouts'>,
  wish: Pick<StoredLock, 'scope' | 'owner' | 'depth' | 'rootKind'>,
): StoredLock {
  const { clock, lockTimeouts } = request.services;
  const seconds = parseTimeout(headerOf(request.raw, 'timeout'), lockTimeouts.maxSeconds);
  const timeoutSeconds = seconds ?? lockTimeouts.defaultSeconds;
  return {
    ...wish,
    token: newToken(),
    place: placeOf(request.drive, request.path),
    root: treeNames(request),
    user: request.user,
    timeoutSeconds,
    expires: clock.now() + timeoutSeconds * 1000,
    bornAs: '',
  };
}

/** Takes the lock, unless another lock is in the way. Of two clients at the same time, one gets it. Throws 507. */
async function take(
  { locks, clock }: Pick<DavServices, 'locks' | 'clock'>,
  wish: StoredLock,
): Promise<Exclude<LockOutcome, { kind: 'too-many' }>> {
  const outcome = await locks.lock(wish, { now: clock.now(), limits: LOCK_LIMITS });
  if (outcome.kind === 'too-many') {
    const { here, ofUser } = LOCK_LIMITS;
    throw new DavError(507, `too many locks: at most ${here} on one resource and ${ofUser} for one user`);
  }
  return outcome;
}

/** The parts of a request that `settle` needs to make the empty file of a lock on a free name. */
type SettlingRequest = GuardedRequest & Pick<DavRequest, 'signal'>;

/** A lock that was taken and that the client has not heard of yet. */
interface Taken {
  readonly lock: StoredLock;
  /** The entry before the lock was taken. */
  readonly before: Entry | null;
  /** As in `LockOutcome`. */
  readonly underWay: boolean;
}

/** Withdraws the lock when settling fails: a lock must not stay if its client does not hear of it. */
async function settleOrWithdraw(request: SettlingRequest, taken: Taken): Promise<boolean> {
  try {
    return await settle(request, taken);
  } catch (error) {
    await request.services.locks.withdraw(taken.lock.token);
    throw error;
  }
}

/**
 * Waits for the changes that were under way when the lock was taken, and makes sure that its resource exists. Such a
 * change may have removed the resource and so ended the lock; then the lock is taken anew. True when it has made the
 * empty file.
 */
async function settle(request: SettlingRequest, { lock, before, underWay }: Taken): Promise<boolean> {
  const { drive, path, signal, services } = request;
  for (let mayBeLost = underWay; mayBeLost; ) {
    await services.locks.settled(lock.place);
    if ((await locksAt(request, path)).some(({ token }) => token === lock.token)) {
      break;
    }
    const again = await take(services, lock);
    if (again.kind === 'conflict') {
      throw conflictError(request, again.lock);
    }
    mayBeLost = again.underWay;
  }
  // The resource may have gone before the lock was taken. From then on no other client can remove it.
  const isThere = (before !== null || underWay) && (await statOrNull(drive, path, { signal })) !== null;
  return !isThere && (await makeEmptyFile(request, lock));
}

/**
 * Answers 423 for a lock on the resource or above it. A lock on a member becomes a 207: 423 for the member's URL, 424
 * for the request's own.
 */
function refuseConflict(view: UrlView, response: ServerResponse, conflict: StoredLock): void {
  if (conflict.place.length <= placeOf(view.drive, view.path).length) {
    throw conflictError(view, conflict);
  }
  const own = encodeHref([...view.prefix, ...view.names], 'folder');
  const answerFor = (url: string, status: string, error: string) =>
    `<D:response><D:href>${escapeXml(url)}</D:href><D:status>HTTP/1.1 ${status}</D:status>${error}</D:response>`;
  const error = `<D:error>${renderCondition('no-conflicting-lock')}</D:error>`;
  const href = lockRootHref(view, view.path, conflict);
  sendMultistatus(response, answerFor(href, '423 Locked', error) + answerFor(own, '424 Failed Dependency', ''));
}

function conflictError(view: UrlView, conflict: StoredLock): DavError {
  const href = lockRootHref(view, view.path, conflict);
  return new DavError(423, `there is already a conflicting lock on ${href}`, {
    condition: 'no-conflicting-lock',
    hrefs: [href],
  });
}

/**
 * A lock on a free name makes an empty file (RFC 4918 §7.3), which changes the folder like any other new file. If
 * another client has made a file meanwhile, the lock is on that file.
 */
async function makeEmptyFile(request: SettlingRequest, { token }: StoredLock): Promise<boolean> {
  const { drive, path, signal, services } = request;
  const { user, tokens } = holderOf(request);
  const holder = { user, tokens: new Set([...tokens, token]) };
  const expect = { kind: 'absent' } as const;
  const make = async (beforeCommit: () => Promise<void>) => {
    const { entry } = await drive.write(path, nothing(), { signal, length: 0, expect, beforeCommit });
    await services.locks.setBornAs(token, entry.etag, services.clock.now());
  };
  try {
    await committing(request, [[path, 'new']], make, holder);
    return true;
  } catch (error) {
    if (isDriveError(error, 'precondition')) {
      return false;
    }
    throw error;
  }
}

/** RFC 4918 §9.10.2: refreshes the lock that the If header names, through any URL that the lock reaches. */
async function refresh(request: DavRequest, response: ServerResponse): Promise<void> {
  const { locks, clock, lockTimeouts } = request.services;
  if (request.conditions.ifLists === undefined) {
    throw new DavError(400, 'LOCK needs a lockinfo body, or an If header with the token of the lock to refresh');
  }
  const holder = holderOf(request);
  const own = (await locksAt(request, request.path)).find(each => isHeldBy(each, holder));
  if (own === undefined) {
    throw noSuchLock();
  }
  const { drive, path, signal } = request;
  refuseReadOnlyLock(request, own, 'lock');
  await checkConditions(request, await statOrNull(drive, path, { signal }));
  const timeoutSeconds = parseTimeout(headerOf(request.raw, 'timeout'), lockTimeouts.maxSeconds);
  const lived = await locks.refresh(own.token, { now: clock.now(), timeoutSeconds });
  if (lived === undefined) {
    throw noSuchLock();
  }
  sendLock(request, response, { status: 200, lock: lived, isNew: false });
}

function noSuchLock(): DavError {
  return new DavError(412, 'the If header names no lock that you own on this resource', {
    condition: 'lock-token-matches-request-uri',
  });
}

/**
 * Finder reads the token from the body, other clients read it from the header (webdavfs, `webdav_parse.c`). A refresh
 * sends no header (§9.10.2).
 */
function sendLock(
  request: UrlView & RequestPart<never, 'clock'>,
  response: ServerResponse,
  { status, lock: shown, isNew }: { status: number; lock: StoredLock; isNew: boolean },
): void {
  const active = renderActiveLock(shown, {
    href: lockRootHref(request, request.path, shown),
    now: request.services.clock.now(),
  });
  const xml = `<D:prop xmlns:D="DAV:"><D:lockdiscovery>${active}</D:lockdiscovery></D:prop>`;
  sendXml(response, status, xml, isNew ? { 'Lock-Token': `<${shown.token}>` } : {});
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
