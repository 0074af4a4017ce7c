import { refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { notFound } from '../drive-reader.ts';
import { driveType, time, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseMissingDrive } from '../no-drive.ts';
import type { Access } from '../permissions.ts';
import { type Library, libraryUrl, oneDriveOf, type User } from '../site.ts';
import { authenticate, authorize } from '../tokens.ts';
import { existingSite } from './site-get.ts';
import { existingUser } from './user-get.ts';

/** `b!` and 48 bytes; Personal's are others. */
const DRIVE_ID = /^b![\w-]{64}$/;

/** `GET /users/{id | userPrincipalName}/drive` (Graph docs, "Get Drive"): an application never provisions one. */
export function driveGetOfUser(exchange: Exchange, idOrUpn: string): Reply {
  const user = userWithDrive(exchange, idOrUpn, 'readFiles');
  return answer(exchange, oneDriveOf(user), `users('${encodeURIComponent(user.id)}')/drive/$entity`);
}

/** Returns the user, if they exist and the caller may open their drive. */
export function userWithDrive(exchange: Exchange, idOrUpn: string, access: Access): User {
  const { tenant } = authenticate(exchange);
  authorize(exchange, access, tenant.findUser(idOrUpn)?.site);
  const user = existingUser(tenant, idOrUpn);
  refuseMissingDrive(user.site, exchange.world.settings);
  return user;
}

/** `GET /sites/{id}/drive`: the site's default library. */
export function driveGetOfSite(exchange: Exchange, siteId: string): Reply {
  const site = existingSite(exchange, siteId, 'readFiles');
  const library = site.libraries[0];
  if (library === undefined) {
    throw notFound();
  }
  return answer(exchange, library, `sites('${encodeURIComponent(siteId)}')/drive/$entity`);
}

/** `GET /drives/{id}`. */
export function driveGetById(exchange: Exchange, driveId: string): Reply {
  const library = existingLibrary(exchange, driveId, 'readFiles');
  refuseMissingDrive(library.site, exchange.world.settings);
  if (library.quirks.isMissingById) {
    throw notFound();
  }
  return answer(exchange, library, 'drives/$entity');
}

/**
 * Returns the drive, if the caller may open it. Distinguishes invalid from unknown ids (reports of clients, by
 * the message).
 */
export function existingLibrary(exchange: Exchange, driveId: string, access: Access): Library {
  const library = authenticate(exchange).tenant.findLibrary(driveId);
  authorize(exchange, access, library?.site);
  if (library === undefined && !DRIVE_ID.test(driveId)) {
    const text = 'The provided drive id appears to be malformed, or does not represent a valid drive.';
    throw new GraphFault('invalidRequest', text);
  }
  if (library === undefined) {
    throw notFound();
  }
  return library;
}

function answer(exchange: Exchange, library: Library, context: string): Reply {
  refuseUnknownQuery(exchange, ['$select']);
  return { status: 200, json: withContext(exchange, renderDrive(exchange, library), context) };
}

/** Renders a drive as Graph does, with its quota; the emulator counts each library of a site separately. */
export function renderDrive(exchange: Exchange, library: Library): Record<string, unknown> {
  const { drive } = library;
  return selectFrom(exchange, {
    id: drive.id,
    name: library.name,
    driveType: driveType(library),
    webUrl: libraryUrl(library),
    createdDateTime: time(drive.spec.now),
    lastModifiedDateTime: time(now(exchange)),
    owner: renderOwner(library),
    quota: renderQuota(library),
  });
}

function renderOwner({ site: { owner, displayName } }: Library): Record<string, unknown> {
  return owner === undefined
    ? { group: { displayName: `${displayName} Owners` } }
    : { user: { id: owner.id, displayName: owner.displayName, email: owner.upn } };
}

function renderQuota({ drive, quirks }: Library): Record<string, unknown> {
  if (quirks.quotaIsUnknown) {
    return { total: 0, used: 0, remaining: 0, deleted: 0, state: 'normal' };
  }
  const { usedBytes: used, quotaBytes: total, deletedBytes, fileCount } = drive.counts;
  const remaining = Math.max(0, total - used);
  return {
    total,
    used,
    remaining,
    deleted: deletedBytes,
    state: quotaState(remaining / total),
    fileCount,
  };
}

function quotaState(free: number): string {
  if (free === 0) {
    return 'exceeded';
  }
  return free < 0.01 ? 'critical' : free < 0.1 ? 'nearing' : 'normal';
}
