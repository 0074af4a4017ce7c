import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DownloadChoice } from '../downloads/choose.ts';
import type { DownloadRoute } from '../downloads/downloads.ts';
import { sendBody } from '../downloads/proxy.ts';
import { redirectHeaders } from '../downloads/redirect.ts';
import { unchanged } from '../drive/basis.ts';
import type { ByteRange } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { discardBody, orDiscard } from '../lib/discard-body.ts';
import { ByteRangeParts } from './byte-range-parts.ts';
import { hasConditions } from './check-conditions.ts';
import { contentPolicyFor } from './content-policy.ts';
import { locksAt } from './locks/locks-at.ts';
import type { Conditions } from './preconditions.ts';
import { languageOf } from './properties/dead-properties.ts';
import { type DavRequest, headerOf, keyOf, ourHosts, type RequestPart } from './request.ts';
import { validatorsOf } from './respond.ts';

/** A file, or ranges of it, that has passed its conditions. */
export interface FileToSend {
  readonly entry: Entry;
  /** None: the whole file. */
  readonly ranges: readonly ByteRange[];
}

/**
 * Answers GET of a file that has bytes: sends the bytes, or redirects to them. If the drive now has another version
 * than the one that the conditions were checked with, it answers nothing and returns the new entry.
 */
export async function sendFile(
  request: DavRequest,
  response: ServerResponse,
  file: FileToSend,
): Promise<Entry | undefined> {
  const noneTaken = unchanged(request.services.locks.taken);
  const route = await request.services.downloads.route(askOf(request, file));
  if (route.location === undefined) {
    return (file.ranges.length > 1 ? sendParts : sendBytes)(request, response, { ...file, route });
  }
  if (route.reason === 'client') {
    // The holder of a lock gets the bytes from here.
    request.keeping?.add(noneTaken);
  }
  sendRedirect(request, response, { ...route, location: route.location, bytes: lengthOf(file) });
  return undefined;
}

function sendRedirect(
  request: DavRequest,
  response: ServerResponse,
  { location, bytes, again, ...route }: DownloadRoute & { readonly location: string; readonly bytes: number },
): void {
  const { downloads } = request.services;
  noteRoute(request, { route, bytes });
  const answer = { status: downloads.redirectStatus, headers: redirectHeaders(location) };
  if (again !== undefined) {
    const countAgain = () => {
      const isRight = again();
      if (isRight) {
        downloads.sent(route, bytes);
      }
      return isRight;
    };
    request.keeping?.keep(response, { ...answer, notes: notesOf(route), again: countAgain });
  }
  response.writeHead(answer.status, answer.headers).end();
}

function noteRoute(
  { services, note }: RequestPart<'note', 'downloads'>,
  { route, bytes }: { route: DownloadChoice; bytes: number },
): void {
  note(notesOf(route));
  services.downloads.sent(route, bytes);
}

function notesOf({ way, reason }: DownloadChoice): Record<string, string> {
  return { download: way, downloadReason: reason };
}

function askOf(
  request: DavRequest,
  { entry }: FileToSend,
): Parameters<DavRequest['services']['downloads']['route']>[0] {
  const { drive, path, signal, user, userPolicy, isSecure, raw, services, hosts, keeping } = request;
  return {
    user,
    userPolicy,
    userAgent: headerOf(raw, 'user-agent') ?? '',
    range: headerOf(raw, 'range') ?? '',
    names: path,
    entry,
    dependsOnOurTags: dependsOnOurTags(request.conditions, raw),
    isFromOtherOrigin: headerOf(raw, 'origin') !== undefined,
    isLocked: async () => (await locksAt(request, path)).length > 0,
    isSecure,
    ourHosts: ourHosts(raw, services.publicHosts, hosts),
    address: ({ fresh }) => drive.downloadUrl(path, { signal, fresh, basis: keeping?.look() }),
  };
}

/**
 * True when the answer depends on our own tags or dates. After a redirect the client repeats its conditions at the
 * content host. That host has its own tags and dates: its Last-Modified is the time of the upload. Only an
 * If-None-Match is harmless, because it does not match there.
 */
function dependsOnOurTags(conditions: Conditions, raw: IncomingMessage): boolean {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const hasDate = ifUnmodifiedSince !== undefined || (ifModifiedSince !== undefined && ifNoneMatch === undefined);
  return hasDate || ifMatch !== undefined || headerOf(raw, 'if-range') !== undefined;
}

/** Sends the bytes with the status and headers of the version that they belong to. */
async function sendBytes(
  request: DavRequest,
  response: ServerResponse,
  { entry: expected, ranges: [range], route }: FileToSend & { readonly route: DownloadRoute },
): Promise<Entry | undefined> {
  const { drive, path, signal } = request;
  const { entry, length, body } = await drive.read(path, { signal, range });
  if (!isSameVersion(entry, expected) && !takesAnyVersion(request.conditions, request.raw)) {
    await discardBody(body);
    return entry;
  }
  noteRoute(request, { route, bytes: length });
  const language = await orDiscard(body, languageOf(request.services.properties, keyOf(drive, path, entry)));
  const headers = { ...fileHeaders(entry), ...language, 'Content-Length': String(length) };
  const partial: Record<string, string> =
    range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${entry.size}` };
  await sendBody(response, { status: range === undefined ? 200 : 206, headers: { ...headers, ...partial } }, body);
  return undefined;
}

/** Sends several ranges of one version as `multipart/byteranges` (RFC 9110 §14.6). */
async function sendParts(
  request: DavRequest,
  response: ServerResponse,
  { entry: expected, ranges, route }: FileToSend & { readonly route: DownloadRoute },
): Promise<Entry | undefined> {
  const { drive, path, signal } = request;
  const read = (range: ByteRange) => drive.read(path, { signal, range });
  const first = await read(ranges[0]!);
  if (!isSameVersion(first.entry, expected)) {
    await discardBody(first.body);
    return first.entry;
  }
  noteRoute(request, { route, bytes: lengthOf({ entry: expected, ranges }) });
  const own = fileHeaders(expected);
  const parts = new ByteRangeParts({ type: own['Content-Type']!, size: expected.size!, ranges });
  const language = await orDiscard(first.body, languageOf(request.services.properties, keyOf(drive, path, expected)));
  const headers = { ...own, ...language, 'Content-Type': parts.contentType, 'Content-Length': String(parts.length) };
  const again = async (range: ByteRange) => {
    const { entry, body } = await read(range);
    if (isSameVersion(entry, expected)) {
      return body;
    }
    await discardBody(body);
    throw new DriveError('unavailable', 'the file has changed between two of its ranges');
  };
  await sendBody(response, { status: 206, headers }, parts.render(first.body, again));
  return undefined;
}

/** True when nothing was decided from the version that was seen before. */
function takesAnyVersion(conditions: Conditions, raw: IncomingMessage): boolean {
  return !hasConditions(conditions) && headerOf(raw, 'range') === undefined;
}

/** True when content, date and size are equal. Conditions and ranges depend on these three. */
export function isSameVersion(one: Entry, other: Entry): boolean {
  return one.etag === other.etag && one.modified.getTime() === other.modified.getTime() && one.size === other.size;
}

/** Only the client's own cache keeps the file, and asks for it anew each time. */
export const FILE_CACHE_CONTROL = 'private, no-cache';

/**
 * The headers of a file. Files are other people's content: a browser must neither guess their type nor run their
 * content in our origin.
 */
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

function lengthOf({ entry, ranges }: FileToSend): number {
  return ranges.length === 0 ? (entry.size ?? 0) : ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
}
