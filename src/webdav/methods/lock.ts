import type { ServerResponse } from 'node:http';
import type { Entry } from '../../drive/entry.ts';
import { isDriveError } from '../../drive/errors.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import { checkConditions, statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { parseTimeout } from '../headers/timeout.ts';
import { holderOf, lockRootHref, refuseLocked } from '../lock-guard.ts';
import { type LockInfo, readLockInfo, renderActiveLock } from '../lock-xml.ts';
import { conflictOf, isHeldBy, newToken, refreshed } from '../locks.ts';
import { encodeHref } from '../multistatus.ts';
import { type DavRequest, headerOf, placeOf, refuseReadOnly } from '../request.ts';
import { renderCondition, sendMultistatus, sendXml } from '../respond.ts';
import { readXml } from '../xml-reader.ts';
import { escapeXml } from '../xml-writer.ts';

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
  const depth = parseDepth(headerOf(request, 'depth')) ?? 'infinity';
  if (depth === 1) {
    throw new DavError(400, 'LOCK takes Depth 0 or infinity (RFC 4918 §9.10.3)');
  }
  const entry = await statOrNull(request, path);
  refuseReadOnly(request, 'lock');
  await checkConditions(request, entry);
  if (entry === null) {
    refuseLocked(request, path, 'new');
  }
  const granted = grant(request, response, { ...info, depth });
  if (granted === undefined) {
    return;
  }
  const created = await settle(request, entry, granted).catch((error: unknown) => {
    request.services.locks.delete(granted.token);
    throw error;
  });
  sendLock(request, response, { status: created ? 201 : 200, lock: granted, isNew: true });
}

/** Waits for the changes that were under way when the lock was taken, and sees that there is something to lock. True: it was made. */
async function settle(request: DavRequest, before: Entry | null, granted: StoredLock): Promise<boolean> {
  const { path, services } = request;
  const isOutOfDate = await services.changesUnderWay.settled(granted.place);
  const entry = isOutOfDate ? await statOrNull(request, path) : before;
  return entry === null && (await makeEmptyFile(request, granted));
}

/** Looks for a conflict and takes the lock in one step: of two clients at once one gets it. Undefined when it was refused in a 207. */
function grant(
  request: DavRequest,
  response: ServerResponse,
  { scope, owner, depth }: LockInfo & { depth: 0 | 'infinity' },
): StoredLock | undefined {
  const { locks, clock, lockTimeouts } = request.services;
  const now = clock.now();
  const place = placeOf(request, request.path);
  const conflict = conflictOf(locks, { place, depth, scope }, now);
  if (conflict !== undefined) {
    refuseConflict(request, response, conflict);
    return undefined;
  }
  const wish = parseTimeout(headerOf(request, 'timeout'), lockTimeouts.maxSeconds);
  const fresh = {
    token: newToken(),
    place,
    root: request.names,
    depth,
    scope,
    user: request.user,
    owner,
    timeoutSeconds: 0,
    expires: 0,
    bornAs: '',
  };
  const granted = refreshed(fresh, wish ?? lockTimeouts.defaultSeconds, now);
  locks.put(granted);
  return granted;
}

/** 423 for a lock on the resource or above it; a lock on a member is told in a 207, with the request's own URL as what failed with it. */
function refuseConflict(request: DavRequest, response: ServerResponse, conflict: StoredLock): void {
  const href = lockRootHref(request, conflict);
  if (conflict.place.length <= placeOf(request, request.path).length) {
    const message = `there is a lock on ${href} already`;
    throw new DavError(423, message, { condition: 'no-conflicting-lock', hrefs: [href] });
  }
  const own = encodeHref([...request.prefix, ...request.names], 'folder');
  const answerFor = (url: string, status: string, error: string) =>
    `<D:response><D:href>${escapeXml(url)}</D:href><D:status>HTTP/1.1 ${status}</D:status>${error}</D:response>`;
  const error = `<D:error>${renderCondition('no-conflicting-lock')}</D:error>`;
  sendMultistatus(response, answerFor(href, '423 Locked', error) + answerFor(own, '424 Failed Dependency', ''));
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
  await checkConditions(request, await statOrNull(request, request.path));
  const now = clock.now();
  const holder = holderOf(request);
  const own = locks.covering(placeOf(request, request.path), now).find(each => isHeldBy(each, holder));
  if (own === undefined) {
    throw new DavError(412, 'the If header names no lock of yours here', {
      condition: 'lock-token-matches-request-uri',
    });
  }
  const seconds = parseTimeout(headerOf(request, 'timeout'), lockTimeouts.maxSeconds) ?? own.timeoutSeconds;
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
  const active = renderActiveLock(shown, { href: lockRootHref(request, shown), now: request.services.clock.now() });
  const xml = `<D:prop xmlns:D="DAV:"><D:lockdiscovery>${active}</D:lockdiscovery></D:prop>`;
  sendXml(response, status, xml, isNew ? { 'Lock-Token': `<${shown.token}>` } : {});
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
