import type { ServerResponse } from 'node:http';
import type { Entry } from '../../drive/entry.ts';
import { isDriveError } from '../../drive/errors.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import { checkConditions, statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseTimeout } from '../headers/timeout.ts';
import { encodeHref } from '../href.ts';
import { holderOf, lockRootHref, refuseLocked } from '../lock-guard.ts';
import { type LockInfo, readLockInfo, renderActiveLock } from '../lock-xml.ts';
import { conflictOf, isHeldBy, newToken, refreshed } from '../locks.ts';
import { type DavRequest, headerOf, placeOf, refuseCollectionUrl, refuseReadOnly } from '../request.ts';
import { renderCondition, sendMultistatus, sendXml } from '../respond.ts';
import { readXml } from '../xml/xml-reader.ts';
import { escapeXml } from '../xml/xml-writer.ts';

/** Shared ones, that is: people who edit one document together. */
const MAX_LOCKS_HERE = 64;
/** Of one user: a desktop that has a whole project open. */
const MAX_LOCKS = 10_000;

/** LOCK (RFC 4918 §9.10): with a body a new lock, 200 or 201 on a name that was free; without one a refresh. */
export async function lock(request: DavRequest, response: ServerResponse): Promise<void> {
  const body = await readXml(request.raw, request.services.maxXmlBytes);
  if (request.path.length === 0) {
    throw new DavError(403, 'cannot lock the root: its members are the mounts of the configuration');
  }
  await (body === undefined ? refresh(request, response) : create(request, response, readLockInfo(body)));
}

async function create(request: DavRequest, response: ServerResponse, info: LockInfo): Promise<void> {
  const { path } = request;
  const depth = parseDepth(headerOf(request.raw, 'depth')) ?? 'infinity';
  if (depth === 1) {
    throw new DavError(400, 'LOCK takes Depth 0 or infinity (RFC 4918 §9.10.3)');
  }
  const entry = await statOrNull(request, path);
  refuseReadOnly(request, 'lock');
  await checkConditions(request, entry);
  if (entry === null) {
    refuseCollectionUrl(request);
    refuseLocked(request, path, 'new');
  }
  const wish = newLock(request, { ...info, depth, rootKind: entry?.kind ?? 'file' });
  refuseTooMany(request, wish.place);
  const conflict = take(request, wish);
  if (conflict !== undefined) {
    refuseConflict(request, response, conflict);
    return;
  }
  const created = await settle(request, entry, wish).catch((error: unknown) => {
    request.services.locks.delete(wish.token);
    throw error;
  });
  sendLock(request, response, { status: created ? 201 : 200, lock: wish, isNew: true });
}

function newLock(request: DavRequest, wish: Pick<StoredLock, 'scope' | 'owner' | 'depth' | 'rootKind'>): StoredLock {
  const { clock, lockTimeouts } = request.services;
  const seconds = parseTimeout(headerOf(request.raw, 'timeout'), lockTimeouts.maxSeconds);
  const lock = {
    ...wish,
    token: newToken(),
    place: placeOf(request, request.path),
    root: request.names,
    user: request.user,
    timeoutSeconds: 0,
    expires: 0,
    bornAs: '',
  };
  return refreshed(lock, seconds ?? lockTimeouts.defaultSeconds, clock.now());
}

/** RFC 4918 has no bound; without one a table of locks is a way to slow everybody down. */
function refuseTooMany({ services, user }: DavRequest, place: StoredLock['place']): void {
  const now = services.clock.now();
  if (services.locks.covering(place, now).length >= MAX_LOCKS_HERE || services.locks.count(user, now) >= MAX_LOCKS) {
    throw new DavError(507, `there are too many locks: ${MAX_LOCKS_HERE} on one resource, ${MAX_LOCKS} of one user`);
  }
}

