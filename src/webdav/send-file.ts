import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DownloadRoute } from '../downloads/downloads.ts';
import { sendBody } from '../downloads/proxy.ts';
import { sendRedirect } from '../downloads/redirect.ts';
import type { ByteRange } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { hasConditions } from './check-conditions.ts';
import { contentPolicyFor } from './content-policy.ts';
import { locksAt } from './locks/locks-at.ts';
import type { Conditions } from './preconditions.ts';
import { languageOf } from './properties/dead-properties.ts';
import { type DavRequest, headerOf, keyOf, ourHosts, type RequestPart } from './request.ts';
import { validatorsOf } from './respond.ts';

/** A file, or a range of it, that has passed its conditions. */
export interface FileToSend {
  readonly entry: Entry;
  readonly range: ByteRange | undefined;
}

/**
 * Answers GET of a file that has bytes: with these bytes, or with where they are. Nothing is answered when the drive has another version than
 * the one that was decided by; it is given instead.
 */
export async function sendFile(
  request: DavRequest,
  response: ServerResponse,
  file: FileToSend,
): Promise<Entry | undefined> {
  const { downloads } = request.services;
  const route = await downloads.route(askOf(request, file));
  if (route.location === undefined) {
    return sendBytes(request, response, { ...file, route });
  }
  noteRoute(request, { route, bytes: lengthOf(file) });
  sendRedirect(response, route.location, downloads.redirectStatus);
  return undefined;
}

function noteRoute(
  { services, note }: RequestPart<'note', 'downloads'>,
  { route, bytes }: { route: DownloadRoute; bytes: number },
): void {
  note({ download: route.way, downloadReason: route.reason });
  services.downloads.sent(route, bytes);
}

function askOf(
  request: DavRequest,
  { entry }: FileToSend,
): Parameters<DavRequest['services']['downloads']['route']>[0] {
  const { drive, path, signal, user, userPolicy, isSecure, raw, services, hosts } = request;
  return {
    user,
    userPolicy,
    userAgent: headerOf(raw, 'user-agent') ?? '',
    range: headerOf(raw, 'range') ?? '',
    names: path,
    entry,
    dependsOnOurTags: dependsOnOurTags(request.conditions, raw),
    isLocked: async () => (await locksAt(request, path)).length > 0,
    isSecure,
    ourHosts: ourHosts(raw, services.publicHosts, hosts),
    address: ({ fresh }) => drive.downloadUrl(path, { signal, fresh }),
  };
}

/**
 * A client repeats its conditions where it is sent, and the content host has tags and dates of its own: its Last-Modified is when a file was
 * uploaded. Only an If-None-Match is harmless: it does not match there.
 */
function dependsOnOurTags(conditions: Conditions, raw: IncomingMessage): boolean {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const hasDate = ifUnmodifiedSince !== undefined || (ifModifiedSince !== undefined && ifNoneMatch === undefined);
  return hasDate || ifMatch !== undefined || headerOf(raw, 'if-range') !== undefined;
}

/** Status and headers are those of the version whose bytes come. */
async function sendBytes(
  request: DavRequest,
  response: ServerResponse,
  { entry: expected, range, route }: FileToSend & { readonly route: DownloadRoute },
): Promise<Entry | undefined> {
  const { drive, path, signal } = request;
  const { entry, length, body } = await drive.read(path, { signal, range });
  if (!isSameVersion(entry, expected) && !takesAnyVersion(request.conditions, request.raw)) {
    await body[Symbol.asyncIterator]().return?.();
    return entry;
  }
  noteRoute(request, { route, bytes: length });
  const language = await languageOf(request.services.properties, keyOf(drive, path, entry));
  const headers = { ...fileHeaders(entry), ...language, 'Content-Length': String(length) };
  const partial: Record<string, string> =
    range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${entry.size}` };
  await sendBody(response, { status: range === undefined ? 200 : 206, headers: { ...headers, ...partial } }, body);
  return undefined;
}

/** Nothing was decided by the version that was seen before. */
function takesAnyVersion(conditions: Conditions, raw: IncomingMessage): boolean {
  return !hasConditions(conditions) && headerOf(raw, 'range') === undefined;
}

/** True when neither content nor date nor size differ: what decides about conditions and ranges. */
export function isSameVersion(one: Entry, other: Entry): boolean {
  return one.etag === other.etag && one.modified.getTime() === other.modified.getTime() && one.size === other.size;
}

/** Kept by whoever has asked, and asked about anew each time. */
export const FILE_CACHE_CONTROL = 'private, no-cache';

/** Files are other people's; a browser must neither guess their type nor run what is in them in our origin. */
export function fileHeaders(entry: Entry): Record<string, string> {
  const type = entry.contentType ?? 'application/octet-stream';
  return {
    ...validatorsOf(entry),
    'Accept-Ranges': 'bytes',
    'Content-Type': type,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': contentPolicyFor(type),
    'Cache-Control': FILE_CACHE_CONTROL,
  };
}

function lengthOf({ entry, range }: FileToSend): number {
  return range === undefined ? (entry.size ?? 0) : range.end - range.start + 1;
}
