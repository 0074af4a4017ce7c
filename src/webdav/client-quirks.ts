import type { IncomingMessage } from 'node:http';
import type { Entry } from '../drive/entry.ts';
import { isHeldBy } from '../state/lock-rules.ts';
import type { Holder } from '../state/lock-store.ts';
import { namesType } from './headers/accept.ts';
import { parseLockToken } from './headers/lock-token.ts';
import { locksAt } from './locks/locks-at.ts';
import { ALL_PROPERTIES, type PropertyName } from './properties/live-properties.ts';
import { headerOf, type RequestPart } from './request.ts';
import { MICROSOFT_NAMESPACE } from './xml/namespaces.ts';

/** What Explorer can use of `allprop`; it asks for all, and drops a folder whose answer is over 1 MB. */
const EXPLORER_PROPERTIES = ALL_PROPERTIES.filter(
  ({ name }) => !['displayname', 'getcontenttype', 'lockdiscovery', 'supportedlock'].includes(name),
);

/**
 * Windows Explorer (`Microsoft-WebDAV-MiniRedir/10.0`; `DavClnt` on its first request) refuses answers of more than
 * `FileAttributesLimitInBytes`, 1 MB by default (Microsoft, "Using the WebDAV Redirector"): with these properties an entry takes less than
 * 500 bytes. Everyone else gets what RFC 4918 §9.1 means by allprop.
 */
export function allPropertiesFor(raw: IncomingMessage): readonly PropertyName[] {
  const isExplorer = agentMatches(raw, /^(Microsoft-WebDAV-MiniRedir\/|DavClnt)/i);
  return isExplorer ? EXPLORER_PROPERTIES : ALL_PROPERTIES;
}

/**
 * davfs2 (1.7.0, `webdav.c`) locks a name that is free and then writes it with `If-None-Match: *`. RFC 4918 §7.3 has made it an empty file
 * in between; to the holder of that lock it is still the free name that it asked for.
 */
export async function isOwnPlaceholder(
  request: RequestPart<'drive' | 'path', 'locks' | 'clock'>,
  holder: Holder,
  { etag }: Entry,
): Promise<boolean> {
  const locks = await locksAt(request, request.path);
  return locks.some(lock => isHeldBy(lock, holder) && lock.bornAs === etag);
}

/**
 * Explorer sets the `Win32…` properties of a file that it has open with or without its lock's token (sabre/dav, "Microsoft Office"): for
 * these alone the user's own lock is no obstacle.
 */
export async function isOwnLockEnough(
  request: RequestPart<'drive' | 'path' | 'user', 'locks' | 'clock'>,
  names: readonly PropertyName[],
): Promise<boolean> {
  const isQuirk = names.every(({ namespace, name }) => namespace === MICROSOFT_NAMESPACE && name.startsWith('Win32'));
  return isQuirk && (await locksAt(request, request.path)).some(({ user }) => user === request.user);
}

/**
 * A folder is a page to browsers: they ask for text/html by name, and WebDAV clients do not. KIO is an exception: it does so in every
 * request (seen with 5.103) and would take the page for the content of a file, where it knows how to read a refusal. lftp (4.9.2 as Debian builds
 * it) does not ask for it and lists folders from nothing else.
 */
export function wantsPage(raw: IncomingMessage): boolean {
  if (agentMatches(raw, /^lftp\//)) {
    return true;
  }
  return namesType(headerOf(raw, 'accept'), 'text/html') && !agentMatches(raw, /\bKIO\//);
}

/**
 * Finder (webdavfs, `webdav_network.c`) renames and deletes a folder with the tokens of the documents that are open in it, as if they
 * were the folder's own. By RFC 4918 §10.4.3 no list would hold, and the rename would fail as long as anything is open.
 */
export async function tokensFromBelow(
  request: RequestPart<'drive' | 'path' | 'raw', 'locks' | 'clock'>,
): Promise<string[]> {
  const locks = isFinder(request.raw) ? await locksAt(request, request.path, { members: true }) : [];
  return locks.map(({ token }) => token);
}

/** Finder unlocks a document at its new place after a MOVE, which has ended the lock (RFC 4918 §7.6); from a 409 it concludes that the file is gone. */
export function isUnlockOfNothingFine(raw: IncomingMessage): boolean {
  return isFinder(raw);
}

/** Word 2016 saves with the token in a Lock-Token header and no If (sabre-io/dav#980). */
export function tokensInLockTokenHeader(raw: IncomingMessage): string[] {
  const header = headerOf(raw, 'lock-token');
  const isOffice = agentMatches(raw, /\bMicrosoft (Office|Word|Excel|PowerPoint)\b/i);
  return raw.method === 'PUT' && header !== undefined && isOffice ? [parseLockToken(header)] : [];
}

function isFinder(raw: IncomingMessage): boolean {
  return agentMatches(raw, /^WebDAVFS\//);
}

function agentMatches(raw: IncomingMessage, pattern: RegExp): boolean {
  return pattern.test(headerOf(raw, 'user-agent') ?? '');
}