/** Looks for a conflict and takes the lock in one step: of two clients at once one gets it. Gives the lock that is in the way. */
function take({ services }: DavRequest, wish: StoredLock): StoredLock | undefined {
  const conflict = conflictOf(services.locks, wish, services.clock.now());
  if (conflict === undefined) {
    services.locks.put(wish);
  }
  return conflict;
}

/**
 * Waits for the changes that were under way when the lock was taken, and sees that there is something to lock. A change may have ended the
 * lock with what it was on; then it is taken anew. True: the entry was made.
 */
async function settle(request: DavRequest, before: Entry | null, lock: StoredLock): Promise<boolean> {
  const { path, services } = request;
  let entry = before;
  while (await services.changesUnderWay.settled(lock.place)) {
    entry = await statOrNull(request, path);
    if (services.locks.get(lock.token, services.clock.now()) !== undefined) {
      break;
    }
    const conflict = take(request, lock);
    if (conflict !== undefined) {
      throw conflictError(request, conflict);
    }
  }
  return entry === null && (await makeEmptyFile(request, lock));
}

/** 423 for a lock on the resource or above it; a lock on a member is told in a 207, with the request's own URL as what failed with it. */
function refuseConflict(request: DavRequest, response: ServerResponse, conflict: StoredLock): void {
  if (conflict.place.length <= placeOf(request, request.path).length) {
    throw conflictError(request, conflict);
  }
  const own = encodeHref([...request.prefix, ...request.names], 'folder');
  const answerFor = (url: string, status: string, error: string) =>
    `<D:response><D:href>${escapeXml(url)}</D:href><D:status>HTTP/1.1 ${status}</D:status>${error}</D:response>`;
  const error = `<D:error>${renderCondition('no-conflicting-lock')}</D:error>`;
  const href = lockRootHref(request, request.path, conflict);
  sendMultistatus(response, answerFor(href, '423 Locked', error) + answerFor(own, '424 Failed Dependency', ''));
}

function conflictError(request: DavRequest, conflict: StoredLock): DavError {
  const href = lockRootHref(request, request.path, conflict);
  return new DavError(423, `there is a lock on ${href} already`, { condition: 'no-conflicting-lock', hrefs: [href] });
}

/** RFC 4918 §7.3: a lock on a free name makes an empty file. Who came between has made one; then the lock is on that. */
async function makeEmptyFile(request: DavRequest, granted: StoredLock): Promise<boolean> {
  const { drive, path, signal, services } = request;
  try {
    const { entry } = await drive.write(path, nothing(), { signal, length: 0, expect: { kind: 'absent' } });
    services.locks.put({ ...granted, bornAs: entry.etag });
    return true;
  } catch (error) {
    if (isDriveError(error, 'precondition')) {
      return false;
    }
    throw error;
  }
}

/** RFC 4918 §9.10.2: the lock that the If header names, by whatever URL it reaches, lives on. */
async function refresh(request: DavRequest, response: ServerResponse): Promise<void> {
  const { locks, clock, lockTimeouts } = request.services;
  if (request.conditions.ifLists === undefined) {
    throw new DavError(400, 'LOCK needs a lockinfo body, or an If header with the token of the lock to refresh');
  }
  const now = clock.now();
  const holder = holderOf(request);
  const own = locks.covering(placeOf(request, request.path), now).find(each => isHeldBy(each, holder));
  if (own === undefined) {
    throw new DavError(412, 'the If header names no lock of yours here', {
      condition: 'lock-token-matches-request-uri',
    });
  }
  await checkConditions(request, await statOrNull(request, request.path));
  const seconds = parseTimeout(headerOf(request.raw, 'timeout'), lockTimeouts.maxSeconds) ?? own.timeoutSeconds;
  const lived = refreshed(own, seconds, now);
  locks.put(lived);
  sendLock(request, response, { status: 200, lock: lived, isNew: false });
}

/** Finder reads the token from the body, others from the header (webdavfs, `webdav_parse.c`); a refresh has no header (§9.10.2). */
function sendLock(
  request: DavRequest,
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
